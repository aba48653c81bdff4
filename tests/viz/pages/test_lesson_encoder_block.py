"""The lesson's step on the encoder block, without a browser, on a random model."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES
from viz.pages.steps.encoder_block import VIEWS

PAGE = "viz/pages/lesson.py"
LONG = "어제 저녁에 오랜만에 만난 친구들과 함께 새로 생긴 식당에서 맛있는 음식을 먹고 강가를 따라 걸었어요."


def texts(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["안녕", "나는 강사 입니다", LONG, "😀 ㅋㅋ *별* $5 <b>"])
def test_every_view_is_drawn(open_app: OpenApp, language: str, text: str) -> None:
    app = open_app(language, PAGE, step="encoder-block", text=text)
    for view in VIEWS:
        app.segmented_control(key="encoder-block-view").set_value(view).run()
        assert not app.exception, view
        assert len(app.get("plotly_chart")) == 1


def test_the_sizes_are_those_of_the_model_beside_the_papers(open_app: OpenApp) -> None:
    said = texts(open_app("en", PAGE, step="encoder-block", text="나는 강사 입니다"))
    assert "32 numbers → self-attention → 32, then 32 → 64 → 32. It passes 2 such layers." in said
    assert "512 → 2048 → 512, 6 layers" in said


def test_another_word_has_another_way(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="encoder-block", text="나는 강사 입니다")
    choice = next(box for box in app.selectbox if (box.key or "").startswith("encoder-block-word"))
    assert choice.options == ["나는", "강사", "입니다"]
    choice.set_value(2).run()
    assert not app.exception and "the vector of “입니다”" in texts(app)


def test_a_changed_batch_changes_batch_norm_alone(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="encoder-block", text="나는 강사 입니다")
    app.segmented_control(key="encoder-block-view").set_value("norm").run()
    app.select_slider(key="encoder-block-padding").set_value(0).run()
    assert "The batch is still as it was." in texts(app)
    app.select_slider(key="encoder-block-padding").set_value(20).run()
    assert "What layer normalisation gives changes by 0 %" in texts(app)
    assert "leaves padding out by 0 %" in texts(app)
    app.toggle(key="encoder-block-swap").set_value(True).run()
    assert not app.exception and "leaves padding out by 0 %" not in texts(app)


def test_the_question_is_answered_by_the_model(open_app: OpenApp) -> None:
    app = open_app("ko", PAGE, step="encoder-block", text="나는 강사 입니다")
    app.radio(key="guess-encoder-block").set_value("a").run()
    assert not app.exception and "피드포워드는 평균" in texts(app)


def test_large_type_for_a_projector(open_app: OpenApp) -> None:
    app = open_app("ko", PAGE, step="encoder-block", present="1")
    assert not app.exception and len(app.get("plotly_chart")) == 1
