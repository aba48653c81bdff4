"""The lesson's step on padding, without a browser, on a random model."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES
from viz.pages.steps.padding import VIEWS

PAGE = "viz/pages/lesson.py"
LONG = "어제 저녁에 오랜만에 만난 친구들과 함께 새로 생긴 식당에서 맛있는 음식을 먹고 강가를 따라 걸었어요."


def texts(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def html(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["안녕", LONG, "😀 ㅋㅋ *별* $5 <b>"])
def test_every_view_is_drawn_with_the_mask_and_without(open_app: OpenApp, language: str, text: str) -> None:
    app = open_app(language, PAGE, step="padding", text=text)
    for view in VIEWS:
        for masked in (False, True):
            app.segmented_control(key="padding-view").set_value(view)
            app.toggle(key="padding-mask").set_value(masked).run()
            assert not app.exception, (view, masked)
            assert len(app.get("plotly_chart")) == 1


def test_the_batch_shows_the_chosen_padding_hatched_where_it_is_hidden(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="padding", text="나는 강사 입니다")
    app.select_slider(key="padding-tokens").set_value(5).run()
    assert html(app).count('<span class="padding">') == 5
    app.toggle(key="padding-mask").set_value(True).run()
    assert html(app).count('<span class="padding masked">') == 5
    app.select_slider(key="padding-tokens").set_value(0).run()
    assert 'class="padding' not in html(app)


def test_typed_tags_are_none_of_the_page(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="padding", text="<b>강사</b>")
    table = next(element.proto.body for element in app.get("html") if "lesson-batch" in element.proto.body)
    assert "<b>" not in table


def test_with_the_mask_nothing_goes_to_padding_and_nothing_changes(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, step="padding", text="나는 강사 입니다")
    assert "encoder self-attention spends" in texts(app)
    app.toggle(key="padding-mask").set_value(True).run()
    assert "exactly 0 in every head" in texts(app)
    app.segmented_control(key="padding-view").set_value("states").run()
    assert "the same as for this sentence alone" in texts(app)
    app.segmented_control(key="padding-view").set_value("translation").run()
    assert "as likely as for this sentence alone" in texts(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_is_answered_by_the_model(open_app: OpenApp, language: str) -> None:
    app = open_app(language, PAGE, step="padding", text="나는 강사 입니다")
    app.radio(key="guess-padding").set_value("c").run()
    assert not app.exception and any(text.value.startswith(("**Right.**", "**Not quite.**", "**맞았어요.**",
                                                            "**아쉬워요.**")) for text in app.markdown)
