"""Dot products of every two positional encodings: stripes along the diagonal, since only the offset counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.palette import weight_colorscale
from viz.figures.theme import Look, curves_figure
from viz.measures.positions import positional_encoding


@dataclass(frozen=True)
class ProductsTexts:
    """The words of the map; {names} in braces are filled in."""

    title: str = "Dot product of two positions"
    position: str = "position"
    hover: str = "positions {first} and {second}: {value}"
    summary: str = "{title}: {positions} by {positions} positions. Each diagonal has one value."


def positional_products(
    n_positions: int,
    d_model: int,
    *,
    look: Look | None = None,
    texts: ProductsTexts | None = None,
    footer: Sequence[str] = (),
    marked: Sequence[tuple[int, int]] = (),
) -> go.Figure:
    """z is the dot product of position y with position x, shape (positions, positions); up to d / 2, on the diagonal.

    Parameters
    ----------
    marked : sequence of (row, column)
        Cells that are ringed.
    """
    look, texts = look or Look(), texts or ProductsTexts()
    encoding = positional_encoding(n_positions, d_model)
    products = (encoding @ encoding.T).astype(np.float32)
    figure = curves_figure(
        look,
        title=texts.title,
        footer=(f"d = {d_model}", *footer),
        plot_height=380,
        legend_rows=0,
        right_px=84 * look.type_scale,
    )
    hover = texts.hover.format(first="%{y}", second="%{x}", value="%{z:.3~g}")
    figure.add_trace(
        go.Heatmap(
            z=products,
            # From the lowest product on, or the stripes would hardly be seen.
            zmin=float(products.min()),
            zmax=d_model / 2,
            colorscale=weight_colorscale(look.palette, "linear"),
            colorbar={
                "thickness": look.font_px,
                "len": 1,
                "lenmode": "fraction",
                "ypad": 0,
                "outlinecolor": look.palette.muted,
                "outlinewidth": 1,
                "tickfont": {"size": look.font_px},
            },
            hovertemplate=f"{escape(hover)}<extra></extra>",
        )
    )
    if marked:
        figure.add_trace(_rings(marked, look))
    axis = {"showgrid": False, "zeroline": False, "title_text": escape(texts.position)}
    figure.update_xaxes(axis, range=[-0.5, n_positions - 0.5])
    figure.update_yaxes(axis, range=[n_positions - 0.5, -0.5])
    return figure


def products_summary(n_positions: int, texts: ProductsTexts | None = None) -> str:
    """What the map shows in words, for people who do not see it."""
    texts = texts or ProductsTexts()
    return texts.summary.format(title=texts.title, positions=n_positions)


def _rings(marked: Sequence[tuple[int, int]], look: Look) -> go.Scatter:
    return go.Scatter(
        name="marked",
        x=[column for _, column in marked],
        y=[row for row, _ in marked],
        mode="markers",
        marker={
            "symbol": "circle-open",
            "size": look.font_px * 1.1,
            "color": look.palette.text,
            "line": {"width": 2.5},
        },
        hoverinfo="skip",
        showlegend=False,
    )
