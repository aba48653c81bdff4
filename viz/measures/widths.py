"""What wider vectors cost."""

from __future__ import annotations


def attention_parameters(width: int) -> int:
    """Numbers in the query, key, value and output projections of one attention, biases included: 4 (w^2 + w)."""
    return 4 * (width * width + width)
