"""The step "The output" on a random model, in every view."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for
from viz.pages.steps.output import N_CANDIDATES, N_PASSES, VIEWS

PAGE = "viz/pages/lesson.py"
TEXT = "나는 강사 입니다"


@pytest.fixture
def open_view(open_app: OpenApp) -> OpenApp:
    def run(language: str, view: str, text: str = TEXT) -> AppTest:
        app = open_app(language, PAGE, step="output", text=text)
        app.segmented_control(key="output-view").set_value(view).run()
        assert not app.exception and not app.error
        return app

    return run


def figure(app: AppTest) -> dict:
    (chart,) = app.get("plotly_chart")
    return json.loads(chart.proto.spec)


def body(app: AppTest, name: str) -> str:
    return next(each.proto.body for each in app.get("html") if f'class="{name}"' in each.proto.body)


def said(app: AppTest) -> str:
    return " ".join(each.value for each in app.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", [TEXT, "가", "안녕 😀"])
def test_every_view_shows_a_figure_for_any_sentence(open_view: OpenApp, language: str, view: str, text: str):
    assert figure(open_view(language, view, text))["data"]


def test_ten_candidates_fall_from_the_top(open_view: OpenApp):
    (bars,) = figure(open_view("en", "candidates"))["data"]
    assert len(bars["x"]) == N_CANDIDATES
    assert bars["x"] == sorted(bars["x"], reverse=True)


def test_another_step_has_other_candidates_and_reads_what_was_put_out(open_view: OpenApp):
    app = open_view("en", "candidates")
    (step,) = app.slider
    step.set_value(1).run()
    first, shown = figure(app), body(app, "lesson-feedback")
    assert "step 1" in shown and "step 2" in shown and "step 3" not in shown
    app.slider[0].set_value(2).run()
    assert not app.exception
    assert figure(app)["data"] != first["data"]


def test_sizes_are_those_of_the_model_beside_the_papers(open_view: OpenApp):
    captions = " ".join(each.value for each in open_view("en", "candidates").caption)
    assert "linear layer of 32 (paper 512) × 1,000 pieces" in captions


def test_greedy_and_beam_with_both_scores(open_view: OpenApp):
    app = open_view("en", "search")
    assert len(figure(app)["data"]) == 2
    writings = body(app, "lesson-writings")
    assert writings.count("log probability −") == 2 and writings.count("length-normalised −") == 2
    assert "Beam search (4 hypotheses)" in writings
    app.segmented_control(key="output-beam").set_value(8).run()
    assert not app.exception
    assert "Beam search (8 hypotheses)" in body(app, "lesson-writings")


def test_dropout_scatters_once_it_is_on(open_view: OpenApp):
    app = open_view("en", "dropout")
    # The random checkpoint was saved with a dropout of 0.
    heights = [value for value in figure(app)["data"][0]["y"] if value is not None and value == value]
    assert heights[::2] == pytest.approx(heights[1::2], abs=1e-3)
    app.select_slider(key="output-rate").set_value(0.3).run()
    assert not app.exception
    _, dots, steady = figure(app)["data"]
    assert len(dots["y"]) == N_PASSES * len(steady["y"])
    assert "dropout 0.3 (this model was trained with 0, the paper's with 0.1)" in said(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_of_the_guesses_is_right(open_view: OpenApp, language: str):
    app, words = open_view(language, "search"), words_for(language)  # pyright: ignore[reportArgumentType]
    right = 0
    for guess in "abc":
        app.radio(key="guess-output").set_value(guess).run()
        assert not app.exception
        right += f"**{words('lesson.right')}**" in said(app)
    assert right == 1
