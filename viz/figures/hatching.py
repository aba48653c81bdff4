"""Stripes over the cells of a map that can hold nothing, such as what a mask hides."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.theme import Look


def hatching(masked: np.ndarray, look: Look, name: str) -> go.Scatter:
    """One outline around all masked cells, filled with stripes, and its entry in the legend.

    Parameters
    ----------
    masked : bool array, shape (rows, columns)
        At least one; they stand at the right and get fewer from row to row, as those of a look-ahead mask do.
    name : str
        What the stripes mean; escaped here.
    """
    across, down = _stairs(masked)
    return go.Scatter(
        name=escape(name),
        x=across,
        y=down,
        mode="lines",
        line={"width": 1, "color": look.palette.muted},
        fill="toself",
        fillpattern={
            "shape": "/",
            "fgcolor": look.palette.muted,
            "bgcolor": "rgba(0,0,0,0)",
            "size": 9,
            "solidity": 0.2,
        },
        hoveron="fills",
        text=escape(name),
        hoverinfo="text",
        showlegend=True,
    )


def _stairs(masked: np.ndarray) -> tuple[list[float], list[float]]:
    """Corners of the masked cells, which are at the right and get fewer from row to row; a cell is k ± 0.5 wide."""
    n_keys = masked.shape[1]
    rows = np.flatnonzero(masked.any(axis=1))
    right = n_keys - 0.5
    across, down = [right], [float(rows[0]) - 0.5]
    for row in rows:
        first = float(masked[row].argmax()) - 0.5
        across += [first, first]
        down += [float(row) - 0.5, float(row) + 0.5]
    across += [right, right]
    down += [down[-1], down[0]]
    return across, down
