"""Word order is lost: without positions the encoder's outputs of shuffled words are the same, shuffled."""

from __future__ import annotations

import random
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from model.experiments.word_order import Shuffled, encode, shuffle_tokens
from viz import controls, state
from viz.figures.labels import percent_text
from viz.figures.word_bars import Bars, BarsTexts, bars_summary, word_bars
from viz.measures.tables import csv_text, provenance
from viz.measures.words import Word, group_words
from viz.pages.steps.step import Answer, Lesson, Step

FORMULA = r"\mathrm{Encoder}(P X) = P\,\mathrm{Encoder}(X)"


def show(lesson: Lesson) -> None:
    words, order = _shuffled(lesson, state.shuffles())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(lesson("again"), key="word-order-again", icon=":material/shuffle:", on_click=state.shuffle_again)
        with_positions = st.toggle(lesson("positions"), key="word-order-positions")
    result = lesson.run(shuffle_tokens, _token_order(words, order))
    line = " ".join(escape(words[place].text) for place in order)
    st.html(f'<p class="lesson-words" lang="ko">{line}</p>')
    share = result.with_positions if with_positions else result.without_positions
    moved = [float(np.mean(share[list(word.indices)])) for word in words]
    _figure(lesson, words, moved)
    st.markdown(lesson("with" if with_positions else "without", most=percent_text(max(moved))))


def _shuffled(lesson: Lesson, times: int) -> tuple[tuple[Word, ...], list[int]]:
    """The sentence's words, and their order after some shuffles."""
    words = group_words(lesson.translation.source)
    places = [place for place, word in enumerate(words) if not word.is_special]
    return words, shuffled(places, times) + [place for place in range(len(words)) if place not in places]


def shuffled(places: list[int], times: int) -> list[int]:
    """Another order of different places, and for three or more a new one each time: the same for every visitor."""
    if len(places) < 3:
        return places[::-1]
    order, generator = places.copy(), random.Random(1)
    for _ in range(times):
        before = order.copy()
        while order in (before, places):
            generator.shuffle(order)
    return order


def _token_order(words: tuple[Word, ...], order: list[int]) -> tuple[int, ...]:
    return tuple(index for place in order for index in words[place].indices)


def _figure(lesson: Lesson, words: tuple[Word, ...], moved: list[float]) -> None:
    names = [word.text for word in words]
    palette = lesson.look.palette
    rows = [Bars(lesson("moved"), [100 * share for share in moved], palette.weight)]
    texts = BarsTexts(title=lesson("figure"), value=lesson("percent"), hover=lesson("hover"))
    controls.figure(
        word_bars(names, rows, texts, colour=palette.source, look=lesson.look, top=max(100.0, 110 * max(moved)),
                  plot_height=190),
        lesson.words,
        key="lesson-word-order",
        origin=lesson.origin(),
        file=f"word-order-{lesson.translation.checkpoint_id}",
        alt=bars_summary(names, rows, texts),
        table=lambda: csv_text(pd.DataFrame({"word": names, "change_share": moved}), provenance(lesson.translation)),
    )


def _answer(lesson: Lesson) -> Answer:
    words, order = _shuffled(lesson, 1)
    result: Shuffled = lesson.run(shuffle_tokens, _token_order(words, order))
    without, together = (float(share.max()) for share in (result.without_positions, result.with_positions))
    correct = "a" if without < 0.001 else "b"
    return Answer(correct, {"without": percent_text(without), "with": percent_text(together)})


STEP = Step("word-order", show, FORMULA, (encode, shuffle_tokens), _answer)
