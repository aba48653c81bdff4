# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np
import pytest

from viz.figures.head_pairs import Measure, head_pairs, pairs_summary
from viz.figures.saturation_panels import panels_summary, saturation_panels
from viz.figures.theme import Look

DIVIDED, UNDIVIDED = np.array([0.3, 0.5, 0.2]), np.array([0.0001, 0.9998, 0.0001])
D_KS = (1, 8, 64)


def panels(look: Look | None = None):
    return saturation_panels(DIVIDED, UNDIVIDED, D_KS, [0.3, 0.3, 0.3], [0.3, 0.2, 0.0001], 64, look=look)


def test_bars_hold_the_weights_and_lines_the_measure():
    bars, lines = panels().data[:2], panels().data[2:]
    np.testing.assert_allclose([each.y for each in bars], [DIVIDED, UNDIVIDED])
    assert [list(each.y) for each in lines] == [[0.3, 0.3, 0.3], [0.3, 0.2, 0.0001]]
    assert [each.line.dash for each in lines] == ["solid", "dash"]


def test_hover_does_not_call_a_small_weight_zero():
    assert panels().data[1].customdata[0] == "&lt;0.001"


def test_the_chosen_size_is_marked_at_its_place():
    figure = panels()
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 2
    assert list(figure.layout.xaxis2.ticktext) == ["1", "8", "64"]


def test_each_head_has_its_two_numbers_at_one_place_layer_by_layer():
    before, after = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[0.0, 0.1], [0.2, 0.3]])
    figure = head_pairs([Measure("entropy", before, after)])
    joins, first, second = figure.data
    assert list(first.x) == list(second.x) == [0, 1, 3, 4]
    assert list(first.y) == [0.1, 0.2, 0.3, 0.4] and list(second.y) == [0, 0.1, 0.2, 0.3]
    assert list(joins.y[:3]) == [0.1, 0.0, None]
    assert first.customdata[2] == "layer 2, head 1: 0.300"
    assert list(figure.layout.xaxis.tickvals) == [0.5, 3.5]


def test_panels_stand_one_below_the_other():
    measure = Measure("m", np.ones((1, 2)), np.zeros((1, 2)))
    figure = head_pairs([measure, measure])
    upper, lower = figure.layout.yaxis.domain, figure.layout.yaxis2.domain
    assert lower[1] < upper[0] and upper[1] == pytest.approx(1) and lower[0] == pytest.approx(0)
    assert [each.showlegend for each in figure.data if each.name != "joins"] == [True, True, False, False]


def test_the_two_sides_differ_by_more_than_colour():
    first, second = head_pairs([Measure("m", np.ones((1, 1)), np.zeros((1, 1)))]).data[1:]
    background = Look().palette.background
    assert first.marker.color != background and second.marker.color == background


def test_the_look_reaches_both_figures():
    look = Look(dark=True, type_scale=1.6)
    assert panels(look).layout.paper_bgcolor == look.palette.background
    pairs = head_pairs([Measure("m", np.ones((1, 1)), np.zeros((1, 1)))], look=look)
    assert pairs.layout.font.size == pytest.approx(look.font_px)


def test_summaries_say_the_numbers():
    assert "Largest weight 0.500 divided, 1.00 not divided" in panels_summary(DIVIDED, UNDIVIDED, 64)
    pairs = pairs_summary([Measure("entropy", np.ones((1, 1)), np.zeros((1, 1)))])
    assert "entropy: mean 1.00 before, 0 after" in pairs
