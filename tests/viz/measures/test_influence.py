from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.measures.influence import fading, mean_by_distance


def test_each_distance_is_a_diagonal_and_words_before_are_negative():
    # State of word 0 depends on word 1 by 0.5; state of word 2 on word 0 by 0.3.
    change = np.array([[1.0, 0.5, 0.0], [0.2, 1.0, 0.1], [0.3, 0.4, 1.0]])
    distances, means = mean_by_distance(change)
    assert distances.tolist() == [-2, -1, 1, 2]
    np.testing.assert_allclose(means, [0.3, (0.2 + 0.4) / 2, (0.5 + 0.1) / 2, 0.0])


def test_fading_compares_the_word_before_with_all_pairs_far_apart():
    change = np.array([[1.0, 0.5, 0.0, 0.0], [0.2, 1.0, 0.1, 0.0], [0.3, 0.4, 1.0, 0.7], [0.1, 0.2, 0.6, 1.0]])
    near, far = fading(change, 2)
    assert near == pytest.approx((0.2 + 0.4 + 0.6) / 3)
    assert far == pytest.approx((0.3 + 0.2 + 0.1) / 3)


def test_one_word_has_no_distances():
    distances, means = mean_by_distance(np.ones((1, 1)))
    assert len(distances) == len(means) == 0


@given(st.integers(1, 12), st.integers(0, 100))
def test_what_looks_at_no_later_word_is_zero_at_all_positive_distances(n_words, seed):
    change = np.tril(np.random.default_rng(seed).random((n_words, n_words)) + 0.1)
    distances, means = mean_by_distance(change)
    assert (means[distances > 0] == 0).all()
    assert (means[distances < 0] > 0).all()
