"""Numbers as a person reads them: at most three significant figures, never an exponent."""

from __future__ import annotations

import math

MINUS = "\u2212"


def number_text(value: float) -> str:
    """A number with up to three significant figures and at most three decimals: 1,230, 12.3, 1.23, 0.123, −0.012.

    What rounds to nothing but is something is "0.000"; infinity is "∞".
    """
    if math.isnan(value):
        return "–"
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if math.isinf(size):
        return f"{sign}∞"
    if size == 0:
        return "0"
    # The decimals follow the rounded number: 9.996 is 10.0, not 10.00.
    rounded = float(f"{size:.3g}")
    decimals = 0 if rounded >= 100 else 1 if rounded >= 10 else 2 if rounded >= 1 else 3
    return f"{sign}{rounded:,.{decimals}f}"


def weight_text(weight: float) -> str:
    """A weight from 0 to 1 to three places; what is too small for that but not 0 is "<0.001"."""
    return "<0.001" if 0 < weight < 0.0005 else number_text(weight)
