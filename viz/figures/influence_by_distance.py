"""How influence fades with distance: one curve for each model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape, percent_text
from viz.figures.theme import Look, curves_figure
from viz.measures.influence import mean_by_distance

# One curve differs from another by more than its colour.
_DASHES = ("solid", "dot", "dash")
_SYMBOLS = ("square", "diamond", "circle")


@dataclass(frozen=True, eq=False)
class DistanceCurve:
    """One model's curve.

    Attributes
    ----------
    name : str
    change : array, shape (words, words)
        As of an InfluenceMap.
    style : int
        Which colour, dash and symbol it has: 0, 1 or 2.
    """

    name: str
    change: np.ndarray
    style: int


@dataclass(frozen=True)
class DistanceTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str
    distance: str
    value: str
    hover: str = "{distance}: {percent} %"
    summary: str = "{title}. {values}"


def influence_by_distance(
    curves: Sequence[DistanceCurve], texts: DistanceTexts, *, look: Look | None = None, footer: Sequence[str] = ()
) -> go.Figure:
    """Mean influence in percent by the place of the changed word: left of 0 it stands before the state's word.

    A word's influence on its own state is left out: it would press all others against the axis.
    """
    look = look or Look()
    figure = curves_figure(
        look, title=texts.title, footer=footer, plot_height=250, legend_rows=len(curves) if len(curves) > 1 else 0
    )
    colours = (look.palette.negative, look.palette.muted, look.palette.weight)
    furthest, highest = 1, 0.0
    for curve in curves:
        distances, means = mean_by_distance(curve.change)
        n_before = int((distances < 0).sum())
        furthest, highest = max(furthest, n_before), max(highest, 100 * float(means.max(initial=0)))
        figure.add_trace(
            go.Scatter(
                name=escape(curve.name),
                # The gap at 0 parts what was read before from what comes after.
                x=np.insert(distances, n_before, 0),
                y=np.insert(100 * means, n_before, np.nan),
                mode="lines+markers",
                line={"color": colours[curve.style], "width": 2.5 * look.type_scale, "dash": _DASHES[curve.style]},
                marker={"symbol": _SYMBOLS[curve.style], "size": 7 * look.type_scale},
                hovertemplate=escape(texts.hover.format(distance="%{x:+d}", percent="%{y:.2~g}"))
                + f"<extra>{escape(curve.name)}</extra>",
            )
        )
    figure.update_xaxes(title_text=escape(texts.distance), range=[-furthest - 0.5, furthest + 0.5], tickformat="d")
    # A little below 0, so that a curve that is 0 is not hidden by the axis.
    figure.update_yaxes(title_text=escape(texts.value), range=[-0.04 * highest, 1.08 * highest])
    return figure


def distance_summary(curves: Sequence[DistanceCurve], texts: DistanceTexts) -> str:
    """Each curve's ends and what is beside the word, for people who do not see the figure."""
    values = []
    for curve in curves:
        distances, means = mean_by_distance(curve.change)
        points = [
            f"{distance:+d} {percent_text(mean)} %"
            for distance, mean in zip(distances.tolist(), means.tolist(), strict=True)
        ]
        values.append(f"{curve.name}: {', '.join(points)}")
    return texts.summary.format(title=texts.title, values="; ".join(values))
