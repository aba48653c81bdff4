"""How often something is found again, by the number of dimensions that it was kept in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.figures.labels import escape
from viz.figures.theme import Look, curves_figure

# One line differs from another by more than its colour.
_DASHES = ("solid", "dash", "dot", "dashdot")
_SYMBOLS = ("circle", "square", "diamond", "cross")


@dataclass(frozen=True)
class RecoveryLine:
    """One line: its name, the share (0 to 1) at each size, its colour."""

    name: str
    shares: Sequence[float]
    colour: str


@dataclass(frozen=True)
class RecoveryTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Found again"
    size: str = "dimensions d"
    percent: str = "found again (%)"
    hover: str = "d = {size}: {percent} %"
    summary: str = "{title}, for d of {sizes}. {lines}."


def recovery_lines(
    sizes: Sequence[int],
    lines: Sequence[RecoveryLine],
    texts: RecoveryTexts | None = None,
    *,
    look: Look | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """Percent over the sizes, which stand evenly spaced since each is twice the one before."""
    look, texts = look or Look(), texts or RecoveryTexts()
    figure = curves_figure(look, title=texts.title, footer=footer, plot_height=280, legend_rows=len(lines))
    hover = escape(texts.hover.format(size="%{customdata}", percent="%{y:.3~g}"))
    for place, line in enumerate(lines):
        figure.add_trace(
            go.Scatter(
                name=escape(line.name),
                x=list(range(len(sizes))),
                y=[100 * float(share) for share in line.shares],
                customdata=list(sizes),
                mode="lines+markers",
                line={"color": line.colour, "width": 2.5 * look.type_scale, "dash": _DASHES[place % 4]},
                marker={"symbol": _SYMBOLS[place % 4], "size": 8 * look.type_scale},
                hovertemplate=f"{hover}<extra>{escape(line.name)}</extra>",
            )
        )
    figure.update_xaxes(
        title_text=escape(texts.size), tickmode="array", tickvals=list(range(len(sizes))),
        ticktext=[str(size) for size in sizes], range=[-0.3, len(sizes) - 0.7], zeroline=False,
    )
    figure.update_yaxes(title_text=escape(texts.percent), range=[-4, 104])
    return figure


def recovery_summary(sizes: Sequence[int], lines: Sequence[RecoveryLine], texts: RecoveryTexts | None = None) -> str:
    """The lines in numbers, for people who do not see the figure."""
    texts = texts or RecoveryTexts()
    named = [f"{line.name}: {', '.join(f'{100 * share:.0f} %' for share in line.shares)}" for line in lines]
    return texts.summary.format(title=texts.title, sizes=", ".join(map(str, sizes)), lines="; ".join(named))
