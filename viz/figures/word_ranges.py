"""For each word many values as dots, their range as a line, and one value that stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.palette import with_alpha
from viz.figures.theme import Look, curves_figure
from viz.figures.word_axis import add_words


@dataclass(frozen=True)
class RangesTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Range"
    value: str = "probability (%)"
    steady: str = "without dropout"
    passes: str = "passes with dropout"
    hover: str = "{word}: {value}"
    range: str = "{word} {steady} ({low} to {high})"
    summary: str = "{title}: {ranges}."


def word_ranges(
    words: Sequence[str],
    steady: np.ndarray,
    passes: np.ndarray,
    texts: RangesTexts | None = None,
    *,
    colour: str,
    look: Look | None = None,
    top: float | None = None,
    plot_height: float = 220,
) -> go.Figure:
    """Dots over words.

    Parameters
    ----------
    words : sequence of str, length W
        As typed; escaped here.
    steady : array, shape (W,)
        The value that stands out.
    passes : array, shape (passes, W)
    colour : str
        Of the words: the palette's source or target.
    top : float, optional
        Upper end of the axis.
    """
    look, texts = look or Look(), texts or RangesTexts()
    palette = look.palette
    figure = curves_figure(look, title=texts.title, footer=(), plot_height=plot_height, legend_rows=1)
    places = np.arange(len(words))
    hover = escape(texts.hover.format(word="%{customdata}", value="%{y:.3~g}"))
    names = [escape(word) for word in words]
    # A gap after each line.
    ends = np.stack([passes.min(axis=0), passes.max(axis=0), np.full(len(words), np.nan)])
    figure.add_trace(
        go.Scatter(
            x=np.repeat(places, 3).tolist(),
            y=ends.T.ravel().tolist(),
            mode="lines",
            line={"color": with_alpha(palette.negative, 0.35), "width": 5 * look.type_scale},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.add_trace(
        go.Scatter(
            name=escape(texts.passes),
            x=np.tile(places, len(passes)).tolist(),
            y=passes.ravel().tolist(),
            mode="markers",
            marker={"color": palette.negative, "size": 5 * look.type_scale, "opacity": 0.5},
            customdata=names * len(passes),
            hovertemplate=f"{hover}<extra>{escape(texts.passes)}</extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            name=escape(texts.steady),
            x=places.tolist(),
            y=steady.tolist(),
            mode="markers",
            marker={"color": palette.weight, "size": 18 * look.type_scale, "symbol": "line-ew",
                    "line": {"color": palette.weight, "width": 3 * look.type_scale}},
            customdata=names,
            hovertemplate=f"{hover}<extra>{escape(texts.steady)}</extra>",
        )
    )
    add_words(figure, words, colour, look)
    figure.update_xaxes(range=[-0.6, len(words) - 0.4])
    figure.update_yaxes(title_text=escape(texts.value), range=None if top is None else [0, top], rangemode="tozero")
    return figure


def ranges_summary(
    words: Sequence[str], steady: np.ndarray, passes: np.ndarray, texts: RangesTexts | None = None
) -> str:
    """Each word's value and range, for people who do not see the figure."""
    texts = texts or RangesTexts()
    ranges = [
        texts.range.format(word=word, steady=f"{value:.3g}", low=f"{low:.3g}", high=f"{high:.3g}")
        for word, value, low, high in zip(words, steady, passes.min(axis=0), passes.max(axis=0), strict=True)
    ]
    return texts.summary.format(title=texts.title, ranges="; ".join(ranges))
