"""The step "Query, key, value": every choice works, and the numbers on the page are those of the model."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for

PAGE = "viz/pages/lesson.py"
TEXT = "나는 강사 입니다"


def open_step(open_app: OpenApp, language: str, text: str = TEXT) -> AppTest:
    app = open_app(language, PAGE, text=text, step="query-key-value")
    assert not app.exception
    return app


def worked(app: AppTest) -> str:
    bodies = [each.proto.body for each in app.get("html")]
    return next(body for body in bodies if "lesson-worked" in body)


@pytest.mark.parametrize("language", LANGUAGES)
def test_shows_two_figures_and_the_computation(open_app: OpenApp, language: str) -> None:
    app = open_step(open_app, language)
    assert len(app.get("plotly_chart")) == 2
    # The random checkpoint has d_head 8; the root of 8 is 2.83.
    assert "√8" in worked(app) and "2.83" in worked(app)
    assert any("64" in caption.value for caption in app.caption), "the paper's size stands beside it"


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
def test_every_kind_has_its_layers_and_heads(open_app: OpenApp, kind: str) -> None:
    app = open_step(open_app, "en")
    app.segmented_control(key="query-key-value-kind").set_value(kind).run()
    side, last = ("encoder", 1) if kind == "encoder" else ("decoder", 2)
    app.selectbox(key=f"query-key-value-layer-{side}").set_value(last).run()
    app.selectbox(key="query-key-value-head").set_value(3).run()
    assert not app.exception
    assert any(words_for("en")(f"lesson-query-key-value.from_{kind}") in each.value for each in app.markdown)


def test_a_masked_key_is_said_to_be_masked(open_app: OpenApp) -> None:
    words = words_for("en")
    app = open_step(open_app, "en")
    app.segmented_control(key="query-key-value-kind").set_value("decoder").run()
    app.selectbox(key="query-key-value-query-decoder").set_value(0).run()
    app.selectbox(key="query-key-value-key-decoder").set_value(1).run()
    assert words("lesson-query-key-value.steps.masked") in worked(app)
    assert "= <b>0</b>" in worked(app)


def test_a_long_sentence_shows_the_strongest_keys_until_all_are_asked_for(open_app: OpenApp) -> None:
    app = open_step(open_app, "ko", "나는 어제 학교에서 친구와 점심을 먹고 집에 왔어요. 그리고 잤어요"[:30])
    rows = n_rows(app)
    app.toggle(key="query-key-value-all").set_value(True).run()
    assert not app.exception
    assert n_rows(app) > rows


def n_rows(app: AppTest) -> int:
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    return len(figure["layout"]["yaxis"]["tickvals"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_counts_negative_dot_products(open_app: OpenApp, language: str) -> None:
    app = open_step(open_app, language)
    app.radio(key="guess-query-key-value").set_value("b").run()
    assert any(words_for(language)("lesson.right") in each.value for each in app.markdown)
