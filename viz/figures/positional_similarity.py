"""How alike two positional encodings are, by their distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.theme import Look, axis_style, curves_figure
from viz.measures.positions import cosine_by_distance, dot_product_by_distance


@dataclass(frozen=True)
class SimilarityTexts:
    """The words of the curve; {names} in braces are filled in."""

    title: str = "Similarity of two positions by their distance"
    distance: str = "distance between the positions"
    cosine: str = "cosine similarity"
    dot_product: str = "dot product"
    hover: str = "{distance} apart: cosine {cosine}, dot product {dot_product}"
    summary: str = "{title}: cosine 1 at distance 0, {first} at distance 1, {last} at distance {furthest}."


def positional_similarity(
    n_positions: int,
    d_model: int,
    *,
    look: Look | None = None,
    texts: SimilarityTexts | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """Cosine (left axis) and dot product (right axis) of two encodings: one curve, for they differ by d / 2 alone.

    Raises
    ------
    ValueError
        If d_model is odd.
    """
    look, texts = look or Look(), texts or SimilarityTexts()
    cosine, product = cosine_by_distance(n_positions, d_model), dot_product_by_distance(n_positions, d_model)
    figure = curves_figure(
        look,
        title=texts.title,
        footer=(f"d = {d_model}", *footer),
        plot_height=300,
        legend_rows=0,
        right_px=look.font_px * 5.5,
    )
    hover = texts.hover.format(distance="%{x}", cosine="%{y:.3f}", dot_product="%{customdata:.3~g}")
    figure.add_trace(
        go.Scatter(
            name=escape(texts.cosine),
            x=np.arange(n_positions),
            y=cosine,
            customdata=product,
            mode="lines+markers" if n_positions <= 64 else "lines",
            marker={"size": 5},
            line={"color": look.palette.weight, "width": 2.5},
            hovertemplate=f"{escape(hover)}<extra></extra>",
        )
    )
    lowest = min(0.0, float(cosine.min())) - 0.06
    figure.update_xaxes(title_text=escape(texts.distance), range=[-0.5, max(n_positions - 1, 1) + 0.5])
    figure.update_yaxes(title_text=escape(texts.cosine), range=[lowest, 1.06])
    _add_product_axis(figure, look, texts, [lowest * d_model / 2, 1.06 * d_model / 2])
    return figure


def similarity_summary(n_positions: int, d_model: int, texts: SimilarityTexts | None = None) -> str:
    """What the curve shows in words, for people who do not see it."""
    texts = texts or SimilarityTexts()
    cosine = cosine_by_distance(max(n_positions, 2), d_model)
    return texts.summary.format(
        title=texts.title, first=f"{cosine[1]:.3f}", last=f"{cosine[-1]:.3f}", furthest=len(cosine) - 1
    )


def _add_product_axis(figure: go.Figure, look: Look, texts: SimilarityTexts, limits: list[float]) -> None:
    """The right axis. Plotly draws an axis only where a trace uses it, so an empty one does."""
    figure.add_trace(go.Scatter(name="dot product axis", x=[None], y=[None], yaxis="y2", hoverinfo="skip"))
    figure.update_layout(
        yaxis2={
            **axis_style(look),
            "overlaying": "y",
            "side": "right",
            "range": limits,
            "showgrid": False,
            "zeroline": False,
            # In step with the left axis its ticks would be crooked numbers.
            "tickmode": "auto",
            "title_text": escape(texts.dot_product),
        }
    )
