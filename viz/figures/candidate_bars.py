"""The likeliest next tokens as bars, the chosen one in full colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.figures.labels import coloured, escape, percent_text, shorten, text_width_px
from viz.figures.palette import mix
from viz.figures.theme import Look, add_title, axis_style, themed_figure, title_height_px
from viz.measures.confidence import Alternative

_ROW_EM = 1.6
_LABEL_LIMIT_EM = 9.0


@dataclass(frozen=True)
class CandidatesTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Next token"
    probability: str = "probability (%)"
    hover: str = "“{token}”: {percent} %"
    summary: str = "{title}: {candidates}."


def candidate_bars(
    candidates: Sequence[Alternative],
    chosen: int | None,
    texts: CandidatesTexts | None = None,
    *,
    look: Look | None = None,
) -> go.Figure:
    """Bars from the top down, on an axis that is always 0 to 100 %, each with its number.

    Parameters
    ----------
    candidates : best first
    chosen : int or None
        Place of the token that was taken; None if it is not among them.
    """
    look, texts = look or Look(), texts or CandidatesTexts()
    palette = look.palette
    labels = [shorten(candidate.text, _LABEL_LIMIT_EM) for candidate in candidates]
    left = max(text_width_px(label, look.font_px) for label in labels) + 24
    top = title_height_px(texts.title, look, None)
    bottom = look.font_px * 3.6
    rows = len(candidates)
    figure = themed_figure(look, width=None, height=round(top + rows * _ROW_EM * look.font_px + bottom))
    percents = [percent_text(candidate.probability) for candidate in candidates]
    hovers = [
        escape(texts.hover.format(token=candidate.text, percent=percent))
        for candidate, percent in zip(candidates, percents, strict=True)
    ]
    faint = mix(palette.background, palette.target, 0.45)
    figure.add_trace(
        go.Bar(
            orientation="h",
            x=[100 * candidate.probability for candidate in candidates],
            # Whole numbers as places: two tokens may look alike.
            y=list(range(rows)),
            marker={"color": [palette.target if place == chosen else faint for place in range(rows)]},
            text=[f"{escape(percent)} %" for percent in percents],
            textposition="outside",
            textfont={"size": look.font_px},
            cliponaxis=False,
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_layout(
        margin={"l": left, "r": look.font_px * 4, "t": top, "b": bottom, "pad": 0}, bargap=0.25, showlegend=False
    )
    figure.update_xaxes(axis_style(look), range=[0, 100], title_text=escape(texts.probability))
    figure.update_yaxes(
        axis_style(look),
        range=[rows - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(rows)),
        ticktext=[
            _label(label, candidate, place == chosen, look)
            for place, (label, candidate) in enumerate(zip(labels, candidates, strict=True))
        ],
        showgrid=False,
        zeroline=False,
    )
    add_title(figure, texts.title, look, width=None, left_px=left, top_px=top)
    return figure


def candidates_summary(candidates: Sequence[Alternative], texts: CandidatesTexts | None = None) -> str:
    """The tokens with their probabilities, for people who do not see the figure."""
    texts = texts or CandidatesTexts()
    listed = [texts.hover.format(token=one.text, percent=percent_text(one.probability)) for one in candidates]
    return texts.summary.format(title=texts.title, candidates="; ".join(listed))


def _label(label: str, candidate: Alternative, is_chosen: bool, look: Look) -> str:
    colour = look.palette.muted if candidate.is_special else look.palette.target
    text = coloured(label, colour, look.font_px)
    return f"<b>{text}</b>" if is_chosen else text
