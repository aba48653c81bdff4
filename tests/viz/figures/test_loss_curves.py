# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from viz.figures.loss_curves import LossLine, loss_curves, loss_summary

LINES = (
    LossLine("with mask", (0.1, 0.2, 0.4), (8.0, 5.0, 4.0), "#112233"),
    LossLine("without <mask>", (0.1, 0.3), (8.0, 2.0), "#445566"),
)


def test_a_curve_for_each_model_told_apart_by_more_than_colour():
    figure = loss_curves(LINES)
    first, second = figure.data
    assert list(first.y) == [8, 5, 4] and list(second.x) == [0.1, 0.3]
    assert second.name == "without &lt;mask&gt;"
    assert first.line.dash != second.line.dash
    assert figure.layout.yaxis.rangemode == "tozero"


def test_a_model_without_a_log_has_no_points():
    assert list(loss_curves([LossLine("none", (), (), "#112233")]).data[0].y) == []


def test_the_summary_says_where_each_ends():
    assert loss_summary(LINES) == "Training loss: with mask ends at 4; without <mask> ends at 2."
    assert "none" not in loss_summary([LossLine("none", (), (), "#112233")])
