"""The maps of all heads of a layer side by side, small and without labels, as the feature maps of a CNN are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.palette import weight_colorscale
from viz.figures.theme import (
    EDGE_PX,
    Look,
    add_footer,
    add_title,
    footer_height_px,
    themed_figure,
    title_height_px,
    wrap_footer,
)

_SIDE_PX = 148
# Of a tile's side: the gap to the next one, and the room above it for its name.
_GAP, _NAME = 0.08, 0.2


@dataclass(frozen=True)
class TilesTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "All heads"
    head: str = "head {number}"
    summary: str = "{title}: {count} maps of {queries} rows and {keys} columns. {notes}."


def head_tiles(
    weights: np.ndarray,
    notes: Sequence[str],
    chosen: int,
    *,
    n_columns: int = 2,
    look: Look | None = None,
    texts: TilesTexts | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """A square for each head, with its number in its colour; the last trace holds a point for each, to be clicked.

    Parameters
    ----------
    weights : array, shape (heads, queries, keys)
        NaN where the mask is. Colours go from 0 to 1 on the square-root ramp.
    notes : sequence of str
        What a hover says of each head.
    chosen : int
        The head that has a frame, counted from zero.
    """
    look, texts = look or Look(), texts or TilesTexts()
    n_heads = len(weights)
    n_rows = -(-n_heads // n_columns)
    side = _SIDE_PX * look.type_scale
    across, down = n_columns + _GAP * (n_columns - 1), n_rows * (1 + _NAME) + _GAP * (n_rows - 1)
    width = side * across + 2 * EDGE_PX
    lines = wrap_footer(footer, look, width)
    top, bottom = title_height_px(texts.title, look, width), footer_height_px(lines, look)
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "", "fixedrange": True}
    corners = [
        (head % n_columns * (1 + _GAP), head // n_columns * (1 + _NAME + _GAP) + _NAME) for head in range(n_heads)
    ]
    layout = {
        "margin": {"l": EDGE_PX, "r": EDGE_PX, "t": top, "b": bottom, "pad": 0},
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {"range": [0, across], **hidden},
        "yaxis": {"range": [down, 0], **hidden},
        "shapes": [_frame(*corner, look, head, chosen=head == chosen) for head, corner in enumerate(corners)],
        "annotations": [
            _name(*corner, texts.head.format(number=head + 1), look, head) for head, corner in enumerate(corners)
        ],
    }
    figure = themed_figure(look, width=round(width), height=round(top + side * down + bottom), layout=layout)
    figure.add_traces([_tile(weights[head], *corner, look) for head, corner in enumerate(corners)])
    figure.add_trace(_points(corners, notes, side, texts))
    add_title(figure, texts.title, look, width=width, left_px=EDGE_PX, top_px=top)
    add_footer(figure, lines, look, left_px=EDGE_PX, below_px=4)
    return figure


def tiles_summary(weights: np.ndarray, notes: Sequence[str], texts: TilesTexts | None = None) -> str:
    """What is known of each head in words, for people who do not see the figure."""
    texts = texts or TilesTexts()
    heads, queries, keys = weights.shape
    said = "; ".join(f"{texts.head.format(number=head + 1)}: {note}" for head, note in enumerate(notes))
    return texts.summary.format(title=texts.title, count=heads, queries=queries, keys=keys, notes=said)


def _tile(weights: np.ndarray, left: float, upper: float, look: Look) -> go.Heatmap:
    """One map stretched to a square of side 1."""
    n_queries, n_keys = weights.shape
    return go.Heatmap(
        name="weights",
        z=weights.astype(np.float32),
        x0=left + 0.5 / n_keys,
        dx=1 / n_keys,
        y0=upper + 0.5 / n_queries,
        dy=1 / n_queries,
        zmin=0,
        zmax=1,
        colorscale=weight_colorscale(look.palette, "sqrt"),
        showscale=False,
        hoverinfo="skip",
    )


def _frame(left: float, upper: float, look: Look, head: int, *, chosen: bool) -> dict[str, object]:
    palette = look.palette
    return {
        "type": "rect",
        "x0": left,
        "x1": left + 1,
        "y0": upper,
        "y1": upper + 1,
        "line": {"color": palette.head(head) if chosen else palette.grid, "width": 4 if chosen else 1},
    }


def _name(left: float, upper: float, name: str, look: Look, head: int) -> dict[str, object]:
    return {
        "text": f"<b>{escape(name)}</b>",
        "x": left,
        "y": upper,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": look.font_px, "color": look.palette.head(head)},
    }


def _points(corners: Sequence[tuple[float, float]], notes: Sequence[str], side: float, texts: TilesTexts) -> go.Scatter:
    """An unseen point as large as its tile on each: heatmaps answer to no click."""
    unseen = {"marker": {"opacity": 0}}
    return go.Scatter(
        name="heads",
        x=[left + 0.5 for left, _ in corners],
        y=[upper + 0.5 for _, upper in corners],
        mode="markers",
        marker={"size": side, "symbol": "square", "opacity": 0},
        selected=unseen,
        unselected=unseen,
        customdata=[escape(note) for note in notes],
        text=[escape(texts.head.format(number=head + 1)) for head in range(len(corners))],
        hovertemplate="<b>%{text}</b><br>%{customdata}<extra></extra>",
    )
