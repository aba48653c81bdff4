"""What d_k does to a softmax: the weights of one query as bars, and below them a measure over d_k; divided and not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.numbers import number_text, weight_text
from viz.figures.theme import Look, axis_style, curves_figure

# Shares of the plot's height.
_BARS, _CURVES = (0.6, 1.0), (0.0, 0.4)


@dataclass(frozen=True)
class PanelsTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "With and without the division"
    divided: str = "divided by √d_k"
    undivided: str = "not divided"
    weight: str = "weight"
    key: str = "random key"
    norm: str = "size of the Jacobian"
    d_k: str = "d_k"
    hover_weight: str = "key {key}: {weight}"
    hover_norm: str = "d_k = {d_k}: {norm}"
    summary: str = "{title}, d_k = {d_k}. Largest weight {divided} divided, {undivided} not divided."


def saturation_panels(
    divided: np.ndarray,
    undivided: np.ndarray,
    d_ks: Sequence[int],
    norms_divided: Sequence[float],
    norms_undivided: Sequence[float],
    chosen: int,
    *,
    look: Look | None = None,
    texts: PanelsTexts | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """Two panels, one above the other.

    Parameters
    ----------
    divided, undivided : array, shape (keys,)
        Weights of one query for the chosen d_k.
    norms_divided, norms_undivided : sequence of float
        The measure for each of `d_ks`.
    chosen : int
        The d_k that is marked.
    """
    look, texts = look or Look(), texts or PanelsTexts()
    figure = curves_figure(look, title=texts.title, footer=footer, plot_height=430, legend_rows=2)
    palette = look.palette
    for name, weights, colour in (
        (texts.divided, divided, palette.weight),
        (texts.undivided, undivided, palette.negative),
    ):
        figure.add_trace(
            go.Bar(
                name=escape(name),
                x=list(range(1, len(weights) + 1)),
                y=[float(weight) for weight in weights],
                customdata=[escape(weight_text(float(weight))) for weight in weights],
                marker={"color": colour},
                hovertemplate=f"{escape(texts.hover_weight.format(key='%{x}', weight='%{customdata}'))}"
                f"<extra>{escape(name)}</extra>",
            )
        )
    places = list(range(len(d_ks)))
    for name, norms, colour, dash in (
        (texts.divided, norms_divided, palette.weight, "solid"),
        (texts.undivided, norms_undivided, palette.negative, "dash"),
    ):
        figure.add_trace(
            go.Scatter(
                name=escape(name),
                xaxis="x2",
                yaxis="y2",
                x=places,
                y=[float(norm) for norm in norms],
                customdata=[[d_k, escape(weight_text(float(norm)))] for d_k, norm in zip(d_ks, norms, strict=True)],
                mode="lines+markers",
                line={"color": colour, "width": 2.5, "dash": dash},
                marker={"size": 7},
                showlegend=False,
                hovertemplate=f"{escape(texts.hover_norm.format(d_k='%{customdata[0]}', norm='%{customdata[1]}'))}"
                f"<extra>{escape(name)}</extra>",
            )
        )
    _axes(figure, look, texts, d_ks, chosen, len(divided))
    return figure


def panels_summary(
    divided: np.ndarray, undivided: np.ndarray, chosen: int, texts: PanelsTexts | None = None
) -> str:
    """The largest weights in words, for people who do not see the figure."""
    texts = texts or PanelsTexts()
    return texts.summary.format(
        title=texts.title,
        d_k=chosen,
        divided=number_text(float(divided.max())),
        undivided=number_text(float(undivided.max())),
    )


def _axes(
    figure: go.Figure, look: Look, texts: PanelsTexts, d_ks: Sequence[int], chosen: int, n_keys: int
) -> None:
    style = axis_style(look)
    place = list(d_ks).index(chosen)
    figure.update_layout(
        xaxis={"title": {"text": escape(texts.key)}, "anchor": "y", "dtick": 1, "showgrid": False},
        yaxis={"title": {"text": escape(texts.weight)}, "domain": list(_BARS), "range": [0, 1.03]},
        xaxis2={
            **style,
            "title": {"text": escape(texts.d_k)},
            "anchor": "y2",
            "tickmode": "array",
            "tickvals": list(range(len(d_ks))),
            "ticktext": [str(d_k) for d_k in d_ks],
            "range": [-0.3, len(d_ks) - 0.7],
            "showgrid": False,
            "zeroline": False,
        },
        yaxis2={**style, "title": {"text": escape(texts.norm)}, "domain": list(_CURVES), "range": [0, 0.52]},
        bargap=0.25,
    )
    figure.update_xaxes(range=[0.4, n_keys + 0.6], selector={"anchor": "y"})
    figure.add_shape(
        type="line", xref="x2", yref="y2", x0=place, x1=place, y0=0, y1=0.52,
        line={"color": look.palette.muted, "width": 2, "dash": "dot"},
    )  # fmt: skip
