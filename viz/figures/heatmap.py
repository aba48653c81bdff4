"""One attention map as a heatmap: queries down, keys across, the weight of each pair as a colour.

    heatmap(translation, HeadRef("cross", 5, 3))
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from model.records import HeadRef, Translation
from viz.figures.hatching import hatching
from viz.figures.heatmap_layout import NARROWEST_PX, PLOT_PX, colour_bar, heatmap_sizes, labelled_axes, masked_legend
from viz.figures.heatmap_texts import HeatmapTexts, map_title
from viz.figures.labels import escape, percent_text
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
from viz.measures.maps import AttentionMap, head_map
from viz.measures.tables import query_labels
from viz.measures.words import Word

# What a cell's customdata holds, by the names that a template of HeatmapTexts uses.
CELL_FIELDS = ("input", "predicted", "key", "percent")


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


def map_heatmap(
    translation: Translation,
    attention_map: AttentionMap,
    *,
    scale: Scale = "sqrt",
    look: Look | None = None,
    texts: HeatmapTexts | None = None,
    plot_px: float = PLOT_PX,
) -> go.Figure:
    """Any map of a translation as a heatmap, its longer side about `plot_px` long if its labels can be read then.

    z is the weight itself, shape (queries, keys), NaN where the mask is; row 0 is at the top. customdata holds
    CELL_FIELDS of each cell.
    """
    look, texts = look or Look(), texts or HeatmapTexts()
    title = map_title(attention_map, texts)
    rows, columns = query_labels(attention_map), [word.text for word in attention_map.keys]
    sizes = heatmap_sizes(rows, columns, look, legend=bool(attention_map.masked.any()), plot_px=plot_px)
    width = max(NARROWEST_PX * look.type_scale, sizes.left + sizes.cell * len(columns) + sizes.right)
    footer = wrap_footer(translation_footer(translation, checkpoint_word=texts.checkpoint), look, width)
    footer_px = footer_height_px(footer, look)
    top = title_height_px(title, look, width) + sizes.key_labels
    height = top + sizes.cell * len(rows) + sizes.bottom + footer_px
    layout = {
        "margin": {
            "l": sizes.left,
            "r": width - sizes.left - sizes.cell * len(columns),
            "t": top,
            "b": sizes.bottom + footer_px,
            "pad": 0,
        },
        "dragmode": False,
        "hovermode": "closest",
        "legend": masked_legend(look, sizes, len(rows)),
        **labelled_axes(attention_map, sizes, look, texts),
    }
    figure = themed_figure(look, width=round(width), height=round(height), layout=layout)
    figure.add_trace(_cells(attention_map, scale, look, texts, title))
    if attention_map.masked.any():
        figure.add_trace(hatching(attention_map.masked, look, texts.masked))
    figure.add_trace(colour_bar(scale, look, texts, sizes, attention_map.weights.shape))
    add_title(figure, title, look, width=width, left_px=sizes.left, top_px=top)
    add_footer(figure, footer, look, left_px=sizes.left, below_px=sizes.bottom)
    return figure


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
