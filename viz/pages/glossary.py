"""Glossary: the terms of the app in both languages, from the same file as docs/glossary.md."""

from __future__ import annotations

import streamlit as st

from viz import controls, state
from viz.language import Words, words_for
from viz.words.glossary import Term, glossary


def main() -> None:
    words = words_for(state.language())
    st.title(words("glossary.title"))
    st.markdown(words("glossary.intro"))
    query = st.text_input(words("glossary.search"), key="glossary-search", type="search", placeholder="").strip()
    found = [term for term in glossary() if _fits(term, query)]
    if not found:
        st.info(words("glossary.nothing_found", query=controls.plain_label(query)))
    for term in found:
        _entry(term, words)


def _fits(term: Term, query: str) -> bool:
    texts = (term.ko, term.en, term.explanation_ko, term.explanation_en)
    return any(_bare(query) in _bare(text) for text in texts)


def _bare(text: str) -> str:
    """Without spaces, which Korean writers set as they like, and capitals."""
    return "".join(text.casefold().split())


def _entry(term: Term, words: Words) -> None:
    name, other, explanation = (
        (term.ko, term.en, term.explanation_ko) if words.language == "ko" else (term.en, term.ko, term.explanation_en)
    )
    st.subheader(f"{name} :gray[{other}]", anchor=term.key)
    st.markdown(explanation)


main()
