"""One attention map as a heatmap: queries down, keys across, the weight of each pair as a colour.

    heatmap(translation, HeadRef("cross", 5, 3))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from model.records import AttentionKind, HeadRef, Translation
from viz.figures.labels import escape, percent_text, text_width_px, word_label
from viz.figures.palette import Scale, weight_colorscale
from viz.figures.theme import (
    Look,
    add_footer,
    add_title,
    footer_height_px,
    themed_figure,
    title_height_px,
    translation_footer,
    wrap_footer,
)
from viz.measures.heads import strongest_links
from viz.measures.maps import AttentionMap, average_map, head_map
from viz.measures.words import Word

# What a cell's customdata holds, by the names that a template of HeatmapTexts uses.
CELL_FIELDS = ("input", "predicted", "key", "percent")
_PLOT_PX = 620
_LARGEST_CELL_PX = 56
_NARROWEST_PX = 340
# From the lower edge of the plot to the colour bar.
_BAR_GAP_PX = 12
_LABEL_LIMIT_EM = 11.0
_BAR_TICKS = {"sqrt": (0, 0.01, 0.05, 0.1, 0.25, 0.5, 1), "linear": (0, 0.2, 0.4, 0.6, 0.8, 1)}
_FEW_BAR_TICKS = {"sqrt": (0, 0.05, 0.25, 1), "linear": (0, 0.5, 1)}
# A colour bar narrower than this many times the font's size has room for few ticks.
_NARROW_BAR_EM = 25


@dataclass(frozen=True)
class HeatmapTexts:
    """The words of a heatmap; {names} in braces are filled in.

    The `hover_` and `summary` sentences know {input}, {predicted}, {key}, {percent} and {weight}.
    """

    encoder: str = "Encoder self-attention"
    decoder: str = "Decoder self-attention"
    cross: str = "Cross-attention"
    layer: str = "layer {number}"
    head: str = "head {number}"
    all_layers: str = "mean of all layers"
    all_heads: str = "mean of all heads"
    source_queries: str = "source word that looks (query)"
    predicted_queries: str = "input → predicted (query)"
    source_keys: str = "source word looked at (key)"
    input_keys: str = "decoder's input looked at (key)"
    weight_sqrt: str = "weight, square-root scale"
    weight_linear: str = "weight, linear scale"
    hover_encoder: str = "“{input}” looks {percent} % at “{key}”"
    hover_decoder: str = "when predicting “{predicted}”, {percent} % on “{key}”"
    hover_cross: str = "when predicting “{predicted}”, {percent} % on “{key}”"
    hover_weight: str = "weight {weight}"
    masked: str = "masked: not written yet"
    begin: str = "begin of sentence <s>"
    end: str = "end of sentence </s>"
    checkpoint: str = "checkpoint"
    summary: str = "{title}. {queries} rows, {keys} columns. Strongest: {links}."
    no_links: str = "none"

    def kind(self, kind: AttentionKind) -> str:
        """The name of a kind of attention."""
        return {"encoder": self.encoder, "decoder": self.decoder, "cross": self.cross}[kind]

    def hover(self, kind: AttentionKind) -> str:
        """The sentence of a cell."""
        return {"encoder": self.hover_encoder, "decoder": self.hover_decoder, "cross": self.hover_cross}[kind]


@dataclass(frozen=True)
class _Sizes:
    """Pixels of the parts of a heatmap."""

    cell: float
    label: float
    left: float
    key_labels: float
    right: float
    bottom: float
    key_angle: int


def heatmap(
    translation: Translation,
    ref: HeadRef,
    *,
    words: bool = False,
    scale: Scale = "sqrt",
    look: Look | None = None,
    texts: HeatmapTexts | None = None,
) -> go.Figure:
    """The map of one head.

    Parameters
    ----------
    ref : HeadRef
        Layer and head count from zero.
    words : bool
        Words instead of tokens: the sum over the pieces of a key, the mean over the pieces of a query.
    scale : "sqrt" | "linear"
        How colour follows weight; always from 0 to 1.

    Raises
    ------
    IndexError
        If there is no such layer or head.
    ValueError
        If the translation was made without capture.
    """
    return map_heatmap(translation, head_map(translation, ref, words=words), scale=scale, look=look, texts=texts)


def average_heatmap(
    translation: Translation,
    kind: AttentionKind,
    *,
    layer: int | None = None,
    head: int | None = None,
    words: bool = False,
    scale: Scale = "sqrt",
    look: Look | None = None,
    texts: HeatmapTexts | None = None,
) -> go.Figure:
    """The mean over the heads of a layer (head=None), over the layers for a head (layer=None), or over both.

    Parameters and errors as for `heatmap`.
    """
    averaged = average_map(translation, kind, layer=layer, head=head, words=words)
    return map_heatmap(translation, averaged, scale=scale, look=look, texts=texts)


def map_heatmap(
    translation: Translation,
    attention_map: AttentionMap,
    *,
    scale: Scale = "sqrt",
    look: Look | None = None,
    texts: HeatmapTexts | None = None,
) -> go.Figure:
    """Any map of a translation as a heatmap.

    z is the weight itself, shape (queries, keys), NaN where the mask is; row 0 is at the top. customdata holds
    CELL_FIELDS of each cell.
    """
    look, texts = look or Look(), texts or HeatmapTexts()
    title = map_title(attention_map, texts)
    rows, columns = _row_labels(attention_map), [word.text for word in attention_map.keys]
    sizes = _sizes(rows, columns, look, legend=bool(attention_map.masked.any()))
    width = max(_NARROWEST_PX * look.type_scale, sizes.left + sizes.cell * len(columns) + sizes.right)
    footer = wrap_footer(translation_footer(translation, checkpoint_word=texts.checkpoint), look, width)
    footer_px = footer_height_px(footer, look)
    top = title_height_px(title, look, width) + sizes.key_labels
    height = top + sizes.cell * len(rows) + sizes.bottom + footer_px
    figure = themed_figure(look, width=round(width), height=round(height))
    figure.add_trace(_cells(attention_map, scale, look, texts, title))
    if attention_map.masked.any():
        figure.add_trace(_hatching(attention_map.masked, look, texts))
    figure.add_trace(_colour_bar(scale, look, texts, sizes, attention_map.weights.shape))
    figure.update_layout(
        margin={
            "l": sizes.left,
            "r": width - sizes.left - sizes.cell * len(columns),
            "t": top,
            "b": sizes.bottom + footer_px,
            "pad": 0,
        },
        dragmode=False,
        hovermode="closest",
        legend=_legend(look, sizes, len(rows)),
    )
    _label_axes(figure, attention_map, sizes, look, texts)
    add_title(figure, title, look, width=width, left_px=sizes.left, top_px=top)
    add_footer(figure, footer, look, left_px=sizes.left, below_px=sizes.bottom)
    return figure


def map_title(attention_map: AttentionMap, texts: HeatmapTexts) -> str:
    """Kind, layer and head as a person reads them, counted from one."""
    layer, head = attention_map.layer, attention_map.head
    parts = (
        texts.kind(attention_map.kind),
        texts.all_layers if layer is None else texts.layer.format(number=layer + 1),
        texts.all_heads if head is None else texts.head.format(number=head + 1),
    )
    return " · ".join(parts)


def heatmap_summary(attention_map: AttentionMap, texts: HeatmapTexts | None = None) -> str:
    """What the heatmap shows in a sentence or two, for people who do not see it: its title and strongest weights."""
    texts = texts or HeatmapTexts()
    links = [
        texts.hover(attention_map.kind).format(
            input=_name(attention_map.inputs[link.query], texts),
            predicted="" if attention_map.predicted is None else _name(attention_map.predicted[link.query], texts),
            key=_name(attention_map.keys[link.key], texts),
            percent=percent_text(link.weight),
            weight=f"{link.weight:.3f}",
        )
        for link in strongest_links(attention_map.weights, 3)
    ]
    queries, keys = attention_map.weights.shape
    title = map_title(attention_map, texts)
    return texts.summary.format(title=title, queries=queries, keys=keys, links="; ".join(links) or texts.no_links)


def _row_labels(attention_map: AttentionMap) -> list[str]:
    """Plain text of each row, for measuring."""
    if attention_map.predicted is None:
        return [word.text for word in attention_map.inputs]
    return [
        f"{read.text} → {predicted.text}"
        for read, predicted in zip(attention_map.inputs, attention_map.predicted, strict=True)
    ]


def _sizes(rows: Sequence[str], columns: Sequence[str], look: Look, *, legend: bool) -> _Sizes:
    longest = max(len(rows), len(columns))
    label = look.font_px * (16 / 14 if longest <= 40 else 1)
    smallest_cell = label * 1.3
    cell = max(smallest_cell, min(_PLOT_PX / longest, _LARGEST_CELL_PX) * look.type_scale)
    row_px = max(min(text_width_px(row, label), (2 * _LABEL_LIMIT_EM + 2) * label) for row in rows)
    column_px = max(min(text_width_px(column, label), _LABEL_LIMIT_EM * label) for column in columns)
    key_angle, label_height, overhang = _key_angle(column_px, cell, label)
    line = look.font_px * 1.5
    return _Sizes(
        cell=cell,
        label=label,
        left=row_px + line + 20,
        key_labels=line + label_height + 14,
        right=max(16.0, overhang + 8),
        bottom=_BAR_GAP_PX + look.font_px + line * 2.2 + (line if legend else 0) + 14,
        key_angle=key_angle,
    )


def _key_angle(column_px: float, cell: float, label: float) -> tuple[int, float, float]:
    """Angle of the key labels, the height that they take, and how far the last one reaches past its cell."""
    if column_px <= cell - 4:
        return 0, label * 1.4, 0.0
    if cell >= label * 1.7:
        return -45, (column_px + label) * 0.71, column_px * 0.71 - cell / 2
    return -90, column_px, 0.0


def _cells(
    attention_map: AttentionMap, scale: Scale, look: Look, texts: HeatmapTexts, title: str
) -> go.Heatmap:
    fields = {name: f"%{{customdata[{place}]}}" for place, name in enumerate(CELL_FIELDS)}
    fields["weight"] = "%{z:.3f}"
    sentence = escape(texts.hover(attention_map.kind)).format(**fields)
    weight = escape(texts.hover_weight).format(**fields)
    gap = 1 if max(attention_map.weights.shape) <= 60 else 0
    return go.Heatmap(
        name="weights",
        z=np.where(attention_map.masked, np.nan, attention_map.weights).astype(np.float32),
        zmin=0,
        zmax=1,
        colorscale=weight_colorscale(look.palette, scale),
        showscale=False,
        xgap=gap,
        ygap=gap,
        customdata=_cell_data(attention_map, texts),
        hovertemplate=f"{sentence}<br><b>{weight}</b><br>{escape(title)}<extra></extra>",
        hoverongaps=False,
    )


def _cell_data(attention_map: AttentionMap, texts: HeatmapTexts) -> list[list[list[str]]]:
    """CELL_FIELDS of each cell, shape (queries, keys, fields), escaped."""
    predicted = attention_map.predicted
    keys = [escape(_name(word, texts)) for word in attention_map.keys]
    rows = []
    for query, read in enumerate(attention_map.inputs):
        input_text = escape(_name(read, texts))
        predicted_text = "" if predicted is None else escape(_name(predicted[query], texts))
        percents = [escape(percent_text(float(weight))) for weight in attention_map.weights[query]]
        rows.append(
            [[input_text, predicted_text, key, percent] for key, percent in zip(keys, percents, strict=True)]
        )
    return rows


def _name(word: Word, texts: HeatmapTexts) -> str:
    """A word in a sentence; a special token by its name and not by its sign."""
    if not word.is_special:
        return word.text
    return {"⏹": texts.end, "▶": texts.begin}.get(word.text, word.text)


def _hatching(masked: np.ndarray, look: Look, texts: HeatmapTexts) -> go.Scatter:
    """One outline around all masked cells, filled with stripes."""
    across, down = _stairs(masked)
    return go.Scatter(
        name=escape(texts.masked),
        x=across,
        y=down,
        mode="lines",
        line={"width": 1, "color": look.palette.muted},
        fill="toself",
        fillpattern={
            "shape": "/",
            "fgcolor": look.palette.muted,
            "bgcolor": "rgba(0,0,0,0)",
            "size": 9,
            "solidity": 0.2,
        },
        hoveron="fills",
        text=escape(texts.masked),
        hoverinfo="text",
        showlegend=True,
    )


def _stairs(masked: np.ndarray) -> tuple[list[float], list[float]]:
    """Corners of the masked cells, which are at the right and get fewer from row to row; a cell is k ± 0.5 wide."""
    n_keys = masked.shape[1]
    rows = np.flatnonzero(masked.any(axis=1))
    right = n_keys - 0.5
    across, down = [right], [float(rows[0]) - 0.5]
    for row in rows:
        first = float(masked[row].argmax()) - 0.5
        across += [first, first]
        down += [float(row) - 0.5, float(row) + 0.5]
    across += [right, right]
    down += [down[-1], down[0]]
    return across, down


def _colour_bar(
    scale: Scale, look: Look, texts: HeatmapTexts, sizes: _Sizes, shape: tuple[int, ...]
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


def _legend(look: Look, sizes: _Sizes, n_rows: int) -> dict[str, object]:
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


def _label_axes(
    figure: go.Figure, attention_map: AttentionMap, sizes: _Sizes, look: Look, texts: HeatmapTexts
) -> None:
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
    figure.update_xaxes(
        **shared,
        side="top",
        tickangle=sizes.key_angle,
        range=[-0.5, n_keys - 0.5],
        tickvals=list(range(n_keys)),
        ticktext=_key_ticks(attention_map, sizes, look),
        title_text=escape(texts.input_keys if attention_map.kind == "decoder" else texts.source_keys),
    )
    figure.update_yaxes(
        **shared,
        range=[n_queries - 0.5, -0.5],
        tickvals=list(range(n_queries)),
        ticktext=_query_ticks(attention_map, sizes, look),
        title_text=escape(texts.source_queries if attention_map.kind == "encoder" else texts.predicted_queries),
    )


def _key_ticks(attention_map: AttentionMap, sizes: _Sizes, look: Look) -> list[str]:
    colour = look.palette.target if attention_map.kind == "decoder" else look.palette.source
    return [
        word_label(word, colour, look.palette, sizes.label, limit_em=_LABEL_LIMIT_EM) for word in attention_map.keys
    ]


def _query_ticks(attention_map: AttentionMap, sizes: _Sizes, look: Look) -> list[str]:
    palette = look.palette
    if attention_map.predicted is None:
        return [
            word_label(word, palette.source, palette, sizes.label, limit_em=_LABEL_LIMIT_EM)
            for word in attention_map.inputs
        ]
    return [
        " → ".join(
            word_label(word, palette.target, palette, sizes.label, limit_em=_LABEL_LIMIT_EM) for word in pair
        )
        for pair in zip(attention_map.inputs, attention_map.predicted, strict=True)
    ]
