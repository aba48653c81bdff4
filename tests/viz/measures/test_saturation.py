from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.records import AttentionTrace
from viz.measures.saturation import head_saturation, jacobian_norm, random_dot_products, saturation, softmax

SCORES = st.lists(st.floats(-30, 30), min_size=1, max_size=8)


def softmax_jacobian(weights: np.ndarray) -> np.ndarray:
    """How each weight answers to each score: dw_i / ds_j = w_i (1 if i is j else 0) - w_i w_j."""
    return np.diag(weights) - np.outer(weights, weights)


def test_softmax_and_jacobian_worked_by_hand():
    weights = softmax(np.array([np.log(3.0), 0.0, -np.inf]))
    np.testing.assert_allclose(weights, [0.75, 0.25, 0])
    np.testing.assert_allclose(softmax_jacobian(weights), [[3 / 16, -3 / 16, 0], [-3 / 16, 3 / 16, 0], [0, 0, 0]])
    assert jacobian_norm(weights) == pytest.approx(np.sqrt(4 * (3 / 16) ** 2))


def test_the_norm_is_largest_between_two_and_zero_for_one():
    np.testing.assert_allclose(jacobian_norm(np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]])), [0.5, 0.0])


@given(SCORES)
def test_the_norm_is_that_of_the_jacobian(scores: list[float]):
    weights = softmax(np.array(scores))
    expected = np.linalg.norm(softmax_jacobian(weights))
    np.testing.assert_allclose(jacobian_norm(weights), expected, atol=1e-7)


@given(SCORES, st.integers(0, 7))
def test_the_jacobian_is_how_the_weights_move(scores: list[float], moved: int):
    values = np.array(scores)
    step = np.zeros_like(values)
    step[moved % len(values)] = 1e-4
    measured = (softmax(values + step) - softmax(values - step)) / 2e-4
    np.testing.assert_allclose(softmax_jacobian(softmax(values))[:, moved % len(values)], measured, atol=1e-6)


@pytest.mark.parametrize("d_k", [1, 16, 64, 512])
def test_dot_products_spread_by_the_root_of_d_k(d_k: int):
    products = random_dot_products([d_k])[0]
    assert products.shape == (400, 10)
    assert saturation(products).spread == pytest.approx(np.sqrt(d_k), rel=0.12)
    assert saturation(products / np.sqrt(d_k)).spread == pytest.approx(1, abs=0.12)


def test_the_same_seed_draws_the_same_and_another_one_something_else():
    first = random_dot_products([2, 8], seed=1)
    np.testing.assert_array_equal(first, random_dot_products([2, 8], seed=1))
    assert not np.array_equal(first, random_dot_products([2, 8], seed=2))


def test_a_larger_d_k_goes_on_from_a_smaller_one():
    products = random_dot_products([256, 512])
    # Half of the components are shared, so half of the variance is: a correlation of the root of 1/2.
    assert np.corrcoef(products.reshape(2, -1))[0, 1] == pytest.approx(np.sqrt(0.5), abs=0.05)


def test_each_head_is_measured_with_the_division_and_without():
    # d_head = 4: without the division the score doubles. Query 0 has no choice and is left out.
    scores = np.array([[[[0.0, 0.0], [np.log(3.0), 0.0]]]], dtype=np.float32)
    allowed = np.array([[True, False], [True, True]])
    vectors = np.zeros((1, 1, 2, 4), dtype=np.float32)
    measured = head_saturation(AttentionTrace(vectors, vectors, vectors, scores, allowed))
    entropy = [-sum(w * np.log(w) for w in weights) for weights in ((0.75, 0.25), (0.9, 0.1))]
    np.testing.assert_allclose([measured.entropy_with, measured.entropy_without], np.reshape(entropy, (2, 1, 1)))
    norms = [jacobian_norm(np.array(weights)) for weights in ((0.75, 0.25), (0.9, 0.1))]
    np.testing.assert_allclose([measured.jacobian_with, measured.jacobian_without], np.reshape(norms, (2, 1, 1)))


def test_a_sentence_without_any_choice_has_no_entropy():
    vectors = np.zeros((1, 1, 1, 4), dtype=np.float32)
    alone = AttentionTrace(vectors, vectors, vectors, np.zeros((1, 1, 1, 1), np.float32), np.ones((1, 1), bool))
    assert head_saturation(alone).entropy_with.tolist() == [[0.0]]
