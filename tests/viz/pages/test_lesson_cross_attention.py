"""The step "Cross-attention" on a random model."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for
from viz.pages.steps.cross_attention import SMALL_EXAMPLE

PAGE = "viz/pages/lesson.py"
TEXT = "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다."


@pytest.fixture
def open_step(open_app: OpenApp) -> OpenApp:
    def run(language: str, text: str = TEXT) -> AppTest:
        app = open_app(language, PAGE, step="cross-attention", text=text)
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
@pytest.mark.parametrize("text", [TEXT, "가", "안녕 😀"])
def test_joins_both_columns_of_words(open_step: OpenApp, language: str, text: str):
    layout = figure(open_step(language, text))["layout"]
    # The end token is a word by itself; what a random model writes may never end.
    assert len(layout["yaxis"]["ticktext"]) > 1 and len(layout["yaxis2"]["ticktext"]) > 0


def test_shapes_are_those_of_the_model_beside_the_papers(open_step: OpenApp):
    shapes = body(open_step("en", SMALL_EXAMPLE), "lesson-shapes")
    # The random checkpoint: d_model 32, 4 heads of 8; (1, d_model) in and out.
    assert shapes.count("(1, 32)") == 2 and shapes.count("paper (1, 512)") == 2
    assert "(4, 1, 8)" in shapes and "paper (8, 1, 64)" in shapes


def test_layer_and_head_change_the_links(open_step: OpenApp):
    app = open_step("en")
    drawn = [figure(app)["data"]]
    app.selectbox(key="cross-attention-head").set_value(2).run()
    drawn.append(figure(app)["data"])
    app.selectbox(key="cross-attention-layer").set_value(0).run()
    drawn.append(figure(app)["data"])
    assert drawn[0] != drawn[1] != drawn[2]
    assert not app.exception


def test_a_chosen_word_stands_out(open_step: OpenApp):
    app = open_step("en")
    (chosen,) = [box for box in app.selectbox if (box.key or "").startswith("cross-attention-word")]
    chosen.set_value(1).run()
    assert not app.exception
    labels = figure(app)["layout"]["yaxis2"]["ticktext"]
    assert [label.startswith("<b>") for label in labels] == [True] + [False] * (len(labels) - 1)


def test_the_small_example_is_one_click_away_and_so_is_the_way_back(open_step: OpenApp):
    app = open_step("ko")
    app.button(key="cross-attention-sentence").click().run()
    assert not app.exception
    assert app.text_input(key="text").value == SMALL_EXAMPLE
    assert len(figure(app)["layout"]["yaxis"]["ticktext"]) == 4
    app.button(key="cross-attention-sentence").click().run()
    assert app.text_input(key="text").value == TEXT


def test_says_how_the_orders_cross(open_step: OpenApp):
    texts = words_for("en").texts
    keys = ("crossed", "same_order", "no_pairs")
    ends = [texts[f"lesson-cross-attention.{key}"].split("{")[-1].split("}")[-1] for key in keys]
    assert any(end in said(open_step("en")) for end in ends)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_layer_is_the_right_answer(open_step: OpenApp, language: str):
    app, words = open_step(language), words_for(language)  # pyright: ignore[reportArgumentType]
    app.radio(key="guess-cross-attention").set_value("a").run()
    assert f"**{words('lesson.wrong')}**" in said(app)
    app.radio(key="guess-cross-attention").set_value("b").run()
    assert f"**{words('lesson.right')}**" in said(app)
