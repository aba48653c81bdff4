"""Where the parts of a heatmap are: sizes in pixels, labels of the axes, colour bar and legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.heatmap_texts import HeatmapTexts
from viz.figures.labels import escape, text_width_px, word_label
from viz.figures.palette import Scale, weight_colorscale
from viz.figures.theme import Look
from viz.measures.maps import AttentionMap
from viz.measures.words import Word

# A heatmap is never narrower, so that its footer has room.
NARROWEST_PX = 340
# The longer side of the plot, as long as its cells stay large enough for their labels.
PLOT_PX = 620
_LARGEST_CELL_PX = 56
# From the lower edge of the plot to the colour bar.
_BAR_GAP_PX = 12
# Longer words are cut on the axes.
_LABEL_LIMIT_EM = 11.0
_BAR_TICKS = {"sqrt": (0, 0.01, 0.05, 0.1, 0.25, 0.5, 1), "linear": (0, 0.2, 0.4, 0.6, 0.8, 1)}
_FEW_BAR_TICKS = {"sqrt": (0, 0.05, 0.25, 1), "linear": (0, 0.5, 1)}
# A colour bar narrower than this many times the font's size has room for few ticks.
_NARROW_BAR_EM = 25


@dataclass(frozen=True)
class HeatmapSizes:
    """Pixels of the parts of a heatmap.

    Attributes
    ----------
    cell : float
        Side of a cell.
    label : float
        Size of the font of words on the axes.
    left, right : float
        Margins at the sides.
    key_labels : float
        From the plot up to the title: the labels of the keys and what they are.
    bottom : float
        From the plot down to the footer: the colour bar and, where there is one, the legend.
    key_angle : int
        Degrees by which the labels of the keys are turned.
    """

    cell: float
    label: float
    left: float
    key_labels: float
    right: float
    bottom: float
    key_angle: int


def heatmap_sizes(
    rows: Sequence[str], columns: Sequence[str], look: Look, *, legend: bool, plot_px: float = PLOT_PX
) -> HeatmapSizes:
    """Sizes for these labels (plain text): square cells that leave each label the height of a line."""
    longest = max(len(rows), len(columns))
    label = look.font_px * (16 / 14 if longest <= 40 else 1)
    smallest_cell = label * 1.3
    cell = max(smallest_cell, min(plot_px / longest, _LARGEST_CELL_PX) * look.type_scale)
    row_px = max(min(text_width_px(row, label), (2 * _LABEL_LIMIT_EM + 2) * label) for row in rows)
    column_px = max(min(text_width_px(column, label), _LABEL_LIMIT_EM * label) for column in columns)
    key_angle, label_height, overhang = key_label_layout(column_px, cell, label)
    line = look.font_px * 1.5
    return HeatmapSizes(
        cell=cell,
        label=label,
        left=row_px + line + 20,
        key_labels=line + label_height + 14,
        right=max(16.0, overhang + 8),
        bottom=_BAR_GAP_PX + look.font_px + line * 2.2 + (line if legend else 0) + 14,
        key_angle=key_angle,
    )


def key_label_layout(column_px: float, cell: float, label: float) -> tuple[int, float, float]:
    """Angle of the key labels, the height that they take, and how far the last one reaches past its cell.

    Parameters
    ----------
    column_px, cell, label : float
        Width of the longest label, width of a cell, size of the labels' font; pixels.
    """
    if column_px <= cell - 4:
        return 0, label * 1.4, 0.0
    if cell >= label * 1.7:
        return -45, (column_px + label) * 0.71, column_px * 0.71 - cell / 2
    return -90, column_px, 0.0


def colour_bar(
    scale: Scale, look: Look, texts: HeatmapTexts, sizes: HeatmapSizes, shape: tuple[int, ...]
) -> go.Scatter:
    """The scale under the plot, drawn in the square root where the colours are, so that small weights can be read.

    It hangs on a trace without points, because that of the heatmap would be drawn evenly in the weight.
    """
    n_rows, n_columns = shape
    narrow = n_columns * sizes.cell < _NARROW_BAR_EM * look.font_px
    ticks = np.array((_FEW_BAR_TICKS if narrow else _BAR_TICKS)[scale], dtype=float)
    places = np.sqrt(ticks) if scale == "sqrt" else ticks
    return go.Scatter(
        name="scale",
        x=[None],
        y=[None],
        mode="markers",
        hoverinfo="skip",
        showlegend=False,
        marker={
            "color": [0],
            "cmin": 0,
            "cmax": 1,
            "colorscale": weight_colorscale(look.palette, "linear"),
            "showscale": True,
            "colorbar": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "xpad": 0,
                "y": -_BAR_GAP_PX / (n_rows * sizes.cell),
                "yanchor": "top",
                "ypad": 0,
                "len": 1,
                "thickness": look.font_px,
                "outlinewidth": 1,
                "outlinecolor": look.palette.muted,
                "tickvals": places.tolist(),
                "ticktext": [f"{tick:g}" for tick in ticks],
                "tickfont": {"size": look.font_px},
                "ticks": "outside",
                "title": {
                    "text": escape(texts.weight_sqrt if scale == "sqrt" else texts.weight_linear),
                    "side": "bottom",
                    "font": {"size": look.font_px},
                },
            },
        },
    )


def masked_legend(look: Look, sizes: HeatmapSizes, n_rows: int) -> dict[str, object]:
    """Says what the stripes are, on a line of its own under the colour bar."""
    line = look.font_px * 1.5
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": -(sizes.bottom - line - 8) / (n_rows * sizes.cell),
        "yanchor": "top",
        "font": {"size": look.font_px},
        "itemclick": False,
        "itemdoubleclick": False,
    }


def labelled_axes(
    attention_map: AttentionMap, sizes: HeatmapSizes, look: Look, texts: HeatmapTexts
) -> dict[str, dict[str, object]]:
    """Keys across the top, queries down the side, at whole numbers, so that equal words stay apart."""
    n_queries, n_keys = attention_map.weights.shape
    shared = {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
        "linecolor": look.palette.grid,
        "ticks": "",
        "ticklabelstandoff": 4,
        "fixedrange": True,
        "tickfont": {"size": sizes.label},
        "title_font": {"size": look.font_px, "color": look.palette.muted},
        "title_standoff": 6,
        "tickmode": "array",
    }
    keys = {
        **shared,
        "side": "top",
        "tickangle": sizes.key_angle,
        "range": [-0.5, n_keys - 0.5],
        "tickvals": list(range(n_keys)),
        "ticktext": _key_ticks(attention_map, sizes, look),
        "title_text": escape(texts.input_keys if attention_map.kind == "decoder" else texts.source_keys),
    }
    queries = {
        **shared,
        "range": [n_queries - 0.5, -0.5],
        "tickvals": list(range(n_queries)),
        "ticktext": _query_ticks(attention_map, sizes, look),
        "title_text": escape(texts.source_queries if attention_map.kind == "encoder" else texts.predicted_queries),
    }
    return {"xaxis": keys, "yaxis": queries}


def _key_ticks(attention_map: AttentionMap, sizes: HeatmapSizes, look: Look) -> list[str]:
    colour = look.palette.target if attention_map.kind == "decoder" else look.palette.source
    return [_tick(word, colour, sizes, look) for word in attention_map.keys]


def _query_ticks(attention_map: AttentionMap, sizes: HeatmapSizes, look: Look) -> list[str]:
    source, target = look.palette.source, look.palette.target
    if attention_map.predicted is None:
        return [_tick(word, source, sizes, look) for word in attention_map.inputs]
    return [
        f"{_tick(read, target, sizes, look)} → {_tick(predicted, target, sizes, look)}"
        for read, predicted in zip(attention_map.inputs, attention_map.predicted, strict=True)
    ]


def _tick(word: Word, colour: str, sizes: HeatmapSizes, look: Look) -> str:
    """A word on an axis. Special tokens have the size of the smallest text, words are larger where there is room."""
    return word_label(
        word, colour, look.palette, font_px=sizes.label, special_px=look.font_px, limit_em=_LABEL_LIMIT_EM
    )
