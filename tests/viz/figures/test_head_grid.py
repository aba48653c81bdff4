"""A number for each head: fields of the figure."""
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.head_grid import GridTexts, grid_summary, head_grid, whole_percent
from viz.figures.theme import Look

TEXTS = GridTexts(title="On padding", heads="head")
SHARES = np.array([[0.0, 0.5, 1.0], [0.001, 0.25, 0.333]])
ROWS = ["encoder <1>", "cross 1"]


def drawn(look: Look | None = None):
    return head_grid(SHARES, ROWS, TEXTS, look=look).to_dict()


def test_cells_hold_the_shares_on_a_scale_from_zero_to_one():
    cells = head_grid(SHARES, ROWS, TEXTS).data[0]
    np.testing.assert_allclose(cells.z, SHARES, rtol=1e-6)
    assert (cells.zmin, cells.zmax) == (0, 1)


def test_the_first_row_is_at_the_top():
    low, high = drawn()["layout"]["yaxis"]["range"]
    assert low > high


def test_heads_count_from_one_in_their_colours():
    look = Look()
    ticks = drawn(look)["layout"]["xaxis"]["ticktext"]
    assert [">1<" in ticks[0], look.palette.head(1) in ticks[1]] == [True, True]


def test_rows_are_escaped():
    assert drawn()["layout"]["yaxis"]["ticktext"][0] == "encoder &lt;1&gt;"


@pytest.mark.parametrize(("share", "text"), [(0, "0"), (0.001, "< 1"), (0.0051, "1"), (0.25, "25"), (1, "100")])
def test_numbers_are_whole_and_what_is_less_than_one_is_not_zero(share: float, text: str):
    assert whole_percent(share) == text


def test_the_summary_has_every_number():
    assert grid_summary(SHARES, ROWS, TEXTS) == "On padding. encoder <1>: 0 %, 50 %, 100 %; cross 1: 0.1 %, 25 %, 33 %."
