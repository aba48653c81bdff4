"""The page Position in both languages."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES

PAGE = "viz/pages/position.py"


def n_figures(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_shows_curves_matrix_and_similarity(open_app: OpenApp, language: str) -> None:
    app = open_app(language, PAGE)
    assert not app.exception
    assert n_figures(app) == 3


def test_the_worked_example_is_computed(open_app: OpenApp) -> None:
    app = open_app("en", PAGE)
    app.select_slider(key="position-d").set_value(4).run()
    worked = app.latex[1].value
    # Position 1 with d = 4: sin 1, cos 1, sin 0.01, cos 0.01.
    assert "0.841" in worked and "0.540" in worked and r"\sin(0.010) = 0.010" in worked and "1.000" in worked


@pytest.mark.parametrize("d_model", [4, 1024])
@pytest.mark.parametrize("length", [2, 200])
def test_the_ends_of_the_sliders_work(open_app: OpenApp, d_model: int, length: int) -> None:
    app = open_app("ko", PAGE)
    app.select_slider(key="position-d").set_value(d_model)
    app.slider(key="position-length").set_value(length).run()
    assert not app.exception
    assert n_figures(app) == 3


def test_no_dimension_is_a_hint_and_not_an_empty_figure(open_app: OpenApp) -> None:
    app = open_app("en", PAGE)
    app.multiselect(key="position-dimensions-512").set_value([]).run()
    assert not app.exception
    assert n_figures(app) == 2
    assert len(app.info) == 1


def test_works_without_a_checkpoint(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENTION_CHECKPOINT", "nowhere")
    app = open_app("en", PAGE)
    assert not app.exception
    assert n_figures(app) == 3
