"""What all figures have in common: font, colours, and the footer that says where a picture comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from model.records import Translation
from viz.figures.labels import escape, join_lines, wrap
from viz.figures.palette import Palette, palette_for

# The first is the font that the app ships; the others are for notebooks.
FONT_FAMILY = (
    '"Noto Sans KR", Pretendard, "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", '
    '"Segoe UI Symbol", "Apple Symbols", "Noto Sans Symbols 2", sans-serif'
)
# The smallest text anywhere; a projector multiplies it.
FONT_PX = 14
FOOTER_LINE = 1.45


@dataclass(frozen=True)
class Look:
    """How figures are drawn.

    Attributes
    ----------
    dark : bool
        For a dark page.
    type_scale : float
        Multiplies the size of all text: 1.6 in presenter mode.
    """

    dark: bool = False
    type_scale: float = 1.0

    @property
    def palette(self) -> Palette:
        """The colours for the page."""
        return palette_for(dark=self.dark)

    @property
    def font_px(self) -> float:
        """Size of ordinary text in pixels."""
        return FONT_PX * self.type_scale


def themed_figure(look: Look, *, title: str, width: float | None, height: float) -> go.Figure:
    """An empty figure with the app's font and colours.

    Parameters
    ----------
    title : str
        As a person reads it; escaped here.
    width : float or None
        Pixels; None takes the width of the page.
    height : float
        Pixels.
    """
    palette = look.palette
    figure = go.Figure()
    figure.update_layout(
        template="none",
        width=width,
        height=height,
        paper_bgcolor=palette.background,
        plot_bgcolor=palette.background,
        font={"family": FONT_FAMILY, "size": look.font_px, "color": palette.text},
        title={
            "text": escape(title),
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": 12, "t": 10},
            "font": {"size": look.font_px * 1.2, "weight": 600},
        },
        hoverlabel={
            "bgcolor": palette.background,
            "bordercolor": palette.muted,
            "font": {"family": FONT_FAMILY, "size": look.font_px, "color": palette.text},
            "align": "left",
            "namelength": -1,
        },
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.text},
        separators=".",
    )
    return figure


def title_height_px(look: Look) -> float:
    """Room that the title takes at the top."""
    return look.font_px * 1.2 * 1.3 + 18


def translation_footer(translation: Translation, *, checkpoint_word: str = "checkpoint") -> tuple[str, ...]:
    """Lines that say where a picture comes from: sentence and translation, checkpoint, decoding options."""
    return (
        f"{translation.source_text} → {translation.target_text}",
        f"{checkpoint_word} {translation.checkpoint_id} · {translation.decoding}",
    )


def wrap_footer(footer: Sequence[str], look: Look, width_px: float) -> list[str]:
    """The footer's lines, none wider than the figure; not escaped."""
    return [line for text in footer if text.strip() for line in wrap(text, width_px, look.font_px)]


def footer_height_px(lines: Sequence[str], look: Look) -> float:
    """Room that the wrapped footer takes at the bottom."""
    return len(lines) * look.font_px * FOOTER_LINE + 14


def add_footer(figure: go.Figure, lines: Sequence[str], look: Look, *, left_px: float, below_px: float) -> None:
    """Write the wrapped footer under the plot, at the left edge of the figure.

    Parameters
    ----------
    lines : sequence of str
        From `wrap_footer`; escaped here.
    left_px : float
        The figure's left margin.
    below_px : float
        Distance of the first line from the lower edge of the plot.
    """
    figure.add_annotation(
        name="footer",
        text=join_lines(escape(line) for line in lines),
        xref="paper",
        yref="paper",
        x=0,
        y=0,
        xshift=12 - left_px,
        yshift=-below_px,
        xanchor="left",
        yanchor="top",
        align="left",
        showarrow=False,
        font={"size": look.font_px, "color": look.palette.muted},
    )


def axis_style(look: Look) -> dict[str, object]:
    """Options that every axis of curves shares."""
    palette = look.palette
    return {
        "gridcolor": palette.grid,
        "linecolor": palette.muted,
        "zerolinecolor": palette.muted,
        "tickfont": {"size": look.font_px, "color": palette.text},
        "title_font": {"size": look.font_px, "color": palette.text},
        "showline": True,
        "automargin": True,
    }
