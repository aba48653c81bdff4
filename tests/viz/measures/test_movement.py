"""Cosines of moving vectors, by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from viz.measures.movement import similarity_to_start, similarity_to_words, word_vectors
from viz.measures.words import Word

WORDS = (Word("가", (0,), 0, 1, False), Word("나다", (1, 2), 1, 3, False))
# Two layers, so three states; three tokens, d_model 2.
STATES = np.array([[[1, 0], [0, 2], [0, 4]], [[1, 1], [0, 1], [2, 1]], [[0, 3], [2, 0], [4, 0]]], dtype=np.float32)


def test_a_word_is_the_mean_of_its_tokens():
    np.testing.assert_array_equal(word_vectors(STATES, WORDS)[:, 1], [[0, 3], [1, 1], [3, 0]])


def test_similarity_to_its_start():
    vectors = word_vectors(STATES, WORDS)
    np.testing.assert_allclose(similarity_to_start(vectors, 0), [1, np.sqrt(0.5), 0], atol=1e-12)


def test_similarity_to_the_other_words_of_the_layer():
    vectors = word_vectors(STATES, WORDS)
    np.testing.assert_allclose(similarity_to_words(vectors, 0), [[1, 0], [1, 1], [1, 0]], atol=1e-12)


@settings(max_examples=30)
@given(layers=st.integers(1, 4), words=st.integers(1, 5), seed=st.integers(0, 999))
def test_cosines_stay_within_one_and_are_the_same_both_ways(layers: int, words: int, seed: int):
    vectors = np.random.default_rng(seed).normal(size=(layers, words, 3))
    all_pairs = np.stack([similarity_to_words(vectors, word) for word in range(words)], axis=1)
    assert np.abs(all_pairs).max() <= 1 + 1e-9
    np.testing.assert_allclose(all_pairs, all_pairs.swapaxes(1, 2), atol=1e-9)
    assert similarity_to_start(vectors, 0)[0] == 1 or np.isclose(similarity_to_start(vectors, 0)[0], 1)
