"""One query against all keys: the vectors, their dot products, the scaling, the mask and the weights as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.attention_rows import GAP, RowLabels, add_columns, add_heading, rows_figure, strip, weight_cells
from viz.figures.labels import escape
from viz.figures.numbers import number_text, weight_text
from viz.figures.theme import Look
from viz.measures.attention_steps import AttentionSteps


@dataclass(frozen=True)
class QueryKeysTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Query and keys"
    keys: str = "keys k"
    product: str = "q · k"
    scaled: str = "÷ √{d}"
    mask: str = "mask"
    weight: str = "weight"
    hover_query: str = "query, number {place}: {value}"
    hover_key: str = "key of “{key}”, number {place}: {value}; times the query's {query}: {product}"
    summary: str = "{title}. {links}."
    link: str = "{key}: dot product {product}, scaled {scaled}, weight {weight}"


def query_keys(
    steps: AttentionSteps,
    labels: RowLabels,
    *,
    with_mask: bool,
    look: Look | None = None,
    texts: QueryKeysTexts | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """The query's vector in the first row, under it a row for each key: its vector, then the numbers step by step.

    Parameters
    ----------
    labels : RowLabels
        Its last row is the sum of the weights.
    with_mask : bool
        A column for the mask.
    """
    look, texts = look or Look(), texts or QueryKeysTexts()
    figure = rows_figure(labels, title=texts.title, look=look, footer=footer)
    headings = [texts.product, texts.scaled.format(d=len(steps.query)), texts.weight]
    if with_mask:
        headings.insert(2, texts.mask)
    strip_end = 0.22 if with_mask else 0.34
    add_columns(figure, "x", (0.0, strip_end), len(steps.query))
    add_columns(figure, "x2", (strip_end + GAP, 1.0), len(headings))
    keys = steps.keys[list(labels.shown)]
    vectors = np.concatenate([steps.query[None], keys])
    hover = [_hover_query(steps, texts)]
    hover += [_hover_key(steps, key, labels.keys[key].text, texts) for key in labels.shown]
    limit = float(np.abs(vectors).max()) or 1.0
    figure.add_trace(strip("vectors", "x", [0, *labels.key_rows], vectors, limit, hover, look))
    add_heading(figure, "x", len(steps.query) / 2 - 0.5, 1, texts.keys, look)
    for place, heading in enumerate(headings):
        add_heading(figure, "x2", place, 1, heading, look)
    figure.add_trace(_numbers(steps, labels, look, with_mask=with_mask))
    rows, weights = [*labels.key_rows, labels.last_row], [*steps.weights[list(labels.shown)], steps.weights.sum()]
    if labels.rest:
        rows.append(labels.others_row)
        weights.append(steps.weights[labels.rest].sum())
    figure.add_trace(weight_cells("x2", len(headings) - 1, len(headings), rows, weights, look))
    return figure


def query_keys_summary(steps: AttentionSteps, labels: RowLabels, texts: QueryKeysTexts | None = None) -> str:
    """The numbers of the shown keys in words, for people who do not see the figure."""
    texts = texts or QueryKeysTexts()
    links = [
        texts.link.format(
            key=labels.keys[key].text,
            product=number_text(float(steps.dot_products[key])),
            scaled=number_text(float(steps.masked[key])),
            weight=weight_text(float(steps.weights[key])),
        )
        for key in labels.shown
    ]
    return texts.summary.format(title=texts.title, links="; ".join(links))


def _numbers(steps: AttentionSteps, labels: RowLabels, look: Look, *, with_mask: bool) -> go.Scatter:
    columns, rows, texts, colours = [], [], [], []
    for row, key in zip(labels.key_rows, labels.shown, strict=True):
        numbers = [steps.dot_products[key], steps.scaled[key]] + ([steps.masked[key]] if with_mask else [])
        for column, number in enumerate(numbers):
            columns.append(column)
            rows.append(row)
            texts.append(number_text(float(number)))
            colours.append(look.palette.text if math.isfinite(steps.masked[key]) else look.palette.muted)
    return go.Scatter(
        name="numbers",
        xaxis="x2",
        x=columns,
        y=rows,
        mode="text",
        text=texts,
        textfont={"size": look.font_px, "color": colours},
        hoverinfo="skip",
    )


def _hover_query(steps: AttentionSteps, texts: QueryKeysTexts) -> list[str]:
    return [
        escape(texts.hover_query.format(place=place + 1, value=number_text(float(value))))
        for place, value in enumerate(steps.query)
    ]


def _hover_key(steps: AttentionSteps, key: int, name: str, texts: QueryKeysTexts) -> list[str]:
    return [
        escape(
            texts.hover_key.format(
                key=name,
                place=place + 1,
                value=number_text(float(value)),
                query=number_text(float(steps.query[place])),
                product=number_text(float(value * steps.query[place])),
            )
        )
        for place, value in enumerate(steps.keys[key])
    ]
