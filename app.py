"""The app: `streamlit run app.py`. Page settings, language, navigation."""

import streamlit as st

from viz import controls

st.set_page_config(page_title="Attention · 어텐션", page_icon="🐘", layout="wide", initial_sidebar_state="collapsed")
controls.page_style()
words = controls.header()

translate = st.Page("viz/pages/translate.py", title=words("pages.translate"), default=True)
others = [
    st.Page(f"viz/pages/{name}.py", title=words(f"pages.{name}"), url_path=name)
    for name in ("position", "model", "glossary")
]
page = st.navigation([translate, *others], position="top")
controls.small_navigation([translate, *others])
# The widget with the sentence is bound to the address, and one such widget must not be on two pages.
if page == translate:
    controls.sentence_box(words)
page.run()
