from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.figures.numbers import number_text, weight_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1234.5, "1,230"),
        (123.4, "123"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (-1.234, "−1.23"),
        (0.9996, "1.00"),
        (0.1234, "0.123"),
        (-0.01234, "−0.012"),
        (0.0001, "0.000"),
        (-math.inf, "−∞"),
        (math.nan, "–"),
    ],
)
def test_three_significant_figures(value: float, text: str):
    assert number_text(value) == text


def test_a_weight_that_is_not_zero_is_not_called_zero():
    assert weight_text(0.0004) == "<0.001"
    assert weight_text(0.0005) == "0.001"
    assert weight_text(0.0) == "0"


@given(st.floats(0.1, 1e6))
def test_reads_back_to_within_half_a_percent(value: float):
    assert float(number_text(value).replace(",", "")) == pytest.approx(value, rel=0.0051)
