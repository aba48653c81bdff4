from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.records import ATTENTION_KINDS, AttentionKind
from tests.records import asymmetric_translation, make_translation, softmax_rows
from viz.measures.head_habits import head_habits, map_distances, mean_pair_distance


def test_shares_of_the_encoder_worked_by_hand():
    # 나, 는, </s>: rows (0.60, 0.30, 0.10), (0.15, 0.80, 0.05), (0.22, 0.33, 0.45).
    habits = head_habits(asymmetric_translation(), "encoder")
    assert habits.special == pytest.approx((0.10 + 0.05 + 0.45) / 3)
    assert habits.itself == pytest.approx((0.60 + 0.80) / 3)
    assert habits.neighbours == pytest.approx((0.30 + 0.15 + 0.33) / 3)
    assert habits.elsewhere == pytest.approx(0.22 / 3)


def test_cross_attention_has_the_end_token_and_the_rest():
    # Rows (0.70, 0.18, 0.12), (0.02, 0.07, 0.91); the last key is the end token.
    habits = head_habits(asymmetric_translation(), "cross")
    assert habits.special == pytest.approx((0.12 + 0.91) / 2)
    assert habits.itself == habits.neighbours == 0
    assert habits.elsewhere == pytest.approx((0.88 + 0.09) / 2)


def test_the_decoder_has_its_beginning_token():
    # Rows (1, 0), (0.36, 0.64); the first key is the beginning token.
    habits = head_habits(asymmetric_translation(), "decoder")
    assert habits.special == pytest.approx((1 + 0.36) / 2)
    assert habits.itself == pytest.approx(0.64 / 2)


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_shares_add_up_to_one(kind: AttentionKind):
    habits = head_habits(make_translation(), kind)
    shares = np.stack([habits.special, habits.itself, habits.neighbours, habits.elsewhere])
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert (shares > -1e-9).all()


def test_distances_worked_by_hand():
    maps = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]], [[1.0, 0.0], [0.5, 0.5]]])
    np.testing.assert_allclose(map_distances(maps), [[0, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0]])
    assert mean_pair_distance(maps) == pytest.approx(1 / 3)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_a_distance_is_symmetric_and_between_zero_and_one(heads: int, queries: int, keys: int, seed: int):
    weights = softmax_rows(np.random.default_rng(seed).normal(0, 3, (2, heads, queries, keys)))
    distances = map_distances(weights)
    np.testing.assert_allclose(distances, np.swapaxes(distances, -1, -2))
    assert (distances >= 0).all() and (distances <= 1 + 1e-6).all()
    assert np.allclose(np.diagonal(distances, axis1=-2, axis2=-1), 0)


def test_one_head_has_no_other_to_differ_from():
    assert mean_pair_distance(np.ones((2, 1, 3, 1))) == 0
