# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from viz.figures.running_sums import Path, running_sums, sums_summary

PATHS = (
    Path("greedy", ("I", "<b>", "⏹"), (-0.5, -1.0, -0.25), "#112233"),
    Path("beam", ("I", "⏹"), (-0.5, -0.75), "#445566"),
)


def test_sums_begin_at_zero_and_add_up_token_by_token():
    greedy, beam = running_sums(PATHS).data
    assert list(greedy.x) == [0, 1, 2, 3]
    assert list(greedy.y) == [0, -0.5, -1.5, -1.75]
    assert list(beam.y) == [0, -0.5, -1.25]


def test_lines_differ_by_more_than_colour():
    greedy, beam = running_sums(PATHS).data
    assert greedy.line.dash != beam.line.dash and greedy.marker.symbol != beam.marker.symbol
    assert greedy.name == "greedy" and greedy.line.color == "#112233"


def test_tokens_are_escaped_where_the_hand_points():
    assert "“&lt;b&gt;”" in running_sums(PATHS).data[0].customdata[2]


def test_the_summary_says_where_each_ends():
    assert sums_summary(PATHS) == "Log probability so far: greedy -1.75 after 3 tokens; beam -1.25 after 2 tokens."
