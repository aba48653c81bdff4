"""Loss and chrF over the tokens that were trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.numbers import number_text
from viz.figures.theme import Look, axis_style, curves_figure

# Of the height: chrF below, loss above, and room for the ticks between them.
_CHRF_DOMAIN = (0.0, 0.40)
_LOSS_DOMAIN = (0.50, 1.0)

Row = Mapping[str, object]


@dataclass(frozen=True)
class TrainingTexts:
    """The words of the curves; {names} in braces are filled in."""

    title: str = "Training"
    tokens: str = "tokens trained on (million)"
    loss: str = "loss (nats a token)"
    train_loss: str = "training"
    dev_loss: str = "held-out sentences"
    chrf: str = "chrF, held-out"
    hover: str = "step {step}, {tokens} million tokens: {value}"
    summary: str = "{title}: {tokens} million tokens. Loss: training {train_loss}, held-out {dev_loss}. chrF {chrf}."
    unknown: str = "unknown"


def training_curves(
    rows: Sequence[Row],
    *,
    look: Look | None = None,
    texts: TrainingTexts | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """Loss on training text and on held-out sentences above, chrF below.

    Parameters
    ----------
    rows : sequence of mapping
        As in training.csv: step, tokens, train_loss, dev_loss, dev_chrf, numbers or their text; what was not measured
        at a step is missing, None or empty, and other columns are not looked at.
    """
    look, texts = look or Look(), texts or TrainingTexts()
    palette = look.palette
    figure = curves_figure(look, title=texts.title, footer=footer, plot_height=440, legend_rows=2)
    figure.add_trace(_curve(rows, "train_loss", texts.train_loss, palette.muted, texts, axis="y", dash="solid"))
    figure.add_trace(_curve(rows, "dev_loss", texts.dev_loss, palette.weight, texts, axis="y", dash="dash"))
    figure.add_trace(_curve(rows, "dev_chrf", texts.chrf, palette.negative, texts, axis="y2", dash="dot"))
    figure.update_xaxes(title_text=escape(texts.tokens), rangemode="tozero", anchor="y2")
    figure.update_layout(
        yaxis={"domain": _LOSS_DOMAIN, "title_text": escape(texts.loss)},
        yaxis2={
            **axis_style(look),
            "domain": _CHRF_DOMAIN,
            "rangemode": "tozero",
            "title_text": escape(texts.chrf),
        },
    )
    return figure


def training_summary(rows: Sequence[Row], texts: TrainingTexts | None = None) -> str:
    """Where training ended, in words."""
    texts = texts or TrainingTexts()
    last = {name: _last(rows, name) for name in ("tokens", "train_loss", "dev_loss", "dev_chrf")}
    tokens = last["tokens"]
    return texts.summary.format(
        title=texts.title,
        tokens=texts.unknown if tokens is None else f"{tokens / 1e6:.3g}",
        ten_thousands=texts.unknown if tokens is None else number_text(tokens / 1e4),
        train_loss=_spoken(last["train_loss"], texts),
        dev_loss=_spoken(last["dev_loss"], texts),
        chrf=_spoken(last["dev_chrf"], texts),
    )


def _curve(
    rows: Sequence[Row], column: str, name: str, colour: str, texts: TrainingTexts, *, axis: str, dash: str
) -> go.Scatter:
    measured = [row for row in rows if _number(row, column) is not None and _number(row, "tokens") is not None]
    hover = texts.hover.format(step="%{customdata}", tokens="%{x:.3~g}", value="%{y:.3~g}")
    return go.Scatter(
        name=escape(name),
        x=[_number(row, "tokens") / 1e6 for row in measured],  # pyright: ignore[reportOptionalOperand]
        y=[_number(row, column) for row in measured],
        customdata=[_number(row, "step") for row in measured],
        yaxis=axis,
        mode="lines" if len(measured) > 30 else "lines+markers",
        line={"color": colour, "width": 2.5, "dash": dash},
        hovertemplate=f"{escape(hover)}<extra>{escape(name)}</extra>",
    )


def _number(row: Row, column: str) -> float | None:
    """A cell as a number; None where nothing was measured."""
    value = row.get(column)
    if value is None or value == "":
        return None
    number = float(str(value))
    return number if number == number else None


def _last(rows: Sequence[Row], column: str) -> float | None:
    return next((number for row in reversed(rows) if (number := _number(row, column)) is not None), None)


def _spoken(number: float | None, texts: TrainingTexts) -> str:
    return texts.unknown if number is None else f"{number:.3g}"
