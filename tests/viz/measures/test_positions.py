from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.measures.positions import (
    cosine_by_distance,
    dot_product_by_distance,
    positional_encoding,
    wavelengths_positions,
)

EVEN = st.integers(1, 40).map(lambda half: 2 * half)


def test_values_follow_the_formula_of_the_paper():
    encoding = positional_encoding(6, 8)
    for position in range(6):
        for pair in range(4):
            angle = position / 10000 ** (2 * pair / 8)
            assert encoding[position, 2 * pair] == pytest.approx(math.sin(angle))
            assert encoding[position, 2 * pair + 1] == pytest.approx(math.cos(angle))


def test_position_one_in_three_dimensions():
    expected = [math.sin(1), math.cos(1), math.sin(1 / 10000 ** (2 / 3))]
    np.testing.assert_allclose(positional_encoding(2, 3)[1], expected)


def test_position_zero_is_sines_of_zero_and_cosines_of_zero():
    assert positional_encoding(1, 6)[0].tolist() == [0, 1, 0, 1, 0, 1]


@given(st.integers(1, 60), st.integers(1, 65))
def test_values_lie_between_minus_one_and_one(n_positions, d_model):
    encoding = positional_encoding(n_positions, d_model)
    assert encoding.shape == (n_positions, d_model)
    assert np.abs(encoding).max() <= 1


@given(st.integers(2, 40), EVEN)
def test_the_dot_product_depends_on_the_distance_alone(n_positions, d_model):
    encoding = positional_encoding(n_positions, d_model)
    products, by_distance = encoding @ encoding.T, dot_product_by_distance(n_positions, d_model)
    positions = np.arange(n_positions)
    np.testing.assert_allclose(products, by_distance[np.abs(positions[:, None] - positions)], atol=1e-9)


@given(st.integers(2, 40), EVEN)
def test_the_cosine_is_that_of_the_vectors(n_positions, d_model):
    encoding = positional_encoding(n_positions, d_model)
    measured = encoding @ encoding[0] / (np.linalg.norm(encoding, axis=1) * np.linalg.norm(encoding[0]))
    np.testing.assert_allclose(cosine_by_distance(n_positions, d_model), measured, atol=1e-9)


def test_each_pair_repeats_after_its_wavelength():
    assert wavelengths_positions(4) == pytest.approx([2 * math.pi, 200 * math.pi])


def test_an_odd_size_has_no_similarity_by_distance():
    with pytest.raises(ValueError, match="even number"):
        dot_product_by_distance(5, 3)


@pytest.mark.parametrize(("n_positions", "d_model"), [(0, 4), (4, 0)])
def test_nothing_to_encode_is_refused(n_positions, d_model):
    with pytest.raises(ValueError, match="at least 1"):
        positional_encoding(n_positions, d_model)
