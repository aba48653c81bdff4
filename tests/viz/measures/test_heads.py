from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records import softmax_rows
from viz.measures.heads import Link, entropy_nats, mean_distance_tokens, strongest_links

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 999))


def test_entropy_of_rows_worked_by_hand():
    weights = np.array([[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.0, 0.0]])
    np.testing.assert_allclose(entropy_nats(weights), [0, np.log(4), np.log(2)])


@given(SHAPES)
def test_entropy_lies_between_zero_and_the_logarithm_of_the_keys(shape):
    queries, keys, seed = shape
    entropy = entropy_nats(softmax_rows(np.random.default_rng(seed).normal(0, 5, (2, queries, keys))))
    assert entropy.shape == (2, queries)
    assert (entropy >= 0).all() and (entropy <= np.log(keys) + 1e-5).all()


def test_distance_worked_by_hand():
    # Row 0: 0.5 * 0 + 0.25 * 1 + 0.25 * 2 = 0.75; row 1: 1 * 1; row 2: 0.
    weights = np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert mean_distance_tokens(weights) == pytest.approx((0.75 + 1 + 0) / 3)


def test_distance_needs_one_sentence():
    with pytest.raises(ValueError, match="2 queries and 3 keys"):
        mean_distance_tokens(np.ones((2, 3)) / 3)


def test_strongest_links_name_query_and_key():
    links = strongest_links(np.array([[0.70, 0.18, 0.12], [0.02, 0.07, 0.91]]), 2)
    assert links == (Link(1, 2, 0.91), Link(0, 0, 0.70))


def test_equal_weights_come_in_reading_order_and_zeros_not_at_all():
    assert strongest_links(np.array([[0.5, 0.5], [1.0, 0.0]]), 4) == (Link(1, 0, 1.0), Link(0, 0, 0.5), Link(0, 1, 0.5))
