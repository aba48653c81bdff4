"""The whole matrix of positional encodings: positions down, dimensions across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.palette import diverging_colorscale
from viz.figures.theme import Look, curves_figure
from viz.measures.positions import positional_encoding

# The axis with its title on the left, the colour bar with its numbers on the right.
BESIDE_PX = 170


@dataclass(frozen=True)
class MatrixTexts:
    """The words of the matrix; {names} in braces are filled in."""

    title: str = "Positional encoding, all dimensions"
    position: str = "position"
    dimension: str = "dimension"
    hover: str = "position {position}, dimension {dimension}: {value}"
    summary: str = "{title}: {positions} positions by {dimensions} dimensions. Low dimensions change fastest."


def positional_matrix(
    n_positions: int,
    d_model: int,
    *,
    look: Look | None = None,
    texts: MatrixTexts | None = None,
    footer: Sequence[str] = (),
    marked_position: int | None = None,
) -> go.Figure:
    """z is the encoding, shape (positions, dimensions), position 0 at the top; the scale is fixed from -1 to 1.

    Parameters
    ----------
    marked_position : int, optional
        Whose row is framed.
    """
    look, texts = look or Look(), texts or MatrixTexts()
    figure = curves_figure(
        look,
        title=texts.title,
        footer=(f"d = {d_model}", *footer),
        plot_height=min(460, max(220, 7 * n_positions)),
        legend_rows=0,
        right_px=72 * look.type_scale,
    )
    hover = texts.hover.format(position="%{y}", dimension="%{x}", value="%{z:.3f}")
    figure.add_trace(
        go.Heatmap(
            z=positional_encoding(n_positions, d_model).astype(np.float32),
            zmin=-1,
            zmax=1,
            colorscale=diverging_colorscale(look.palette),
            colorbar={
                "thickness": look.font_px,
                "len": 1,
                "lenmode": "fraction",
                "ypad": 0,
                "outlinecolor": look.palette.muted,
                "outlinewidth": 1,
                "tickvals": [-1, -0.5, 0, 0.5, 1],
                "tickfont": {"size": look.font_px},
            },
            hovertemplate=f"{escape(hover)}<extra></extra>",
        )
    )
    if marked_position is not None:
        # Across the whole plot, so that the frame of a row of two pixels is seen.
        figure.add_hrect(
            marked_position - 0.5, marked_position + 0.5, line={"color": look.palette.text, "width": 2}, layer="above"
        )
    figure.update_xaxes(title_text=escape(texts.dimension), showgrid=False, zeroline=False, range=[-0.5, d_model - 0.5])
    figure.update_yaxes(
        title_text=escape(texts.position), showgrid=False, zeroline=False, range=[n_positions - 0.5, -0.5]
    )
    return figure


def least_width_px(d_model: int) -> int:
    """How wide the matrix has to be drawn: with less than a pixel a dimension, WebKit leaves out sines or cosines."""
    return d_model + BESIDE_PX


def matrix_summary(n_positions: int, d_model: int, texts: MatrixTexts | None = None) -> str:
    """What the matrix shows in words, for people who do not see it."""
    texts = texts or MatrixTexts()
    return texts.summary.format(title=texts.title, positions=n_positions, dimensions=d_model)
