"""The step "Why divide by the root of d_k?" in both languages, at both ends of its slider, for all kinds."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for
from viz.measures.saturation import random_dot_products

PAGE = "viz/pages/lesson.py"


def open_step(open_app: OpenApp, language: str) -> AppTest:
    app = open_app(language, PAGE, text="나는 강사 입니다", step="scaling")
    assert not app.exception
    return app


def table(app: AppTest) -> str:
    return next(each.value for each in app.markdown if each.value.startswith("| |"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_shows_random_vectors_and_the_model_itself(open_app: OpenApp, language: str) -> None:
    app = open_step(open_app, language)
    words = words_for(language)
    assert len(app.get("plotly_chart")) == 2
    assert any(words("lesson-scaling.honest") == each.value for each in app.markdown)
    # The random checkpoint has d_head 8, the paper 64.
    assert app.select_slider(key="scaling-d-k").value == 8
    assert any("8" in each.value and "64" in each.value for each in app.caption)


@pytest.mark.parametrize("d_k", [1, 512])
def test_the_table_follows_the_slider(open_app: OpenApp, d_k: int) -> None:
    app = open_step(open_app, "en")
    app.select_slider(key="scaling-d-k").set_value(d_k).run()
    assert not app.exception
    # With d_k = 1 both columns are alike; with 512 the largest weight is nearly 1 without the division.
    row = next(line for line in table(app).splitlines() if "Largest weight" in line).split("|")
    divided, undivided = float(row[2]), float(row[3])
    assert divided == undivided if d_k == 1 else (divided < 0.4 and undivided > 0.9)


@pytest.mark.parametrize("kind", ["decoder", "cross"])
def test_every_kind_is_measured(open_app: OpenApp, kind: str) -> None:
    app = open_step(open_app, "ko")
    app.segmented_control(key="scaling-kind").set_value(kind).run()
    assert not app.exception
    # Three decoder layers of four heads.
    assert any("헤드 12개" in each.value for each in app.markdown)


def test_the_answer_is_the_root_and_says_what_was_measured(open_app: OpenApp) -> None:
    app = open_step(open_app, "en")
    app.radio(key="guess-scaling").set_value("b").run()
    said = next(each.value for each in app.markdown if words_for("en")("lesson.right") in each.value)
    sizes = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    assert f"{random_dot_products(sizes)[3].std():.2f}" in said and "2.83" in said
