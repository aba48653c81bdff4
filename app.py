"""The app: `streamlit run app.py`. Page settings, language, navigation."""

import streamlit as st

from viz import controls

st.set_page_config(page_title="Attention · 어텐션", page_icon="🐘", layout="wide", initial_sidebar_state="collapsed")
controls.page_style()
words = controls.header()

translate = st.Page("viz/pages/translate.py", title=words("pages.translate"), default=True)
others = [
    st.Page(f"viz/pages/{name}.py", title=words(f"pages.{name}"), url_path=name)
    for name in ("lesson", "position", "model", "glossary")
]
lesson = others[0]
page = st.navigation([translate, *others], position="top")
controls.small_navigation([translate, *others])
# The sentence is bound to the address. It stays on every page, seen on one: a parameter that goes when the page changes
# would leave an entry in the browser's history, and Back would have to be pressed twice.
controls.sentence_box(words, visible=page in (translate, lesson))
page.run()
