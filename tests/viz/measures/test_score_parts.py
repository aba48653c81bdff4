"""How much each part of a sum decides, and what wider vectors cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn import Module

from model.attention import MultiHeadAttention
from viz.measures.score_parts import shares_of_differences
from viz.measures.widths import attention_parameters


def test_a_part_that_is_the_same_for_all_keys_decides_nothing():
    varied = np.array([[1.0, 2.0], [5.0, 3.0]])
    same_in_a_row = np.array([[7.0, 7.0], [-1.0, -1.0]])
    np.testing.assert_allclose(shares_of_differences(np.stack([varied, same_in_a_row])), [1, 0])


def test_shares_by_hand():
    """Centred parts (-1, 1), (-2, 2), (1, -1): their sum is (-2, 2), of variance 8; covariances 4, 8, -4."""
    parts = np.array([[[0.0, 2.0]], [[1.0, 5.0]], [[1.0, -1.0]]])
    np.testing.assert_allclose(shares_of_differences(parts), [0.5, 1.0, -0.5])


def test_scores_that_are_all_the_same_have_no_shares():
    np.testing.assert_array_equal(shares_of_differences(np.ones((5, 2, 3, 3))), np.zeros((5, 2)))


@given(arrays(np.float64, (5, 2, 3, 4), elements=st.integers(-9, 9).map(float)))
def test_shares_of_a_head_sum_to_one(parts: np.ndarray):
    shares = shares_of_differences(parts).sum(axis=0)
    total = parts.sum(axis=0)
    for head in range(2):
        varies = np.ptp(total[head], axis=-1).max() > 0
        assert shares[head] == pytest.approx(1.0 if varies else 0.0, abs=1e-9)


@pytest.mark.parametrize("width", [4, 32, 512])
def test_parameters_are_those_of_the_models_attention(width: int):
    attention: Module = MultiHeadAttention(width, 4, 0.1)
    assert attention_parameters(width) == sum(parameter.numel() for parameter in attention.parameters())
