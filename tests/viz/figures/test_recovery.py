# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from viz.figures.recovery import RecoveryLine, recovery_lines, recovery_summary

SIZES = [4, 8, 16]
LINES = [RecoveryLine("a <b>", [0.0, 0.5, 1.0], "#112233"), RecoveryLine("b", [0.1, 0.2, 0.3], "#445566")]


def test_shares_are_drawn_as_percent_over_evenly_spaced_sizes():
    figure = recovery_lines(SIZES, LINES)
    assert list(figure.data[0].y) == [0, 50, 100]
    assert list(figure.data[0].x) == [0, 1, 2] and list(figure.layout.xaxis.ticktext) == ["4", "8", "16"]
    low, high = figure.layout.yaxis.range
    assert low < 0 and high > 100


def test_lines_differ_by_more_than_colour_and_names_are_escaped():
    first, second = recovery_lines(SIZES, LINES).data
    assert first.line.dash != second.line.dash and first.marker.symbol != second.marker.symbol
    assert first.name == "a &lt;b&gt;"


def test_hover_names_the_size_and_not_the_place():
    figure = recovery_lines(SIZES, LINES)
    assert list(figure.data[0].customdata) == SIZES
    assert figure.data[0].hovertemplate.startswith("d = %{customdata}")


def test_the_summary_has_all_numbers():
    assert "4, 8, 16" in recovery_summary(SIZES, LINES) and "0 %, 50 %, 100 %" in recovery_summary(SIZES, LINES)
