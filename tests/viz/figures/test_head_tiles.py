# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np
import pytest

from viz.figures.head_tiles import head_tiles, tiles_summary
from viz.figures.theme import Look

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(4), (5, 3)).astype(np.float32)
NOTES = [f"note {head} <b>" for head in range(5)]


def test_each_head_has_a_tile_with_its_weights_on_the_fixed_scale():
    figure = head_tiles(WEIGHTS, NOTES, 0)
    tiles = [each for each in figure.data if each.type == "heatmap"]
    assert len(tiles) == 5
    for head, tile in enumerate(tiles):
        np.testing.assert_array_equal(tile.z, WEIGHTS[head])
        assert (tile.zmin, tile.zmax) == (0, 1)


def test_tiles_are_unit_squares_that_do_not_overlap_whatever_the_shape_of_the_maps():
    tiles = [each for each in head_tiles(WEIGHTS, NOTES, 0).data if each.type == "heatmap"]
    corners = [(tile.x0 - tile.dx / 2, tile.y0 - tile.dy / 2) for tile in tiles]
    for tile in tiles:
        assert tile.dx * 4 == pytest.approx(1) and tile.dy * 3 == pytest.approx(1)
    for first in range(5):
        for second in range(first):
            apart = np.abs(np.subtract(corners[first], corners[second]))
            assert apart.max() > 1


def test_the_points_to_click_are_heads_in_order_over_their_tiles():
    figure = head_tiles(WEIGHTS, NOTES, 0)
    points, tiles = figure.data[-1], figure.data[:5]
    for place, tile in enumerate(tiles):
        assert points.x[place] == pytest.approx(tile.x0 - tile.dx / 2 + 0.5)
        assert points.y[place] == pytest.approx(tile.y0 - tile.dy / 2 + 0.5)
    assert points.text[4] == "head 5" and points.customdata[4] == "note 4 &lt;b&gt;"


def test_the_chosen_head_has_a_frame_in_its_colour():
    look = Look(dark=True)
    frames = head_tiles(WEIGHTS, NOTES, 3, look=look).layout.shapes
    assert [frame.line.width for frame in frames] == [1, 1, 1, 4, 1]
    assert frames[3].line.color == look.palette.head(3)


def test_two_columns_fit_a_phone_and_large_type_makes_large_tiles():
    small, large = head_tiles(WEIGHTS, NOTES, 0), head_tiles(WEIGHTS, NOTES, 0, n_columns=4, look=Look(type_scale=1.6))
    assert small.layout.width <= 340
    assert large.data[-1].marker.size == pytest.approx(1.6 * small.data[-1].marker.size)


def test_the_summary_names_each_head():
    assert "5 maps of 3 rows and 4 columns" in tiles_summary(WEIGHTS, NOTES)
    assert "head 2: note 1" in tiles_summary(WEIGHTS, NOTES)
