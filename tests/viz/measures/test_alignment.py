from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.records import AttentionRecord
from tests.records import asymmetric_translation, translation_of
from viz.measures.alignment import Crossings, crossings, strongest_keys
from viz.measures.maps import AttentionMap, average_map
from viz.measures.words import Word


def map_of(places: list[int], n_keys: int) -> AttentionMap:
    """Target words that look at these source words alone; the last of each side is the end token."""

    def word(index: int, last: int) -> Word:
        return Word("⏹" if index == last else f"w{index}", (index,), index, index + 1, index == last)

    keys = tuple(word(index, n_keys - 1) for index in range(n_keys))
    predicted = tuple(word(index, len(places) - 1) for index in range(len(places)))
    weights = np.eye(n_keys, dtype=np.float32)[places]
    return AttentionMap("cross", 0, 0, "word", weights, np.zeros(weights.shape, bool), predicted, predicted, keys)


def test_the_strongest_key_of_each_row_by_hand():
    assert strongest_keys(average_map(asymmetric_translation(), "cross")) == (0, 2)


def test_pairs_by_hand():
    # 나는 강사 입니다 ⏹ against I am instructor ⏹: (I, am) and (I, instructor) straight, (am, instructor) crossed.
    assert crossings(map_of([0, 2, 1, 3], 4)) == Crossings(straight=2, crossed=1)


def test_pairs_that_look_at_one_word_count_on_neither_side():
    assert crossings(map_of([1, 1, 1, 3], 4)) == Crossings(straight=0, crossed=0)


def test_words_that_look_at_the_end_token_are_left_out():
    assert crossings(map_of([3, 1, 0, 3], 4)) == Crossings(straight=0, crossed=1)


def test_one_word_has_no_pairs():
    assert crossings(map_of([0, 1], 2)) == Crossings(straight=0, crossed=0)


@given(st.permutations(range(7)))
def test_every_pair_of_a_permutation_counts_once_and_backwards_they_change_sides(order: list[int]):
    forwards = crossings(map_of([*order, 7], 8))
    backwards = crossings(map_of([*order[::-1], 7], 8))
    assert forwards.straight + forwards.crossed == 7 * 6 / 2
    assert (backwards.straight, backwards.crossed) == (forwards.crossed, forwards.straight)


def test_works_on_maps_of_words():
    # 나|는 강사 ⏹ against I am|ing ⏹: I looks at 강사; am-ing looks at 나는 with 0.3 + 0.3 in both of its pieces.
    cross = np.array([[0.1, 0.2, 0.6, 0.1], [0.3, 0.3, 0.4, 0.0], [0.3, 0.3, 0.4, 0.0], [0.0, 0.1, 0.2, 0.7]])
    attention = AttentionRecord(np.eye(4)[None, None], np.eye(4)[None, None], cross[None, None])
    translation = translation_of(("▁나", "는", "▁강사"), ("▁I", "▁am", "ing"), attention)
    pieces, words = (average_map(translation, "cross", layer=0, words=each) for each in (False, True))
    assert (strongest_keys(pieces), crossings(pieces)) == ((2, 2, 2, 3), Crossings(straight=0, crossed=0))
    assert (strongest_keys(words), crossings(words)) == ((1, 0, 2), Crossings(straight=0, crossed=1))
