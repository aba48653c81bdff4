# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np
import pytest

from tests.records import make_translation, translation_of
from viz.figures.theme import Look
from viz.figures.word_links import LEAST_OF_ALL, LEAST_OF_ONE, links_summary, word_links
from viz.measures.alignment import strongest_keys
from viz.measures.maps import AttentionMap, average_map
from viz.measures.words import Word


@pytest.fixture
def shown() -> AttentionMap:
    return average_map(make_translation(n_source=11, n_target=9), "cross", layer=1, words=True)


def curves(figure) -> list[tuple[float, float, str]]:
    """Where each drawn curve begins and ends, and what is said of it."""
    found = []
    for trace in figure.data:
        ends = [i for i, x in enumerate(trace.x) if x is None]
        begin = 0
        for end in ends:
            if end > begin:
                found.append((trace.y[begin], trace.y[end - 1], trace.text[begin]))
            begin = end + 1
    return found


def test_each_target_word_is_joined_with_its_strongest_source_word(shown: AttentionMap):
    figure = word_links(shown)
    heights = {name: list(axis.tickvals) for name, axis in (("s", figure.layout.yaxis), ("t", figure.layout.yaxis2))}
    drawn = {(round(start, 6), round(end, 6)) for start, end, _ in curves(figure)}
    for target, source in enumerate(strongest_keys(shown)):
        assert (round(heights["s"][source], 6), round(heights["t"][target], 6)) in drawn


def test_other_links_are_drawn_above_a_share_alone(shown: AttentionMap):
    strongest = strongest_keys(shown)
    expected = sum(
        source == strongest[target] or weight >= LEAST_OF_ALL
        for target, row in enumerate(shown.weights)
        for source, weight in enumerate(row)
    )
    assert len(curves(word_links(shown))) == expected


def test_a_chosen_word_shows_its_weak_links_too(shown: AttentionMap):
    more = ((shown.weights[2] >= LEAST_OF_ONE) & (shown.weights[2] < LEAST_OF_ALL)).sum()
    more -= shown.weights[2].max() < LEAST_OF_ALL
    assert len(curves(word_links(shown, chosen=2))) == len(curves(word_links(shown))) + more


def test_both_columns_are_read_from_the_top_and_use_the_whole_height(shown: AttentionMap):
    assert shown.predicted is not None
    figure = word_links(shown)
    for axis, words in ((figure.layout.yaxis, shown.keys), (figure.layout.yaxis2, shown.predicted)):
        assert axis.range[0] > axis.range[1]
        assert len(axis.ticktext) == len(words)
        places = np.array(axis.tickvals) / axis.range[0]
        np.testing.assert_allclose(places, (np.arange(len(words)) + 0.5) / len(words))


def test_source_words_are_blue_and_target_words_orange(shown: AttentionMap):
    look = Look(dark=True)
    figure = word_links(shown, look=look)
    assert all(look.palette.source in text or "⏹" in text for text in figure.layout.yaxis.ticktext)
    assert all(look.palette.target in text or "⏹" in text for text in figure.layout.yaxis2.ticktext)


def test_text_from_outside_is_escaped():
    translation = translation_of(("▁<b>x",), ("▁<i>y",), make_translation(n_source=2, n_target=2).attention)
    figure = word_links(average_map(translation, "cross", words=True))
    texts = [*figure.layout.yaxis.ticktext, *figure.layout.yaxis2.ticktext, *(text for *_, text in curves(figure))]
    assert any("&lt;b&gt;x" in text for text in texts) and any("&lt;i&gt;y" in text for text in texts)
    assert not any("<i>y" in text or "<b>x" in text for text in texts)


def test_the_summary_names_each_target_word_once(shown: AttentionMap):
    summary = links_summary(shown)
    assert summary.count(" looks ") == len(shown.weights)


def test_one_word_that_is_long_and_hundred_words_are_drawn():
    for n in (1, 100):
        words = tuple(Word("가" * 40, (index,), index, index + 1, False) for index in range(n))
        weights = np.full((n, n), 1 / n, dtype=np.float32)
        shown = AttentionMap("cross", None, None, "word", weights, np.zeros((n, n), bool), words, words, words)
        figure = word_links(shown)
        assert figure.layout.height > n * 20
        assert len(figure.data) < 20
