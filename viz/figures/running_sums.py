"""How the log probability of a sentence adds up, token by token, for several searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.theme import Look, curves_figure


@dataclass(frozen=True)
class Path:
    """A sentence that a search found: a name, its tokens, their log probabilities (nats), and a colour."""

    name: str
    tokens: Sequence[str]
    log_probs: Sequence[float]
    colour: str


@dataclass(frozen=True)
class SumsTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Log probability so far"
    tokens: str = "tokens written"
    sum: str = "log probability (nats)"
    hover: str = "{count}. “{token}”: {sum}"
    summary: str = "{title}: {ends}."
    end: str = "{name} {sum} after {count} tokens"


def running_sums(paths: Sequence[Path], texts: SumsTexts | None = None, *, look: Look | None = None) -> go.Figure:
    """A falling curve for each sentence: the higher, the likelier. Each point is a token."""
    look, texts = look or Look(), texts or SumsTexts()
    figure = curves_figure(look, title=texts.title, footer=(), plot_height=220, legend_rows=1)
    for place, path in enumerate(paths):
        sums = [0.0, *np.cumsum(path.log_probs).tolist()]
        hovers = [
            escape(texts.hover.format(count=count, token=token, sum=f"{total:.3g}"))
            for count, (token, total) in enumerate(zip(path.tokens, sums[1:], strict=True), start=1)
        ]
        figure.add_trace(
            go.Scatter(
                name=escape(path.name),
                x=list(range(len(sums))),
                y=sums,
                mode="lines+markers",
                line={"color": path.colour, "width": 3, "dash": ("solid", "dash", "dot")[place % 3]},
                marker={"size": 7, "symbol": ("circle", "diamond", "square")[place % 3]},
                customdata=["", *hovers],
                hovertemplate=f"%{{customdata}}<extra>{escape(path.name)}</extra>",
            )
        )
    figure.update_xaxes(title_text=escape(texts.tokens), rangemode="tozero")
    figure.update_yaxes(title_text=escape(texts.sum))
    return figure


def sums_summary(paths: Sequence[Path], texts: SumsTexts | None = None) -> str:
    """Where each curve ends, for people who do not see the figure."""
    texts = texts or SumsTexts()
    ends = [
        texts.end.format(name=path.name, sum=f"{sum(path.log_probs):.3g}", count=len(path.tokens)) for path in paths
    ]
    return texts.summary.format(title=texts.title, ends="; ".join(ends))
