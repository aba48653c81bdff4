"""Bars over words: one or a few numbers for each word of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.theme import Look, curves_figure
from viz.figures.word_axis import add_words


@dataclass(frozen=True)
class Bars:
    """One row of bars: its name in the legend, one value for each word, and its colour."""

    name: str
    values: Sequence[float]
    colour: str


@dataclass(frozen=True)
class BarsTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str
    value: str
    hover: str = "{word}: {value}"
    summary: str = "{title}: {values}"


def word_bars(
    words: Sequence[str],
    rows: Sequence[Bars],
    texts: BarsTexts,
    *,
    colour: str,
    look: Look | None = None,
    footer: Sequence[str] = (),
    top: float | None = None,
    plot_height: float = 260,
) -> go.Figure:
    """Bars over words, beside each other where there are several rows.

    Parameters
    ----------
    words : sequence of str
        As typed; escaped here. The same word may occur twice.
    colour : str
        Of the words: the palette's source or target.
    top : float, optional
        Upper end of the axis; by default it follows the values.
    """
    look = look or Look()
    figure = curves_figure(
        look, title=texts.title, footer=footer, plot_height=plot_height, legend_rows=len(rows) if len(rows) > 1 else 0
    )
    for row in rows:
        hover = texts.hover.format(word="%{customdata}", value="%{y:.3~g}")
        figure.add_trace(
            go.Bar(
                name=escape(row.name),
                x=list(range(len(words))),
                y=[float(value) for value in row.values],
                customdata=[escape(word) for word in words],
                marker={"color": row.colour},
                hovertemplate=f"{escape(hover)}<extra>{escape(row.name) if len(rows) > 1 else ''}</extra>",
            )
        )
    add_words(figure, words, colour, look)
    figure.update_yaxes(title_text=escape(texts.value), range=None if top is None else [0, top], rangemode="tozero")
    figure.update_layout(bargap=0.3)
    return figure


def bars_summary(words: Sequence[str], rows: Sequence[Bars], texts: BarsTexts) -> str:
    """The numbers in words, for people who do not see the figure."""
    lines = [
        ", ".join(f"{word} {value:.3g}" for word, value in zip(words, row.values, strict=True)) for row in rows
    ]
    named = [f"{row.name}: {line}" if len(rows) > 1 else line for row, line in zip(rows, lines, strict=True)]
    return texts.summary.format(title=texts.title, values="; ".join(named))
