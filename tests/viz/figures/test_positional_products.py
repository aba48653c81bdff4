"""Dot products of positional encodings as a map, and the position that the other figures mark."""

# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np
import pytest

from viz.figures.positional_curves import positional_curves
from viz.figures.positional_matrix import positional_matrix
from viz.figures.positional_products import positional_products, products_summary
from viz.measures.positions import dot_product_by_distance


@pytest.mark.parametrize("d_model", [4, 24, 256])
def test_each_diagonal_has_one_value(d_model: int):
    products = positional_products(30, d_model).data[0].z
    by_distance = dot_product_by_distance(30, d_model)
    for offset in range(30):
        np.testing.assert_allclose(np.diagonal(products, offset), by_distance[offset], atol=1e-3)
        np.testing.assert_allclose(np.diagonal(products, -offset), by_distance[offset], atol=1e-3)


def test_a_sine_without_its_cosine_breaks_the_diagonals():
    """Why d_model is even: with d = 3 the products of positions 0 apart, their squared lengths, differ."""
    assert np.ptp(np.diagonal(positional_products(2000, 3).data[0].z)) > 0.9


def test_colours_reach_from_the_lowest_product_to_the_highest():
    (cells,) = positional_products(20, 16).data
    assert cells.zmin == pytest.approx(dot_product_by_distance(20, 16).min(), abs=1e-5)
    assert cells.zmax == 8


def test_marked_cells_are_ringed_at_row_and_column():
    rings = positional_products(20, 16, marked=[(3, 8), (13, 18)]).data[1]
    assert tuple(rings.y) == (3, 13) and tuple(rings.x) == (8, 18)


def test_the_summary_says_how_many_positions():
    assert "20 by 20" in products_summary(20)


def test_curves_and_matrix_mark_a_position():
    (line,) = positional_curves(10, 16, [0], marked_position=4).layout.shapes
    assert (line.x0, line.x1) == (4, 4)
    (frame,) = positional_matrix(10, 16, marked_position=4).layout.shapes
    assert (frame.y0, frame.y1) == (3.5, 4.5)
    assert not positional_curves(10, 16, [0]).layout.shapes and not positional_matrix(10, 16).layout.shapes
