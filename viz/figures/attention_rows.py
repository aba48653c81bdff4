"""The rows that both figures of one query's attention share: one for each key, with vectors as strips of colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import coloured, escape, shorten, text_width_px, word_label
from viz.figures.numbers import weight_text
from viz.figures.palette import diverging_colorscale, number_colour, weight_colorscale
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
from viz.measures.words import Word

_ROW_PX = 25
_LABEL_LIMIT_EM = 5.6
# Between a label and its row.
_STANDOFF_PX = 5
# A gap between two strips or columns, as a share of the plot.
GAP = 0.03


@dataclass(frozen=True)
class RowLabels:
    """What stands left of the rows, and in which colours.

    Attributes
    ----------
    first, last : str
        Of the first and the last row; empty where a figure has nothing there.
    keys : sequence of Word
        All keys.
    shown : sequence of int
        Keys that have a row of their own, in order.
    others : str
        Of the row for all other keys together, such as "14 others"; there is none if every key is shown.
    query_colour, key_colour : str
    """

    first: str
    last: str
    keys: Sequence[Word]
    shown: Sequence[int]
    others: str
    query_colour: str
    key_colour: str

    @property
    def rest(self) -> list[int]:
        """Keys without a row of their own."""
        return [key for key in range(len(self.keys)) if key not in self.shown]

    @property
    def key_rows(self) -> list[int]:
        """Where the shown keys stand: under the first row and the row of headings."""
        return [2 + place for place in range(len(self.shown))]

    @property
    def others_row(self) -> int:
        """Where all other keys stand together, if there are any."""
        return 2 + len(self.shown)

    @property
    def last_row(self) -> int:
        """The last row."""
        return self.others_row + (1 if self.rest else 0)


def rows_figure(labels: RowLabels, *, title: str, look: Look, footer: Sequence[str]) -> go.Figure:
    """An empty figure with these rows, as wide as the page."""
    lines = wrap_footer(footer, look, None)
    top = title_height_px(title, look, None)
    bottom = footer_height_px(lines, look)
    row_px = _ROW_PX * look.type_scale
    names = _row_names(labels, look)
    left = _label_width_px(labels, look) + EDGE_PX + _STANDOFF_PX
    layout = {
        "margin": {"l": left, "r": EDGE_PX, "t": top, "b": bottom, "pad": 0},
        "hovermode": "closest",
        "showlegend": False,
        "yaxis": {
            "range": [labels.last_row + 0.5, -0.5],
            "tickmode": "array",
            "tickvals": list(names),
            "ticktext": list(names.values()),
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
            "ticklabelstandoff": _STANDOFF_PX,
        },
    }
    height = round(top + row_px * (labels.last_row + 1) + bottom)
    figure = themed_figure(look, width=None, height=height, layout=layout)
    add_title(figure, title, look, width=None, left_px=left, top_px=top)
    add_footer(figure, lines, look, left_px=left, below_px=4)
    return figure


def _row_names(labels: RowLabels, look: Look) -> dict[int, str]:
    """Coloured names by row."""
    palette, size = look.palette, look.font_px
    names = {
        0: coloured(shorten(labels.first, _LABEL_LIMIT_EM), labels.query_colour, size),
        labels.last_row: coloured(labels.last, palette.text, size),
    }
    for row, key in zip(labels.key_rows, labels.shown, strict=True):
        names[row] = word_label(
            labels.keys[key], labels.key_colour, palette, font_px=size, special_px=size, limit_em=_LABEL_LIMIT_EM
        )
    if labels.rest:
        names[labels.others_row] = coloured(labels.others, palette.muted, size)
    return names


def _label_width_px(labels: RowLabels, look: Look) -> float:
    texts = [labels.first, labels.last, *(labels.keys[key].text for key in labels.shown)]
    widest = max(min(text_width_px(text, look.font_px), _LABEL_LIMIT_EM * look.font_px) for text in texts)
    return max(widest, text_width_px(labels.others, look.font_px) if labels.rest else 0.0)


def add_columns(figure: go.Figure, axis: str, domain: tuple[float, float], count: int) -> None:
    """A stretch of the plot, from 0 to 1, for `count` columns side by side, as x axis "x", "x2" and so on."""
    figure.update_layout(
        {
            f"xaxis{axis[1:]}": {
                "domain": list(domain),
                "range": [-0.5, count - 0.5],
                "showgrid": False,
                "zeroline": False,
                "showticklabels": False,
                "ticks": "",
                "fixedrange": True,
                "anchor": "y",
            }
        }
    )


def add_heading(figure: go.Figure, axis: str, place: float, row: float, text: str, look: Look) -> None:
    """Words over a column or strip."""
    figure.add_annotation(
        text=escape(text),
        xref=axis,
        yref="y",
        x=place,
        y=row,
        showarrow=False,
        font={"size": look.font_px, "color": look.palette.muted},
    )


def strip(
    name: str, axis: str, rows: Sequence[int], vectors: np.ndarray, limit: float, hover: list[list[str]], look: Look
) -> go.Heatmap:
    """Vectors as strips of colour, one a row.

    Parameters
    ----------
    rows : sequence of int
        Where the vectors stand.
    vectors : array, shape (rows, d_head)
    limit : float
        The number that has the full colour; minus it has the other one.
    hover : for each row and number a text, escaped
    """
    n_rows = max(rows) + 1
    values = np.full((n_rows, vectors.shape[1]), np.nan)
    values[list(rows)] = vectors
    texts = [[""] * vectors.shape[1] for _ in range(n_rows)]
    for row, line in zip(rows, hover, strict=True):
        texts[row] = line
    return go.Heatmap(
        name=name,
        xaxis=axis,
        z=values.astype(np.float32),
        zmin=-limit,
        zmax=limit,
        colorscale=diverging_colorscale(look.palette),
        showscale=False,
        hoverongaps=False,
        customdata=texts,
        ygap=3,
        hovertemplate="%{customdata}<extra></extra>",
    )


def weight_cells(
    axis: str, column: int, n_columns: int, rows: Sequence[int], weights: Sequence[float], look: Look
) -> go.Heatmap:
    """Weights as numbers on the colour that they have everywhere in the app."""
    values = np.full((max(rows) + 1, n_columns), np.nan)
    texts = [[""] * n_columns for _ in range(max(rows) + 1)]
    for row, weight in zip(rows, weights, strict=True):
        values[row, column] = weight
        texts[row][column] = coloured(
            weight_text(float(weight)), number_colour(float(weight), look.palette), look.font_px
        )
    return go.Heatmap(
        name="weights",
        xaxis=axis,
        z=values.astype(np.float32),
        zmin=0,
        zmax=1,
        colorscale=weight_colorscale(look.palette, "sqrt"),
        showscale=False,
        text=texts,
        texttemplate="%{text}",
        textfont={"size": look.font_px},
        hoverinfo="skip",
        hoverongaps=False,
        ygap=3,
    )
