"""Who influences whom: for each of a few models a map of words by words, side by side and in one colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.hatching import hatching
from viz.figures.heatmap_layout import HeatmapSizes, colour_bar, key_label_layout, masked_legend
from viz.figures.heatmap_texts import HeatmapTexts
from viz.figures.labels import coloured, escape, percent_text, shorten, text_width_px
from viz.figures.palette import weight_colorscale
from viz.figures.theme import (
    EDGE_PX,
    Look,
    add_footer,
    add_title,
    footer_height_px,
    themed_figure,
    title_height_px,
    wrap_footer,
)

# What a lesson's figure may take of a page without scrolling sideways.
_PAGE_PX = 1060
_LARGEST_CELL_PX = 42
_LARGEST_MAP_PX = 240
_GAP_PX = 22
_LABEL_LIMIT_EM = 7.0
_NARROWEST_BAR_PX = 240


@dataclass(frozen=True, eq=False)
class InfluenceMap:
    """One model's map.

    Attributes
    ----------
    name : str
        Of the model.
    change : array, shape (words, words)
        Rows: the word whose state it is; columns: the word that is changed. 1: the state changes by its own length.
        Exactly 0 where there is no path between the two.
    """

    name: str
    change: np.ndarray


@dataclass(frozen=True)
class InfluenceTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str
    scale: str
    hover: str = "{changed} → {state}: {percent} %"
    no_path: str = "exactly 0"
    summary: str = "{title}. {values}"


def influence_maps(
    words: Sequence[str],
    maps: Sequence[InfluenceMap],
    texts: InfluenceTexts,
    *,
    marked: Sequence[tuple[int, int]] = (),
    look: Look | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """Maps side by side, states down and changed words across; cells that are exactly 0 are hatched.

    Parameters
    ----------
    words : sequence of str
        As typed; escaped here.
    marked : sequence of (state, changed)
        Cells that get a frame.
    """
    look = look or Look()
    sizes = _sizes(words, maps, look)
    map_px = sizes.cell * len(words)
    pitch = max(map_px + max(_GAP_PX, sizes.right), *(_name_px(each.name, look) for each in maps))
    plot_px = pitch * (len(maps) - 1) + map_px
    # Half of the bar's last number stands beside the bar, and the last name may be wider than its map.
    right = max(plot_px + sizes.right, pitch * (len(maps) - 1) + _name_px(maps[-1].name, look))
    width = sizes.left + max(right, _NARROWEST_BAR_PX * look.type_scale + 2 * look.font_px)
    title_px = min(width, _PAGE_PX)
    lines = wrap_footer(footer, look, width)
    name_px = look.font_px * 1.7
    top = title_height_px(texts.title, look, title_px) + name_px + sizes.key_labels
    below = sizes.bottom + footer_height_px(lines, look)
    starts = [pitch * place / plot_px for place in range(len(maps))]
    layout: dict[str, object] = {
        "margin": {"l": sizes.left, "r": width - sizes.left - plot_px, "t": top, "b": below, "pad": 0},
        "dragmode": False,
        "hovermode": "closest",
        "legend": masked_legend(look, sizes, len(words)),
        "shapes": [_frame(place, *cell, look) for place in range(len(maps)) for cell in marked],
        "annotations": [_name(each, start, look, sizes) for each, start in zip(maps, starts, strict=True)],
    }
    for place, start in enumerate(starts):
        layout |= _axes_layout(place, words, look, sizes, starts_at=start, px=plot_px)
    figure = themed_figure(look, width=round(width), height=round(top + map_px + below), layout=layout)
    for place, each in enumerate(maps):
        figure.add_traces(_traces(place, words, each, texts, look))
    figure.add_trace(_bar(texts, look, sizes, len(words), plot_px))
    add_title(figure, texts.title, look, width=title_px, left_px=sizes.left, top_px=top)
    add_footer(figure, lines, look, left_px=sizes.left, below_px=sizes.bottom)
    return figure


def influence_summary(
    words: Sequence[str], maps: Sequence[InfluenceMap], texts: InfluenceTexts, marked: Sequence[tuple[int, int]]
) -> str:
    """The framed cells in words, for people who do not see the figure."""
    values = [
        f"{each.name}: {_said(words, each, texts, state, changed)}" for each in maps for state, changed in marked
    ]
    return texts.summary.format(title=texts.title, values="; ".join(values))


def _said(words: Sequence[str], shown: InfluenceMap, texts: InfluenceTexts, state: int, changed: int) -> str:
    percent = percent_text(float(shown.change[state, changed]))
    return texts.hover.format(state=words[state], changed=words[changed], percent=percent)


def _sizes(words: Sequence[str], maps: Sequence[InfluenceMap], look: Look) -> HeatmapSizes:
    """Cells as large as the page allows, but never too small for their labels."""
    label, line = look.font_px, look.font_px * 1.5
    label_px = max(min(text_width_px(word, label), _LABEL_LIMIT_EM * label) for word in words)
    left = label_px + EDGE_PX + 6
    # Slanted labels reach over the next map.
    gap = max(_GAP_PX, label_px * 0.71)
    room = _PAGE_PX - left - len(maps) * gap
    largest = min(_LARGEST_CELL_PX, _LARGEST_MAP_PX / len(words)) * look.type_scale
    cell = max(label * 1.2, min(room / len(maps) / len(words), largest))
    angle, height, overhang = key_label_layout(label_px, cell, label)
    hatched = any((each.change == 0).any() for each in maps)
    return HeatmapSizes(
        cell=cell,
        label=label,
        left=left,
        key_labels=height + 12,
        right=max(16.0, overhang + 8),
        bottom=12 + look.font_px + line * 2.2 + (line if hatched else 0) + 14,
        key_angle=angle,
    )


def _name_px(name: str, look: Look) -> float:
    return text_width_px(name, look.font_px * 1.1) + _GAP_PX


def _traces(
    place: int, words: Sequence[str], shown: InfluenceMap, texts: InfluenceTexts, look: Look
) -> list[go.Heatmap | go.Scatter]:
    """One map, and the hatching of the cells that no path leads to."""
    x, y = _axes(place)
    n_words = len(words)
    no_path = shown.change == 0
    cells = go.Heatmap(
        name=escape(shown.name),
        z=np.where(no_path, np.nan, shown.change).astype(np.float32),
        zmin=0,
        zmax=1,
        colorscale=weight_colorscale(look.palette, "sqrt"),
        showscale=False,
        xgap=1,
        ygap=1,
        text=[
            [escape(_said(words, shown, texts, state, changed)) for changed in range(n_words)]
            for state in range(n_words)
        ],
        hovertemplate=f"%{{text}}<br>{escape(shown.name)}<extra></extra>",
        hoverongaps=False,
        xaxis=x,
        yaxis=y,
    )
    if not no_path.any():
        return [cells]
    return [cells, hatching(no_path, look, texts.no_path).update(xaxis=x, yaxis=y)]


def _axes_layout(
    place: int, words: Sequence[str], look: Look, sizes: HeatmapSizes, *, starts_at: float, px: float
) -> dict[str, object]:
    """The axes of one map in Plotly's layout.

    Parameters
    ----------
    starts_at : float
        Where it begins, as a share of the width of all maps.
    px : float
        That width.
    """
    x, y = _axes(place)
    n_words = len(words)
    ticks = [coloured(shorten(word, _LABEL_LIMIT_EM), look.palette.source, sizes.label) for word in words]
    shared = {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
        "linecolor": look.palette.grid,
        "ticks": "",
        "ticklabelstandoff": 4,
        "fixedrange": True,
        "tickmode": "array",
        "tickvals": list(range(n_words)),
        "ticktext": ticks,
    }
    ends_at = starts_at + sizes.cell * n_words / px
    return {
        f"xaxis{x[1:]}": {
            **shared, "domain": [starts_at, min(ends_at, 1.0)], "anchor": y, "side": "top",
            "tickangle": sizes.key_angle, "range": [-0.5, n_words - 0.5],
        },
        # All maps have the same rows: their words stand once, at the left.
        f"yaxis{y[1:]}": {
            **shared, "anchor": x, "range": [n_words - 0.5, -0.5], "showticklabels": place == 0,
        },
    }


def _name(shown: InfluenceMap, starts_at: float, look: Look, sizes: HeatmapSizes) -> dict[str, object]:
    """The name of a map over it."""
    return {
        "name": "map",
        "text": f"<b>{escape(shown.name)}</b>",
        "xref": "paper",
        "yref": "paper",
        "x": starts_at,
        "y": 1,
        "yshift": sizes.key_labels,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": look.font_px * 1.1, "color": look.palette.text},
    }


def _axes(place: int) -> tuple[str, str]:
    """Plotly's names of a map's axes: x and y, x2 and y2, ..."""
    number = "" if place == 0 else str(place + 1)
    return f"x{number}", f"y{number}"


def _frame(place: int, state: int, changed: int, look: Look) -> dict[str, object]:
    """A frame around a cell."""
    x, y = _axes(place)
    return {
        "type": "rect",
        "xref": x,
        "yref": y,
        "x0": changed - 0.5,
        "x1": changed + 0.5,
        "y0": state - 0.5,
        "y1": state + 0.5,
        "line": {"width": 2 * look.type_scale, "color": look.palette.text},
    }


def _bar(texts: InfluenceTexts, look: Look, sizes: HeatmapSizes, n_words: int, plot_px: float) -> go.Scatter:
    """The colour scale in percent, under the first map."""
    bar = colour_bar("sqrt", look, HeatmapTexts(weight_sqrt=texts.scale), sizes, (n_words, 0))
    colorbar = bar.marker.colorbar  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
    shares = [place**2 for place in colorbar.tickvals]
    bar_px = max(sizes.cell * n_words, _NARROWEST_BAR_PX * look.type_scale)
    colorbar.update(
        len=bar_px / plot_px,
        ticktext=[f"{'≥ ' if share == 1 else ''}{100 * share:.3g}" for share in shares],
    )
    return bar
