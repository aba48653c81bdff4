"""A number for each head: layers down, heads across, as coloured cells with the number in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import coloured, escape, percent_text, text_width_px
from viz.figures.palette import number_colour, weight_colorscale
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

_ROW_EM = 1.75


@dataclass(frozen=True)
class GridTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str
    heads: str
    hover: str = "{row}, head {head}: {percent} %"
    summary: str = "{title}. {rows}."


def head_grid(
    shares: np.ndarray, rows: Sequence[str], texts: GridTexts, *, look: Look | None = None, footer: Sequence[str] = ()
) -> go.Figure:
    """Shares of 0 to 1, shape (rows, heads), written as percent.

    z is the share itself, on the square-root scale of all weights; row 0 is at the top.

    Parameters
    ----------
    rows : sequence of str
        What each row stands for, such as "encoder, layer 1"; escaped here.
    """
    look = look or Look()
    n_rows, n_heads = shares.shape
    cell = look.font_px * _ROW_EM
    lines = wrap_footer(footer, look, None)
    left = max(text_width_px(row, look.font_px) for row in rows) + EDGE_PX + 8
    top = title_height_px(texts.title, look, None) + look.font_px * 3.4
    bottom = footer_height_px(lines, look)
    figure = themed_figure(look, width=None, height=round(top + cell * n_rows + bottom))
    figure.update_layout(margin={"l": left, "r": EDGE_PX, "t": top, "b": bottom, "pad": 0}, hovermode="closest",
                         # Seen in the gaps between cells, and so their outlines.
                         plot_bgcolor=look.palette.grid)
    figure.add_trace(_cells(shares, rows, texts, look))
    palette = look.palette
    heads = [f"<b>{coloured(str(head + 1), palette.head(head), look.font_px)}</b>" for head in range(n_heads)]
    shared = {"showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True, "tickmode": "array",
              "ticklabelstandoff": 4, "tickfont": {"size": look.font_px}}
    figure.update_xaxes(**shared, side="top", tickvals=list(range(n_heads)), ticktext=heads,
                        title={"text": escape(texts.heads), "font": {"size": look.font_px}, "standoff": 4},
                        range=[-0.5, n_heads - 0.5])
    figure.update_yaxes(**shared, tickvals=list(range(n_rows)), ticktext=[escape(row) for row in rows],
                        range=[n_rows - 0.5, -0.5])
    add_title(figure, texts.title, look, width=None, left_px=left, top_px=top)
    add_footer(figure, lines, look, left_px=left, below_px=8)
    return figure


def grid_summary(shares: np.ndarray, rows: Sequence[str], texts: GridTexts) -> str:
    """All numbers in words, for people who do not see the figure."""
    named = [f"{row}: {', '.join(f'{percent_text(float(share))} %' for share in row_shares)}"
             for row, row_shares in zip(rows, shares, strict=True)]
    return texts.summary.format(title=texts.title, rows="; ".join(named))


def whole_percent(share: float) -> str:
    """A share of 0 to 1 as a whole number of percent, which fits the narrow cells of a phone: "61", "< 1", "0"."""
    percent = 100 * share
    return f"{percent:.0f}" if percent > 0.5 or percent == 0 else "< 1"


def _cells(shares: np.ndarray, rows: Sequence[str], texts: GridTexts, look: Look) -> go.Heatmap:
    palette = look.palette
    percents = [[percent_text(float(share)) for share in row] for row in shares]
    written = [
        [coloured(whole_percent(float(share)), number_colour(float(share), palette), look.font_px) for share in row]
        for row in shares
    ]
    fields = [[[escape(row), head + 1, escape(text)] for head, text in enumerate(texts_of_row)]
              for row, texts_of_row in zip(rows, percents, strict=True)]
    hover = texts.hover.format(row="%{customdata[0]}", head="%{customdata[1]}", percent="%{customdata[2]}")
    return go.Heatmap(
        name="shares",
        z=shares.astype(np.float32),
        zmin=0,
        zmax=1,
        colorscale=weight_colorscale(palette, "sqrt"),
        showscale=False,
        xgap=1,
        ygap=1,
        text=written,
        texttemplate="%{text}",
        # Given a size, Plotly leaves none out for want of room, which it guesses from the length of the HTML.
        textfont={"size": look.font_px},
        customdata=fields,
        hovertemplate=f"{escape(hover)}<extra></extra>",
    )
