"""The weighted sum of values: each value, each value times its weight, and their sum, as strips of colour."""

from __future__ import annotations

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
class WeightedValuesTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Weights and values"
    weight: str = "weight"
    values: str = "values v"
    weighted: str = "weight × v"
    hover_value: str = "value of “{key}”, number {place}: {value}"
    hover_weighted: str = "“{key}”, number {place}: weight {weight} × {value} = {product}"
    hover_others: str = "all others together, number {place}: {product}"
    hover_sum: str = "sum, number {place}: {value}"
    summary: str = "{title}. The sum begins {numbers}."


def weighted_values(
    steps: AttentionSteps,
    labels: RowLabels,
    *,
    look: Look | None = None,
    texts: WeightedValuesTexts | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """A row for each key: its weight, its value, and both multiplied; in the last row the sum of these.

    Parameters
    ----------
    labels : RowLabels
        Its first row is empty, so that the keys stand beside those of `query_keys`.
    """
    look, texts = look or Look(), texts or WeightedValuesTexts()
    figure = rows_figure(labels, title=texts.title, look=look, footer=footer)
    size = len(steps.output)
    add_columns(figure, "x", (0.0, 0.18), 1)
    add_columns(figure, "x2", (0.18 + GAP, 0.58), size)
    add_columns(figure, "x3", (0.58 + GAP, 1.0), size)
    shown = list(labels.shown)
    figure.add_trace(weight_cells("x", 0, 1, labels.key_rows, list(steps.weights[shown]), look))
    values, weighted = steps.values[shown], steps.weighted_values[shown]
    limit = float(np.abs(values).max()) or 1.0
    hover = [_hover(texts.hover_value, labels.keys[key].text, steps, key, steps.values[key]) for key in shown]
    figure.add_trace(strip("values", "x2", labels.key_rows, values, limit, hover, look))
    rows, parts = list(labels.key_rows), list(weighted)
    hover = [_hover(texts.hover_weighted, labels.keys[key].text, steps, key, steps.values[key]) for key in shown]
    if labels.rest:
        rows.append(labels.others_row)
        parts.append(steps.weighted_values[labels.rest].sum(axis=0))
        hover.append(
            [
                escape(texts.hover_others.format(place=place + 1, product=number_text(float(value))))
                for place, value in enumerate(parts[-1])
            ]
        )
    rows.append(labels.last_row)
    parts.append(steps.output)
    hover.append(
        [
            escape(texts.hover_sum.format(place=place + 1, value=number_text(float(value))))
            for place, value in enumerate(steps.output)
        ]
    )
    figure.add_trace(strip("weighted", "x3", rows, np.stack(parts), limit, hover, look))
    add_heading(figure, "x", 0, 1, texts.weight, look)
    add_heading(figure, "x2", size / 2 - 0.5, 1, texts.values, look)
    add_heading(figure, "x3", size / 2 - 0.5, 1, texts.weighted, look)
    return figure


def weighted_values_summary(steps: AttentionSteps, texts: WeightedValuesTexts | None = None) -> str:
    """The first numbers of the sum in words, for people who do not see the figure."""
    texts = texts or WeightedValuesTexts()
    numbers = ", ".join(number_text(float(value)) for value in steps.output[:4])
    return texts.summary.format(title=texts.title, numbers=numbers)


def _hover(template: str, name: str, steps: AttentionSteps, key: int, vector: np.ndarray) -> list[str]:
    weight = float(steps.weights[key])
    return [
        escape(
            template.format(
                key=name,
                place=place + 1,
                value=number_text(float(value)),
                weight=weight_text(weight),
                product=number_text(float(weight * value)),
            )
        )
        for place, value in enumerate(vector)
    ]
