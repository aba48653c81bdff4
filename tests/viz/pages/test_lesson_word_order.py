"""The step "Word order is lost": shuffling again and again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for
from viz.pages.steps.word_order import shuffled

PAGE = "viz/pages/lesson.py"


def line(app) -> str:
    return next(element.proto.body for element in app.get("html") if "lesson-words" in element.proto.body)


@given(n=st.integers(3, 12), times=st.integers(1, 20))
def test_every_shuffle_is_another_order_than_the_sentence_and_than_the_one_before(n: int, times: int) -> None:
    places = list(range(n))
    order = shuffled(places, times)
    assert sorted(order) == places
    assert order != places and order != shuffled(places, times + 1)
    assert order == shuffled(places, times)


def test_two_words_change_places_and_one_stays() -> None:
    assert [shuffled([], 1), shuffled([0], 3), shuffled([0, 1], 2)] == [[], [0], [1, 0]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_button_shuffles_again(open_app: OpenApp, language: str) -> None:
    app = open_app(language, PAGE, step="word-order", text="나는 어제 학교에서 점심을 먹었어요")
    button = app.button(key="word-order-again")
    assert button.label == words_for(language)("lesson-word-order.again")
    seen = [line(app)]
    for _ in range(3):
        app.button(key="word-order-again").click().run()
        assert not app.exception
        assert line(app) != seen[-1]
        seen.append(line(app))
