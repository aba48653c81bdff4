"""Positional encodings as curves over position, one for each chosen dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.theme import Look, curves_figure
from viz.measures.positions import positional_encoding, wavelengths_positions


@dataclass(frozen=True)
class CurvesTexts:
    """The words of the curves; {names} in braces are filled in."""

    title: str = "Positional encoding over position"
    position: str = "position"
    value: str = "value"
    dimension: str = "dimension"
    sine: str = "{dimension} (sin)"
    cosine: str = "{dimension} (cos)"
    hover: str = "position {position}, dimension {dimension}: {value}"
    summary: str = "{title}, positions 0 to {last}. {curves}."
    curve: str = "Dimension {dimension} repeats every {wavelength} positions"


def positional_curves(
    n_positions: int,
    d_model: int,
    dimensions: Sequence[int],
    *,
    look: Look | None = None,
    texts: CurvesTexts | None = None,
    footer: Sequence[str] = (),
    marked_position: int | None = None,
) -> go.Figure:
    """The values of the chosen dimensions over position. Sines are drawn solid, cosines dashed.

    Parameters
    ----------
    dimensions : sequence of int
        Counted from zero; even ones are sines, odd ones cosines.
    footer : sequence of str
        Lines under the plot, after the formula's sizes.
    marked_position : int, optional
        Where a line crosses the curves.

    Raises
    ------
    IndexError
        If there is no such dimension.
    """
    look, texts = look or Look(), texts or CurvesTexts()
    for dimension in dimensions:
        if not 0 <= dimension < d_model:
            raise IndexError(f"dimension {dimension} does not exist: there are {d_model}, from zero")
    encoding = positional_encoding(n_positions, d_model)
    figure = curves_figure(
        look,
        title=texts.title,
        footer=(f"d = {d_model}", *footer),
        plot_height=320,
        legend_rows=1 + len(dimensions) // 2,
    )
    figure.update_layout(legend_title_text=escape(texts.dimension))
    for place, dimension in enumerate(dimensions):
        figure.add_trace(_curve(encoding[:, dimension], dimension, look.palette.head(place), texts))
    if marked_position is not None:
        figure.add_vline(marked_position, line={"color": look.palette.text, "width": 1.5, "dash": "dot"}, layer="below")
    figure.update_xaxes(title_text=escape(texts.position), range=[-0.5, max(n_positions - 1, 1) + 0.5])
    figure.update_yaxes(title_text=escape(texts.value), range=[-1.08, 1.08], tickvals=[-1, -0.5, 0, 0.5, 1])
    return figure


def curves_summary(n_positions: int, d_model: int, dimensions: Sequence[int], texts: CurvesTexts | None = None) -> str:
    """What the curves show in words, for people who do not see them."""
    texts = texts or CurvesTexts()
    wavelengths = wavelengths_positions(d_model)
    curves = [
        texts.curve.format(dimension=dimension, wavelength=f"{wavelengths[dimension // 2]:.3g}")
        for dimension in dimensions
    ]
    return texts.summary.format(title=texts.title, last=n_positions - 1, curves="; ".join(curves))


def _curve(values: np.ndarray, dimension: int, colour: str, texts: CurvesTexts) -> go.Scatter:
    is_cosine = dimension % 2 == 1
    name = (texts.cosine if is_cosine else texts.sine).format(dimension=dimension)
    hover = texts.hover.format(position="%{x}", dimension=dimension, value="%{y:.3f}")
    return go.Scatter(
        name=escape(name),
        x=np.arange(len(values)),
        y=values,
        # A few positions are points, for there is nothing between two of them.
        mode="lines+markers" if len(values) <= 64 else "lines",
        marker={"size": 5},
        line={"color": colour, "width": 2.5, "dash": "dash" if is_cosine else "solid"},
        hovertemplate=f"{escape(hover)}<extra></extra>",
    )
