"""The lesson's step on positional encoding, without a browser, on a random model."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES
from viz.pages.steps.position import VIEWS

PAGE = "viz/pages/lesson.py"


def latex(app: AppTest) -> str:
    return " ".join(element.value for element in app.latex)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_is_drawn(open_app: OpenApp, language: str) -> None:
    app = open_app(language, PAGE, step="position", text="나는 강사 입니다")
    for view in VIEWS:
        app.segmented_control(key="position-step-view").set_value(view).run()
        assert not app.exception, view
        assert len(app.get("plotly_chart")) == (0 if view == "by_hand" else 1)


def test_the_formula_follows_the_sliders(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="position")
    # The sliders begin at the model's own size.
    assert app.select_slider(key="position-step-d").value == 32
    app.select_slider(key="position-step-d").set_value(4).run()
    app.slider(key="position-step-pos").set_value(1)
    app.slider(key="position-step-i-4").set_value(1).run()
    # sin(1 / 10000^(2 * 1 / 4)) = sin(0.01), cos(0.01).
    assert r"\sin(0.0100) = \mathbf{0.0100}" in latex(app)
    assert r"\cos(0.0100) = \mathbf{1.00}" in latex(app)


def test_position_one_in_three_dimensions_by_hand(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="position")
    app.segmented_control(key="position-step-view").set_value("by_hand").run()
    assert r"PE_{1} = (0.841,\; 0.540,\; 0.00215)" in latex(app)


def test_the_token_at_the_position_is_named(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="position", text="나는 강사 입니다")
    app.slider(key="position-step-pos").set_value(49).run()
    assert any("ends at position" in caption.value for caption in app.caption)
    app.slider(key="position-step-pos").set_value(0).run()
    assert any("position 0 holds" in caption.value for caption in app.caption)


def test_equal_offsets_are_the_right_answer(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="position")
    app.radio(key="guess-position").set_value("c").run()
    assert any(text.value.startswith("**Right.**") for text in app.markdown)
