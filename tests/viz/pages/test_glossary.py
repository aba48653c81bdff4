"""The page Glossary in both languages."""

from __future__ import annotations

import pytest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for
from viz.words.glossary import glossary

PAGE = "viz/pages/glossary.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_has_every_term(open_app: OpenApp, language: str) -> None:
    app = open_app(language, PAGE)
    assert not app.exception
    assert len(app.subheader) == len(glossary())


def test_finds_a_term_in_either_language(open_app: OpenApp) -> None:
    app = open_app("en", PAGE)
    for query in ("인코더", "ENCODER", "인 코더"):
        app.text_input(key="glossary-search").set_value(query).run()
        assert any("encoder" in element.value for element in app.subheader)
        assert len(app.subheader) < len(glossary())


def test_says_when_nothing_fits(open_app: OpenApp) -> None:
    app = open_app("ko", PAGE)
    app.text_input(key="glossary-search").set_value("없는말").run()
    assert [info.value for info in app.info] == [words_for("ko")("glossary.nothing_found", query="없는말")]


def test_what_is_searched_for_is_no_markdown(open_app: OpenApp) -> None:
    app = open_app("en", PAGE)
    app.text_input(key="glossary-search").set_value("![x](y) &lt;").run()
    assert "\\!\\[x\\]\\(y\\) \\&lt;" in app.info[0].value
