# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import csv
import io

from viz.figures.training_curves import training_curves, training_summary

# As model.training writes it: numbers as text, empty where nothing was measured.
LOG = """step,tokens,minutes,train_loss,dev_loss,dev_chrf
40,1000000,0.2,8.7,,
80,2000000,0.5,6.5,6.2,12.5
120,3000000,0.7,5.1,,
"""
ROWS = list(csv.DictReader(io.StringIO(LOG)))


def test_each_curve_holds_only_what_was_measured():
    curves = {curve.name: curve for curve in training_curves(ROWS).data}
    assert list(curves) == ["training", "held-out sentences", "chrF, held-out"]
    assert list(curves["training"].x) == [1, 2, 3]
    assert list(curves["training"].y) == [8.7, 6.5, 5.1]
    assert list(curves["held-out sentences"].x) == [2]
    assert list(curves["held-out sentences"].y) == [6.2]
    assert list(curves["chrF, held-out"].y) == [12.5]
    assert list(curves["training"].customdata) == [40, 80, 120]


def test_loss_and_chrf_do_not_share_an_axis():
    figure = training_curves(ROWS)
    assert [curve.yaxis for curve in figure.data] == ["y", "y", "y2"]
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]


def test_numbers_and_missing_values_are_taken_as_well():
    rows = [{"step": 1, "tokens": 1e6, "train_loss": 3.0, "dev_loss": None, "dev_chrf": float("nan")}]
    assert [len(curve.y) for curve in training_curves(rows).data] == [1, 0, 0]


def test_the_summary_says_where_training_ended():
    assert training_summary(ROWS) == "Training: 3 million tokens. Loss: training 5.1, held-out 6.2. chrF 12.5."


def test_an_empty_log_is_drawn_and_said():
    assert all(len(curve.y) == 0 for curve in training_curves([]).data)
    assert "unknown" in training_summary([])
