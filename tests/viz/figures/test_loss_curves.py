# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from viz.figures.loss_curves import LossLine, loss_curves, loss_summary

LINES = (
    LossLine("with mask", (0.1, 0.2, 0.4), (8.0, 5.0, 4.0), "#112233"),
    LossLine("without <mask>", (0.1, 0.3), (8.0, 2.0), "#445566"),
)


def test_a_curve_for_each_model_and_a_line_at_the_least_loss():
    first, second, least = loss_curves(LINES, 1.22).data
    assert list(first.y) == [8, 5, 4] and list(second.x) == [0.1, 0.3]
    assert list(least.y) == [1.22, 1.22] and list(least.x) == [0, 0.4]
    assert second.name == "without &lt;mask&gt;"
    assert len({trace.line.dash for trace in (first, second, least)}) == 3


def test_no_line_where_the_least_is_unknown_and_none_without_curves():
    assert len(loss_curves(LINES, None).data) == 2
    assert len(loss_curves([LossLine("none", (), (), "#112233")], 1.22).data) == 1


def test_the_summary_says_where_each_ends():
    assert loss_summary(LINES) == "Training loss: with mask ends at 4; without <mask> ends at 2."
    assert "none" not in loss_summary([LossLine("none", (), (), "#112233")])
