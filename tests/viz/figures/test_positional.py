# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np
import pytest

from viz.figures.palette import DARK
from viz.figures.positional_curves import curves_summary, positional_curves
from viz.figures.positional_matrix import MatrixTexts, matrix_summary, positional_matrix
from viz.figures.positional_similarity import positional_similarity, similarity_summary
from viz.figures.theme import Look
from viz.measures.positions import cosine_by_distance, dot_product_by_distance, positional_encoding


def footer(figure) -> str:
    return next(each.text for each in figure.layout.annotations if each.name == "footer")


def test_each_chosen_dimension_is_a_curve_over_position():
    figure = positional_curves(10, 16, [0, 5])
    encoding = positional_encoding(10, 16)
    assert [curve.name for curve in figure.data] == ["0 (sin)", "5 (cos)"]
    for curve, dimension in zip(figure.data, (0, 5), strict=True):
        np.testing.assert_array_equal(curve.x, range(10))
        np.testing.assert_allclose(curve.y, encoding[:, dimension])


def test_sines_and_cosines_differ_by_more_than_colour():
    figure = positional_curves(10, 16, [4, 5])
    assert [curve.line.dash for curve in figure.data] == ["solid", "dash"]


def test_a_dimension_that_does_not_exist_is_refused():
    with pytest.raises(IndexError, match="dimension 16"):
        positional_curves(10, 16, [16])


def test_no_curve_is_cut_off():
    low, high = positional_curves(10, 16, [0]).layout.yaxis.range
    assert low < -1 and high > 1


def test_the_matrix_has_positions_down_and_dimensions_across():
    figure = positional_matrix(3, 8)
    (cells,) = figure.data
    np.testing.assert_allclose(cells.z, positional_encoding(3, 8), atol=1e-6)
    assert (cells.zmin, cells.zmax) == (-1, 1)
    assert tuple(figure.layout.yaxis.range) == (2.5, -0.5)
    assert tuple(figure.layout.xaxis.range) == (-0.5, 7.5)
    assert figure.layout.yaxis.title.text == MatrixTexts().position


def test_hover_of_the_matrix_names_position_and_dimension_rightly():
    (cells,) = positional_matrix(3, 8).data
    assert cells.hovertemplate == "position %{y}, dimension %{x}: %{z:.3f}<extra></extra>"


def test_similarity_is_drawn_by_distance_on_two_axes_that_agree():
    figure = positional_similarity(20, 32)
    curve = figure.data[0]
    np.testing.assert_allclose(curve.y, cosine_by_distance(20, 32))
    np.testing.assert_allclose(curve.customdata, dot_product_by_distance(20, 32))
    left, right = figure.layout.yaxis.range, figure.layout.yaxis2.range
    assert [limit * 16 for limit in left] == pytest.approx(list(right))


@pytest.mark.parametrize(
    "figure",
    [
        positional_curves(10, 16, [0], look=Look(dark=True), footer=["checkpoint 0123"]),
        positional_matrix(10, 16, look=Look(dark=True), footer=["checkpoint 0123"]),
        positional_similarity(10, 16, look=Look(dark=True), footer=["checkpoint 0123"]),
    ],
    ids=["curves", "matrix", "similarity"],
)
def test_every_figure_says_its_size_and_where_it_comes_from(figure):
    assert footer(figure) == "d = 16<br>checkpoint 0123"
    assert figure.layout.paper_bgcolor == DARK.background
    assert figure.layout.width is None


def test_summaries_say_the_numbers():
    assert "Dimension 0 repeats every 6.28 positions" in curves_summary(10, 16, [0])
    assert "10 positions by 16 dimensions" in matrix_summary(10, 16)
    assert f"{cosine_by_distance(2, 16)[1]:.3f} at distance 1" in similarity_summary(10, 16)
