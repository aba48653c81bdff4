"""What all figures have in common: font, colours, and the footer that says where a picture comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_TITLE_SCALE = 1.2
_LINE_EM = 1.45
# Room at the left and right edge of a figure.
EDGE_PX = 12
_PHONE_PX = 330


@dataclass(frozen=True)
class Look:
    """How figures are drawn.

    Attributes
    ----------
    dark : bool
        For a dark page.
    type_scale : float
        Multiplies the size of all text: 1.6 in presenter mode.
    page_px : float
        The narrowest page: title and footer of a figure that takes the page's width are broken for it. A phone's.
    """

    dark: bool = False
    type_scale: float = 1.0
    page_px: float = _PHONE_PX

    @property
    def palette(self) -> Palette:
        """The colours for the page."""
        return palette_for(dark=self.dark)

    @property
    def font_px(self) -> float:
        """Size of ordinary text in pixels."""
        return FONT_PX * self.type_scale


def themed_figure(
    look: Look, *, width: float | None, height: float, layout: Mapping[str, object] | None = None
) -> go.Figure:
    """An empty figure with the app's font and colours.

    Parameters
    ----------
    width : float or None
        Pixels; None takes the width of the page.
    height : float
        Pixels.
    layout : mapping, optional
        More of Plotly's layout. Given here it takes Plotly a tenth of the time of a later update.
    """
    palette = look.palette
    themed = {
        "template": "none",
        "width": width,
        "height": height,
        "paper_bgcolor": palette.background,
        "plot_bgcolor": palette.background,
        "font": {"family": FONT_FAMILY, "size": look.font_px, "color": palette.text},
        "hoverlabel": {
            "bgcolor": palette.background,
            "bordercolor": palette.muted,
            "font": {"family": FONT_FAMILY, "size": look.font_px, "color": palette.text},
            "align": "left",
            "namelength": -1,
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.text},
        "separators": ".",
    }
    return go.Figure(layout={**themed, **(layout or {})})


def title_height_px(title: str, look: Look, width: float | None) -> float:
    """Room that the title takes at the top."""
    return len(_title_lines(title, look, width)) * look.font_px * _TITLE_SCALE * 1.3 + 18


def add_title(
    figure: go.Figure, title: str, look: Look, *, width: float | None, left_px: float, top_px: float
) -> None:
    """Write the title at the top left, broken into lines if the width is given.

    Plotly's own title does not stay inside of the figure if it has two lines.

    Parameters
    ----------
    title : str
        As a person reads it; escaped here.
    left_px, top_px : float
        The figure's margins.
    """
    figure.add_annotation(
        name="title",
        text=join_lines(f"<b>{escape(line)}</b>" for line in _title_lines(title, look, width)),
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xshift=EDGE_PX - left_px,
        yshift=top_px - 8,
        xanchor="left",
        yanchor="top",
        align="left",
        showarrow=False,
        font={"size": look.font_px * _TITLE_SCALE, "color": look.palette.text},
    )


def _title_lines(title: str, look: Look, width: float | None) -> list[str]:
    room = (look.page_px if width is None else width) - 2 * EDGE_PX
    return wrap(title, room, look.font_px * _TITLE_SCALE)


def translation_footer(translation: Translation, *, checkpoint_word: str = "checkpoint") -> tuple[str, ...]:
    """Lines that say where a picture comes from: sentence and translation, checkpoint, decoding options."""
    return (
        f"{translation.source_text} → {translation.target_text}",
        f"{checkpoint_word} {translation.checkpoint_id} · {translation.decoding}",
    )


def wrap_footer(footer: Sequence[str], look: Look, width: float | None) -> list[str]:
    """The footer's lines, none wider than a figure of this width (None: than the narrowest page); not escaped."""
    room = (look.page_px if width is None else width) - 2 * EDGE_PX
    return [line for text in footer if text.strip() for line in wrap(text, room, look.font_px)]


def footer_height_px(lines: Sequence[str], look: Look) -> float:
    """Room that the wrapped footer takes at the bottom."""
    return len(lines) * look.font_px * _LINE_EM + 14


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
        xshift=EDGE_PX - left_px,
        yshift=-below_px,
        xanchor="left",
        yanchor="top",
        align="left",
        showarrow=False,
        font={"size": look.font_px, "color": look.palette.muted},
    )


def curves_figure(
    look: Look, *, title: str, footer: Sequence[str], plot_height: float, legend_rows: int, right_px: float = 24
) -> go.Figure:
    """An empty figure for curves that takes the width of the page: margins, hover, legend and footer are set.

    Parameters
    ----------
    plot_height : float
        Of the plot alone, in pixels; multiplied by the look's type scale.
    legend_rows : int
        Rows of the legend above the plot that room is kept for, on a phone; 0 for no legend.
    right_px : float
        Right margin.
    """
    line = look.font_px * 1.6
    lines = wrap_footer(footer, look, None)
    plot = plot_height * look.type_scale
    top = title_height_px(title, look, None) + line * legend_rows + 16
    axis_px = line * 2.4
    bottom = axis_px + footer_height_px(lines, look)
    left = look.font_px * 5
    layout = {
        "margin": {"l": left, "r": right_px, "t": top, "b": bottom, "pad": 0},
        "dragmode": False,
        "hovermode": "closest",
        "showlegend": legend_rows > 0,
        "legend": {
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1 + 6 / plot, "yanchor": "bottom",
            "title": {"font": {"size": look.font_px}},
        },
        "xaxis": axis_style(look),
        "yaxis": axis_style(look),
    }
    figure = themed_figure(look, width=None, height=round(top + plot + bottom), layout=layout)
    add_title(figure, title, look, width=None, left_px=left, top_px=top)
    add_footer(figure, lines, look, left_px=left, below_px=axis_px)
    return figure


def axis_style(look: Look) -> dict[str, object]:
    """Options that every axis of curves shares."""
    palette = look.palette
    return {
        "gridcolor": palette.grid,
        "linecolor": palette.muted,
        "zerolinecolor": palette.muted,
        "tickfont": {"size": look.font_px, "color": palette.text},
        "title_font": {"size": look.font_px, "color": palette.text},
        "title_standoff": 8,
        "showline": True,
        "fixedrange": True,
    }
