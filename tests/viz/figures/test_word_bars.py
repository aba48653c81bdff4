"""Bars over words: fields of the figure."""
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from viz.figures.theme import Look
from viz.figures.word_bars import Bars, BarsTexts, word_bars

TEXTS = BarsTexts(title="Change", value="percent")


def bars(*words: str, look: Look | None = None):
    return word_bars(words, [Bars("", [1.0] * len(words), "#00503f")], TEXTS, colour="#1d5fc4", look=look)


def test_the_same_word_twice_stays_apart_and_words_are_escaped():
    axis = bars("a", "a", "<b>").layout.xaxis
    assert list(axis.tickvals) == [0, 1, 2]
    assert "&lt;b&gt;" in axis.ticktext[2]


def test_crowded_words_stand_upright_and_get_the_room_that_they_need():
    axis = bars("무지막지하게", "치킨을").layout.xaxis
    assert list(axis.autotickangles) == [0, -90] and axis.automargin


def test_a_title_is_broken_for_the_narrowest_page():
    title = "x" * 40
    narrow, wide = (
        word_bars(["a"], [Bars("", [1.0], "#00503f")], BarsTexts(title=title, value=""), colour="#1d5fc4", look=look)
        for look in (Look(type_scale=1.6), Look(type_scale=1.6, page_px=1200))
    )
    assert wide.layout.height < narrow.layout.height
