from __future__ import annotations

import math

import pytest
import torch

from model.positional import sinusoidal_positions


def test_formula_by_hand():
    encoding = sinusoidal_positions(4, 6)
    # 2i/d_model of the three pairs of columns: 0, 1/3, 2/3.
    third = 10_000 ** (1 / 3)
    for position in range(4):
        angles = (position, position / third, position / third**2)
        expected = [f(angle) for angle in angles for f in (math.sin, math.cos)]
        assert encoding[position].tolist() == pytest.approx(expected, abs=1e-7)


def test_position_zero_is_zeros_and_ones_in_turn():
    assert sinusoidal_positions(1, 8)[0].tolist() == [0, 1] * 4


def test_late_positions_are_exact():
    # In float32 the angle 9999 alone is wrong by 5e-4.
    encoding = sinusoidal_positions(10_000, 16)
    assert encoding.dtype == torch.float32
    for column in (0, 3, 6, 15):
        angle = 9999 / 10_000 ** ((column - column % 2) / 16)
        assert float(encoding[9999, column]) == pytest.approx((math.cos if column % 2 else math.sin)(angle), abs=1e-6)


def test_similarity_depends_on_the_distance_alone():
    encoding = sinusoidal_positions(30, 32)
    similarity = encoding @ encoding.T
    for distance in (1, 7):
        diagonal = similarity.diagonal(distance)
        assert torch.allclose(diagonal, diagonal[:1], atol=1e-5)
