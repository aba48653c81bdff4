"""The step "Many heads" in both languages, for all kinds, layers and heads."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for

PAGE = "viz/pages/lesson.py"


def open_step(open_app: OpenApp, language: str, text: str = "나는 강사 입니다") -> AppTest:
    app = open_app(language, PAGE, text=text, step="heads")
    assert not app.exception
    return app


def bodies(app: AppTest) -> str:
    return "\n".join(each.proto.body for each in app.get("html"))  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("language", LANGUAGES)
def test_shows_all_heads_the_enlarged_one_shapes_and_parts(open_app: OpenApp, language: str) -> None:
    app = open_step(open_app, language)
    assert len(app.get("plotly_chart")) == 2
    # The random checkpoint has 4 heads of 8 and d_model 32; the paper 8 of 64 and 512.
    assert "4 × (" in bodies(app) and ", 8)" in bodies(app) and "(32, 32)" in bodies(app)
    assert "8 × (" in bodies(app) and "(512, 512)" in bodies(app)
    assert bodies(app).count("<tr") == 1 + 4


@pytest.mark.parametrize("kind", ["decoder", "cross"])
def test_every_kind_and_head_can_be_chosen(open_app: OpenApp, kind: str) -> None:
    app = open_step(open_app, "en")
    app.segmented_control(key="heads-kind").set_value(kind).run()
    app.selectbox(key="heads-layer-decoder").set_value(2).run()
    app.segmented_control(key="heads-head").set_value(3).run()
    assert not app.exception
    assert "of the 12 heads" in "\n".join(each.value for each in app.markdown)
    neighbours = words_for("en")("lesson-heads.table.neighbours")
    assert (f"<th>{neighbours}</th>" in bodies(app)) == (kind == "decoder")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_follows_the_measured_distance(open_app: OpenApp, language: str) -> None:
    app = open_step(open_app, language)
    outcomes = []
    for guess in "abc":
        app.radio(key="guess-heads").set_value(guess).run()
        outcomes.append(any(words_for(language)("lesson.right") in each.value for each in app.markdown))
    assert outcomes.count(True) == 1
