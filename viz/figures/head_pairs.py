"""Two numbers for each head of a kind, joined by a line: as it is, and as it would be. One panel for each measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.numbers import weight_text
from viz.figures.theme import Look, axis_style, curves_figure

_GAP = 0.08


@dataclass(frozen=True)
class Measure:
    """One panel: its name, and the number of each head before and after, shape (layers, heads)."""

    name: str
    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True)
class PairsTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Heads with and without the division"
    before: str = "divided by √d_k"
    after: str = "not divided"
    layer: str = "layer {number}"
    hover: str = "layer {layer}, head {head}: {value}"
    summary: str = "{title}. {measures}."
    measure: str = "{name}: mean {before} before, {after} after"


def head_pairs(
    measures: Sequence[Measure],
    *,
    look: Look | None = None,
    texts: PairsTexts | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """Heads from left to right, layer by layer; one panel under the other, their axes from 0 to the largest number."""
    look, texts = look or Look(), texts or PairsTexts()
    figure = curves_figure(look, title=texts.title, footer=footer, plot_height=200 * len(measures), legend_rows=2)
    n_layers, n_heads = measures[0].before.shape
    # A place is left free between two layers.
    places = (np.arange(n_layers)[:, None] * (n_heads + 1) + np.arange(n_heads)).ravel()
    height = (1 - _GAP * (len(measures) - 1)) / len(measures)
    for row, measure in enumerate(measures):
        axis = "y" if row == 0 else f"y{row + 1}"
        top = 1 - row * (height + _GAP)
        figure.add_trace(_joins(places, measure, axis, look))
        for name, values, hollow in ((texts.before, measure.before, False), (texts.after, measure.after, True)):
            figure.add_trace(_dots(places, name, values, axis, look, texts, hollow=hollow, legend=row == 0))
        highest = float(max(measure.before.max(), measure.after.max())) or 1.0
        figure.update_layout(
            {
                f"yaxis{axis[1:]}": {
                    **axis_style(look),
                    "domain": [max(0.0, top - height), top],
                    "range": [-0.04 * highest, 1.08 * highest],
                    "title": {"text": escape(measure.name)},
                    "zeroline": False,
                }
            }
        )
    last = "y" if len(measures) == 1 else f"y{len(measures)}"
    figure.update_xaxes(
        anchor=last,
        range=[-1, places[-1] + 1],
        tickmode="array",
        tickvals=places.reshape(n_layers, n_heads).mean(axis=1).tolist(),
        ticktext=[escape(texts.layer.format(number=layer + 1)) for layer in range(n_layers)],
        showgrid=False,
        zeroline=False,
    )
    return figure


def pairs_summary(measures: Sequence[Measure], texts: PairsTexts | None = None) -> str:
    """The means in words, for people who do not see the figure."""
    texts = texts or PairsTexts()
    parts = [
        texts.measure.format(
            name=each.name, before=weight_text(float(each.before.mean())), after=weight_text(float(each.after.mean()))
        )
        for each in measures
    ]
    return texts.summary.format(title=texts.title, measures="; ".join(parts))


def _joins(places: np.ndarray, measure: Measure, axis: str, look: Look) -> go.Scatter:
    """A line between the two numbers of each head."""
    across: list[float | None] = []
    up: list[float | None] = []
    for place, before, after in zip(places, measure.before.ravel(), measure.after.ravel(), strict=True):
        across += [float(place), float(place), None]
        up += [float(before), float(after), None]
    return go.Scatter(
        name="joins", x=across, y=up, yaxis=axis, mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": look.palette.grid, "width": 2},
    )  # fmt: skip


def _dots(
    places: np.ndarray,
    name: str,
    values: np.ndarray,
    axis: str,
    look: Look,
    texts: PairsTexts,
    *,
    hollow: bool,
    legend: bool,
) -> go.Scatter:
    colour = look.palette.negative if hollow else look.palette.weight
    layers, heads = np.indices(values.shape)
    hover = [
        escape(texts.hover.format(layer=layer + 1, head=head + 1, value=weight_text(float(value))))
        for layer, head, value in zip(layers.ravel(), heads.ravel(), values.ravel(), strict=True)
    ]
    return go.Scatter(
        name=escape(name),
        x=places.tolist(),
        y=values.ravel().astype(float).tolist(),
        yaxis=axis,
        mode="markers",
        marker={
            "color": look.palette.background if hollow else colour,
            "size": 8,
            "line": {"color": colour, "width": 2},
        },
        customdata=hover,
        hovertemplate=f"%{{customdata}}<extra>{escape(name)}</extra>",
        showlegend=legend,
    )
