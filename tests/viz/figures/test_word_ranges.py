# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np

from viz.figures.word_ranges import ranges_summary, word_ranges

WORDS = ("I", "<b>")
STEADY = np.array([50.0, 80.0])
PASSES = np.array([[40.0, 90.0], [60.0, 70.0], [55.0, 85.0]])


def test_dots_line_and_steady_value_by_hand():
    line, dots, steady = word_ranges(WORDS, STEADY, PASSES, colour="#b85600").data
    assert list(dots.x) == [0, 1, 0, 1, 0, 1]
    assert list(dots.y) == [40, 90, 60, 70, 55, 85]
    assert list(steady.y) == [50, 80]
    lows_and_highs = [value for value in line.y if value == value]
    assert lows_and_highs == [40, 60, 70, 90]
    assert list(line.x) == [0, 0, 0, 1, 1, 1]


def test_the_same_word_twice_stays_apart():
    figure = word_ranges(("a", "a"), STEADY, PASSES, colour="#b85600")
    assert list(figure.layout.xaxis.tickvals) == [0, 1]


def test_words_are_escaped():
    figure = word_ranges(WORDS, STEADY, PASSES, colour="#b85600")
    assert "&lt;b&gt;" in figure.layout.xaxis.ticktext[1]
    assert figure.data[1].customdata[1] == "&lt;b&gt;"


def test_a_long_sentence_gets_a_width_of_its_own():
    words = ["word"] * 60
    figure = word_ranges(words, np.full(60, 0.5), np.full((3, 60), 0.5), colour="#b85600")
    assert figure.layout.width > 60 * 40
    assert word_ranges(WORDS, STEADY, PASSES, colour="#b85600").layout.width is None


def test_the_summary_says_each_range():
    summary = ranges_summary(WORDS, STEADY, PASSES)
    assert summary == "Range: I 50 (40 to 60); <b> 80 (70 to 90)."
