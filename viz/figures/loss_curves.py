"""Training losses of several models over the tokens that they were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.theme import Look, curves_figure


@dataclass(frozen=True)
class LossLine:
    """The loss of one model: its name, tokens trained on (million), nats a token, and its colour."""

    name: str
    tokens_million: Sequence[float]
    loss: Sequence[float]
    colour: str


@dataclass(frozen=True)
class LossTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Training loss"
    tokens: str = "tokens trained on (million)"
    loss: str = "loss (nats a token)"
    hover: str = "{tokens} million tokens: {value}"
    summary: str = "{title}: {ends}."
    end: str = "{name} ends at {value}"


def loss_curves(
    lines: Sequence[LossLine], texts: LossTexts | None = None, *, look: Look | None = None, footer: Sequence[str] = ()
) -> go.Figure:
    """A curve for each model, on an axis from 0."""
    look, texts = look or Look(), texts or LossTexts()
    figure = curves_figure(look, title=texts.title, footer=footer, plot_height=300, legend_rows=len(lines))
    hover = escape(texts.hover.format(tokens="%{x:.3~g}", value="%{y:.3~g}"))
    for place, line in enumerate(lines):
        figure.add_trace(
            go.Scatter(
                name=escape(line.name),
                x=list(line.tokens_million),
                y=list(line.loss),
                mode="lines",
                line={"color": line.colour, "width": 2.5, "dash": ("solid", "dash", "dashdot")[place % 3]},
                hovertemplate=f"{hover}<extra>{escape(line.name)}</extra>",
            )
        )
    figure.update_xaxes(title_text=escape(texts.tokens), rangemode="tozero")
    figure.update_yaxes(title_text=escape(texts.loss), rangemode="tozero")
    return figure


def loss_summary(lines: Sequence[LossLine], texts: LossTexts | None = None) -> str:
    """Where each curve ends, in words."""
    texts = texts or LossTexts()
    ends = [texts.end.format(name=line.name, value=f"{line.loss[-1]:.3g}") for line in lines if len(line.loss)]
    return texts.summary.format(title=texts.title, ends="; ".join(ends))
