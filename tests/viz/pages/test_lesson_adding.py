"""The lesson's step on adding, without a browser, on a random model."""

from __future__ import annotations

import pytest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for
from viz.pages.steps.adding import VIEWS

PAGE = "viz/pages/lesson.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_is_drawn(open_app: OpenApp, language: str) -> None:
    app = open_app(language, PAGE, step="adding", text="나는 강사 입니다")
    for view in VIEWS:
        app.segmented_control(key="adding-view").set_value(view).run()
        assert not app.exception, view
        assert len(app.get("plotly_chart")) == (0 if view == "collision" else 1)


def test_the_collision_is_a_real_one(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="adding")
    formula = app.latex[0].value
    for vector in ("(1, 2, 3)", "(3, 2, 1)", "(2, 2, 2)"):
        assert vector in formula
    assert formula.count("(4, 4, 4)") == 2


def test_undamaged_sums_are_all_found_and_the_costs_are_those_of_the_model(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="adding")
    app.segmented_control(key="adding-view").set_value("measured").run()
    # A model without dropout is measured with the paper's.
    assert app.segmented_control(key="adding-damage").value == 10
    app.segmented_control(key="adding-damage").set_value(0).run()
    table = app.table[0].value
    assert table[words_for("en")("lesson-adding.found")].tolist() == ["100 %"] * 3
    # 4 (32 * 32 + 32) and 4 (64 * 64 + 64).
    assert table[words_for("en")("lesson-adding.parameters")].tolist() == [
        "4.22 thousand", "4.22 thousand", "16.6 thousand"
    ]


def test_each_head_has_its_maps(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="adding", text="나는 강사 입니다")
    app.segmented_control(key="adding-view").set_value("scores").run()
    app.segmented_control(key="adding-head").set_value(3).run()
    assert not app.exception
    assert any("In head 4 " in text.value for text in app.markdown)


def test_the_question_is_answered_by_measuring(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="adding")
    app.radio(key="guess-adding").set_value("a").run()
    assert not app.exception
    assert any("32 dimensions" in text.value and "128 pairs" in text.value for text in app.markdown)
