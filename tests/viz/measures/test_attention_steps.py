from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.records import AttentionTrace
from viz.measures.attention_steps import attention_steps, leading_keys


def trace_of(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, allowed: np.ndarray) -> AttentionTrace:
    """One layer, one head."""
    scores = queries @ keys.T / np.sqrt(queries.shape[-1])
    one_head = [each[None, None].astype(np.float32) for each in (queries, keys, values, scores)]
    return AttentionTrace(one_head[0], one_head[1], one_head[2], one_head[3], allowed)


def random_trace(n_queries: int, n_keys: int, seed: int) -> AttentionTrace:
    generator = np.random.default_rng(seed)
    allowed = generator.random((n_queries, n_keys)) < 0.6
    allowed[:, 0] = True
    return trace_of(
        generator.normal(0, 3, (n_queries, 5)),
        generator.normal(0, 3, (n_keys, 5)),
        generator.normal(0, 1, (n_keys, 5)),
        allowed,
    )


def test_a_row_worked_by_hand():
    # d_k = 4, so the root is 2. Dot products 2 ln 3 and 0: scaled ln 3 and 0, weights 3/4 and 1/4.
    logarithm = np.log(3.0)
    trace = trace_of(
        np.array([[1.0, 1.0, 0.0, 0.0]]),
        np.array([[logarithm, logarithm, 5.0, 0.0], [1.0, -1.0, 0.0, 7.0]]),
        np.array([[4.0, 0.0, 0.0, 1.0], [0.0, 8.0, 0.0, 1.0]]),
        np.ones((1, 2), dtype=bool),
    )
    steps = attention_steps(trace, 0, 0, 0)
    np.testing.assert_allclose(steps.dot_products, [2 * logarithm, 0], atol=1e-6)
    np.testing.assert_allclose(steps.scaled, [logarithm, 0], atol=1e-6)
    np.testing.assert_allclose(steps.exponentials, [1, 1 / 3], atol=1e-6)
    np.testing.assert_allclose(steps.weights, [0.75, 0.25], atol=1e-6)
    np.testing.assert_allclose(steps.output, [3, 2, 0, 1], atol=1e-6)


def test_a_masked_key_gets_nothing_however_well_it_fits():
    trace = trace_of(
        np.array([[1.0]]), np.array([[0.0], [900.0], [0.0]]), np.ones((3, 1)), np.array([[True, False, True]])
    )
    steps = attention_steps(trace, 0, 0, 0)
    assert steps.masked.tolist() == [0, -np.inf, 0]
    assert steps.weights.tolist() == [0.5, 0, 0.5]


@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 999))
def test_weights_sum_to_one_and_the_output_is_the_sum_of_the_weighted_values(n_queries: int, n_keys: int, seed: int):
    trace = random_trace(n_queries, n_keys, seed)
    for query in range(n_queries):
        steps = attention_steps(trace, 0, 0, query)
        assert steps.weights.sum() == pytest.approx(1)
        assert (steps.weights[~steps.allowed] == 0).all() and (steps.weights[steps.allowed] > 0).all()
        np.testing.assert_allclose(steps.weighted_values.sum(axis=0), steps.output)
        np.testing.assert_allclose(steps.scaled, trace.scores[0, 0, query], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("place", [(1, 0, 0), (0, 1, 0), (0, 0, 2), (0, 0, -1)])
def test_what_does_not_exist_is_refused(place: tuple[int, int, int]):
    with pytest.raises(IndexError, match="does not exist"):
        attention_steps(random_trace(2, 3, 0), *place)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 999))
def test_the_leading_keys_are_in_order_and_none_left_out_weighs_more(n_keys: int, count: int, seed: int):
    steps = attention_steps(random_trace(1, n_keys, seed), 0, 0, 0)
    leading = leading_keys(steps, count)
    assert list(leading) == sorted(set(leading)) and len(leading) <= count
    allowed = [key for key in leading if steps.allowed[key]]
    rest = [key for key in range(n_keys) if key not in leading]
    if rest and allowed:
        assert steps.weights[rest].max() <= steps.weights[allowed].min()
    if n_keys <= count:
        assert leading == tuple(range(n_keys))


def test_some_masked_keys_are_shown_if_there_are_any():
    allowed = np.array([[True, True, True, False, False, False]])
    keys = np.array([[1.0], [3.0], [2.0], [9.0], [9.0], [9.0]])
    steps = attention_steps(trace_of(np.ones((1, 1)), keys, keys, allowed), 0, 0, 0)
    assert leading_keys(steps, 4) == (1, 2, 3, 4)
    assert leading_keys(steps, 4, masked=1) == (0, 1, 2, 3)
