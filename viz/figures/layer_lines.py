"""Lines over the layers of a stack: how a number goes from before the first layer to after the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.figures.labels import escape, shorten, text_width_px
from viz.figures.theme import Look, curves_figure

_MAX_LABEL_EM = 8.0


@dataclass(frozen=True)
class LayerLine:
    """One line.

    Attributes
    ----------
    name : str
        As a person reads it; escaped in the figure.
    values : sequence of float, length layers + 1
        The first stands before the first layer.
    """

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class LayerTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str
    value: str
    main: str
    others: str
    start: str = "start"
    layer: str = "layer {number}"
    hover: str = "{name}, {place}: {value}"
    summary: str = "{title}. {main}: {values}. {others}: {closest}."


def layer_lines(
    main: LayerLine,
    others: Sequence[LayerLine],
    closest: int | None,
    texts: LayerTexts,
    *,
    look: Look | None = None,
    footer: Sequence[str] = (),
    plot_height: float = 300,
) -> go.Figure:
    """One thick line, and thin ones for what it is compared with.

    Parameters
    ----------
    main : LayerLine
    others : sequence of LayerLine
    closest : int, optional
        The one of `others` that is drawn stronger and named at its end.
    """
    look = look or Look()
    palette = look.palette
    last = others[closest] if closest is not None else main
    label = shorten(last.name, _MAX_LABEL_EM)
    figure = curves_figure(
        look, title=texts.title, footer=footer, plot_height=plot_height, legend_rows=2,
        right_px=text_width_px(label, look.font_px) + 24,
    )
    places = [texts.start, *(texts.layer.format(number=layer + 1) for layer in range(len(main.values) - 1))]
    for index, line in enumerate(others):
        strong = index == closest
        figure.add_trace(
            _line(line, places, texts, colour=palette.source, width=2.5 if strong else 1, opacity=1 if strong else 0.35,
                  legend=texts.others, in_legend=index == (closest if closest is not None else 0))
        )
    figure.add_trace(_line(main, places, texts, colour=palette.weight, width=4, opacity=1, legend=texts.main,
                           in_legend=True))
    if closest is not None:
        figure.add_annotation(
            name="closest", text=escape(label), x=len(places) - 1, y=float(last.values[-1]), xanchor="left",
            xshift=8, showarrow=False, font={"size": look.font_px, "color": palette.source},
        )
    lowest = min([0.0, *(float(value) for line in (main, *others) for value in line.values)])
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(len(places))), ticktext=[escape(place) for place in places],
        range=[-0.15, len(places) - 0.85], showgrid=False, zeroline=False,
    )
    figure.update_yaxes(title_text=escape(texts.value), range=[lowest - 0.05, 1.08])
    figure.update_layout(legend_traceorder="reversed")
    return figure


def layer_summary(main: LayerLine, others: Sequence[LayerLine], closest: int | None, texts: LayerTexts) -> str:
    """The main line in numbers, and how the closest other one ends, for people who do not see the figure."""
    near = "–" if closest is None else f"{others[closest].name} {others[closest].values[-1]:.2f}"
    values = ", ".join(f"{value:.2f}" for value in main.values)
    return texts.summary.format(title=texts.title, main=texts.main, values=values, others=texts.others, closest=near)


def _line(
    line: LayerLine, places: Sequence[str], texts: LayerTexts, *, colour: str, width: float, opacity: float,
    legend: str, in_legend: bool,
) -> go.Scatter:
    hover = texts.hover.format(name="%{fullData.meta}", place="%{customdata}", value="%{y:.2f}")
    return go.Scatter(
        name=escape(legend),
        meta=escape(line.name),
        x=list(range(len(line.values))),
        y=[float(value) for value in line.values],
        customdata=[escape(place) for place in places],
        mode="lines+markers",
        line={"color": colour, "width": width},
        marker={"size": 4 + width},
        opacity=opacity,
        showlegend=in_legend,
        hovertemplate=f"{escape(hover)}<extra></extra>",
    )
