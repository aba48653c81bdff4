# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np
import pytest

from viz.figures.influence import InfluenceMap, InfluenceTexts, influence_maps, influence_summary
from viz.figures.influence_by_distance import DistanceCurve, DistanceTexts, distance_summary, influence_by_distance
from viz.figures.theme import Look

WORDS = ("나는", "나는", "<b>코끼리")
FORWARD = np.array([[1.1, 0.0, 0.0], [0.5, 1.0, 0.0], [0.25, 0.5, 1.0]], dtype=np.float32)
FULL = np.array([[1.0, 0.2, 0.1], [0.3, 1.0, 0.2], [0.04, 0.1, 0.9]], dtype=np.float32)
MAPS = (InfluenceMap("LSTM", FORWARD), InfluenceMap("Transformer", FULL))
TEXTS = InfluenceTexts("Influence", "change (%)", no_path="no path")
DISTANCE_TEXTS = DistanceTexts("By distance", "words", "change (%)")


def maps_of(figure):
    return [trace for trace in figure.data if trace.type == "heatmap"]


def axis(figure, name: str):
    return figure.layout[f"{name[0]}axis{name[1:]}"]


def test_all_maps_share_one_scale_from_nothing_to_the_states_own_length():
    forward, full = maps_of(influence_maps(WORDS, MAPS, TEXTS))
    assert (forward.zmin, forward.zmax) == (full.zmin, full.zmax) == (0, 1)
    assert forward.colorscale == full.colorscale
    np.testing.assert_array_equal(full.z, FULL)


def test_cells_without_a_path_are_hatched_and_not_just_pale():
    figure = influence_maps(WORDS, MAPS, TEXTS)
    forward, full = maps_of(figure)
    np.testing.assert_array_equal(np.isnan(forward.z), FORWARD == 0)
    assert not np.isnan(full.z).any()
    (stripes,) = [trace for trace in figure.data if trace.name == "no path"]
    assert (stripes.xaxis, stripes.yaxis) == (forward.xaxis, forward.yaxis)
    assert stripes.fillpattern.shape == "/" and stripes.showlegend


def test_states_go_down_from_the_first_word_and_changed_words_across():
    figure = influence_maps(WORDS, MAPS, TEXTS)
    for shown in maps_of(figure):
        assert tuple(axis(figure, shown.yaxis).range) == (2.5, -0.5)
        assert tuple(axis(figure, shown.xaxis).range) == (-0.5, 2.5)
        assert axis(figure, shown.xaxis).side == "top"
    assert maps_of(figure)[1].text[2][0] == "나는 → &lt;b&gt;코끼리: 4.0 %"


def test_rows_are_named_once_and_equal_words_stay_apart():
    figure = influence_maps(WORDS, MAPS, TEXTS)
    first, second = (axis(figure, shown.yaxis) for shown in maps_of(figure))
    assert first.showticklabels and not second.showticklabels
    assert list(first.tickvals) == [0, 1, 2]
    assert "<b>" not in first.ticktext[2] and "&lt;b&gt;" in first.ticktext[2]


def test_maps_stand_side_by_side_with_square_cells():
    figure = influence_maps(WORDS, MAPS, TEXTS)
    margin, width, height = figure.layout.margin, figure.layout.width, figure.layout.height
    (left, end), (start, right) = (axis(figure, shown.xaxis).domain for shown in maps_of(figure))
    assert left == 0 and end < start and right == pytest.approx(1)
    plot_px = width - margin.l - margin.r
    assert (right - start) * plot_px == pytest.approx(height - margin.t - margin.b, abs=1)
    assert (end - left) == pytest.approx(right - start)


def test_the_framed_cells_are_framed_in_every_map():
    figure = influence_maps(WORDS, MAPS, TEXTS, marked=[(0, 2)])
    assert [(shape.xref, shape.x0, shape.x1, shape.y0, shape.y1) for shape in figure.layout.shapes] == [
        ("x", 1.5, 2.5, -0.5, 0.5),
        ("x2", 1.5, 2.5, -0.5, 0.5),
    ]


def test_the_colour_bar_counts_in_percent_of_the_states_length():
    bar = next(trace for trace in influence_maps(WORDS, MAPS, TEXTS).data if trace.name == "scale")
    colorbar = bar.marker.colorbar
    assert colorbar.ticktext[0] == "0" and colorbar.ticktext[-1] == "≥ 100"
    for place, text in zip(colorbar.tickvals, colorbar.ticktext, strict=True):
        assert float(text.removeprefix("≥ ")) == pytest.approx(100 * place**2)


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("n_words", [1, 2, 40])
def test_labels_have_the_height_of_a_line(n_words: int, scale: float):
    words = [f"낱말{place}" for place in range(n_words)]
    change = np.tril(np.ones((n_words, n_words), dtype=np.float32))
    figure = influence_maps(words, [InfluenceMap("LSTM", change)] * 3, TEXTS, look=Look(type_scale=scale))
    margin = figure.layout.margin
    assert (figure.layout.height - margin.t - margin.b) / n_words >= 14 * scale * 1.15
    assert min(margin.l, margin.r, margin.t, margin.b) > 0


def test_the_summary_reads_out_the_framed_cells():
    assert influence_summary(WORDS, MAPS, TEXTS, [(0, 2), (2, 0)]) == (
        "Influence. LSTM: <b>코끼리 → 나는: 0 %; LSTM: 나는 → <b>코끼리: 25 %; "
        "Transformer: <b>코끼리 → 나는: 10 %; Transformer: 나는 → <b>코끼리: 4.0 %"
    )


def test_influence_falls_off_to_both_sides_of_a_gap_at_the_word_itself():
    figure = influence_by_distance([DistanceCurve("LSTM", FORWARD, 0)], DISTANCE_TEXTS)
    (curve,) = figure.data
    assert list(curve.x) == [-2, -1, 0, 1, 2]
    np.testing.assert_allclose(curve.y, [25, 50, np.nan, 0, 0])


def test_curves_differ_by_more_than_colour():
    figure = influence_by_distance([DistanceCurve(str(i), FULL, i) for i in range(3)], DISTANCE_TEXTS)
    assert len({curve.line.dash for curve in figure.data}) == 3
    assert len({curve.marker.symbol for curve in figure.data}) == 3
    assert len({curve.line.color for curve in figure.data}) == 3


def test_a_curve_of_zeros_stands_clear_of_the_axis():
    low, high = influence_by_distance([DistanceCurve("LSTM", FORWARD, 0)], DISTANCE_TEXTS).layout.yaxis.range
    assert low < 0 < 50 < high


def test_the_distances_are_read_out():
    said = distance_summary([DistanceCurve("LSTM", FORWARD, 0)], DISTANCE_TEXTS)
    assert said == "By distance. LSTM: -2 25 %, -1 50 %, +1 0 %, +2 0 %"
