"""Source words and target words in two columns, joined where a target word looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import escape, percent_text, text_width_px, word_label
from viz.figures.palette import mix
from viz.figures.theme import EDGE_PX, Look, add_title, themed_figure, title_height_px
from viz.measures.alignment import strongest_keys
from viz.measures.maps import AttentionMap
from viz.measures.words import Word

_LABEL_LIMIT_EM = 11.0
_ROW_EM = 1.5
# Weaker links than this share are not drawn, unless they are the strongest of their word: of all words, of one alone.
LEAST_OF_ALL = 0.2
LEAST_OF_ONE = 0.02
# Links of about one weight are one trace, or a long sentence would make hundreds.
_WIDTHS_PX = (1.5, 3.0, 5.0, 8.0)
_CURVE = np.linspace(0.0, 1.0, 33)


@dataclass(frozen=True)
class LinksTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str = "Where each target word looks"
    source: str = "source"
    target: str = "target"
    strongest: str = "strongest"
    others: str = "more than {percent} %"
    hover: str = "“{target}” looks {percent} % at “{source}”"
    summary: str = "{title}: {links}."


@dataclass(frozen=True)
class _Link:
    target: int
    source: int
    weight: float
    is_strongest: bool


def word_links(
    attention_map: AttentionMap, texts: LinksTexts | None = None, *, look: Look | None = None, chosen: int | None = None
) -> go.Figure:
    """A line from each target word to the source words that it looks at, the thicker the more.

    The strongest of each target word is drawn in full colour. Both columns are read from the top down.

    Parameters
    ----------
    attention_map : of cross-attention
    chosen : int, optional
        The target word whose links alone are in colour, its weak ones too.
    """
    look, texts = look or Look(), texts or LinksTexts()
    assert attention_map.predicted is not None
    source, target = attention_map.keys, attention_map.predicted
    rows = max(len(source), len(target))
    left, right = (_labels_px(words, look) for words in (source, target))
    top = title_height_px(texts.title, look, None) + look.font_px * 3.6
    figure = themed_figure(look, width=None, height=round(top + rows * look.font_px * _ROW_EM + 16))
    for trace in _traces(attention_map, texts, look, chosen, rows):
        figure.add_trace(trace)
    # A trace on the right axis, or Plotly leaves it out.
    figure.add_trace(go.Scatter(x=[None], y=[None], yaxis="y2", showlegend=False, hoverinfo="skip"))
    figure.update_layout(
        margin={"l": left, "r": right, "t": top, "b": 16, "pad": 0},
        dragmode=False,
        hovermode="closest",
        hoverdistance=12,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "itemclick": False,
                "itemdoubleclick": False},
        xaxis={"visible": False, "range": [-0.02, 1.02], "fixedrange": True},
        yaxis=_axis(source, rows, look.palette.source, look, None),
        yaxis2=_axis(target, rows, look.palette.target, look, chosen) | {"overlaying": "y", "side": "right"},
    )
    add_title(figure, texts.title, look, width=None, left_px=left, top_px=top)
    return figure


def links_summary(attention_map: AttentionMap, texts: LinksTexts | None = None) -> str:
    """The strongest source word of each target word, for people who do not see the figure."""
    texts = texts or LinksTexts()
    sentences = [_said(attention_map, link, texts) for link in _links(attention_map, None) if link.is_strongest]
    return texts.summary.format(title=texts.title, links="; ".join(sentences))


def _links(attention_map: AttentionMap, chosen: int | None) -> Iterable[_Link]:
    """What is drawn, word by word of the target."""
    strongest = strongest_keys(attention_map)
    for target, weights in enumerate(attention_map.weights):
        least = LEAST_OF_ONE if target == chosen else LEAST_OF_ALL
        for source, weight in enumerate(weights.tolist()):
            if source == strongest[target] or weight >= least:
                yield _Link(target, source, weight, source == strongest[target])


def _traces(
    attention_map: AttentionMap, texts: LinksTexts, look: Look, chosen: int | None, rows: int
) -> Iterable[go.Scatter]:
    palette = look.palette
    links = list(_links(attention_map, chosen))
    # What is in colour comes last, over the rest.
    for in_colour in (False, True):
        for is_strongest in (False, True):
            faint = 0.2 if not in_colour else 0.45
            colour = palette.weight if is_strongest and in_colour else mix(palette.background, palette.weight, faint)
            group = [
                link
                for link in links
                if link.is_strongest == is_strongest and (chosen is None or link.target == chosen) == in_colour
            ]
            for place, width in enumerate(_WIDTHS_PX):
                of_width = [link for link in group if _width_class(link.weight) == place]
                if of_width:
                    yield _trace(attention_map, of_width, rows, width * look.type_scale, colour, texts)
    others = texts.others.format(percent=percent_text(LEAST_OF_ALL if chosen is None else LEAST_OF_ONE))
    for name, colour in ((texts.strongest, palette.weight), (others, mix(palette.background, palette.weight, 0.45))):
        line = {"width": _WIDTHS_PX[2], "color": colour}
        yield go.Scatter(name=escape(name), x=[None], y=[None], mode="lines", line=line, hoverinfo="skip")


def _width_class(weight: float) -> int:
    return min(int(weight * len(_WIDTHS_PX)), len(_WIDTHS_PX) - 1)


def _trace(
    attention_map: AttentionMap, links: Sequence[_Link], rows: int, width: float, colour: str, texts: LinksTexts
) -> go.Scatter:
    """Links of one width and colour, as curves with gaps between them."""
    across: list[float | None] = []
    down: list[float | None] = []
    said: list[str] = []
    # Level at both ends and steepest in the middle.
    bend = _CURVE * _CURVE * (3 - 2 * _CURVE)
    for link in links:
        start = _height(link.source, len(attention_map.keys), rows)
        end = _height(link.target, len(attention_map.weights), rows)
        across += [*_CURVE.tolist(), None]
        down += [*(start + (end - start) * bend).tolist(), None]
        said += [escape(_said(attention_map, link, texts))] * (len(_CURVE) + 1)
    return go.Scatter(
        x=across, y=down, mode="lines", line={"color": colour, "width": width}, text=said,
        hovertemplate="%{text}<extra></extra>", showlegend=False,
    )


def _said(attention_map: AttentionMap, link: _Link, texts: LinksTexts) -> str:
    assert attention_map.predicted is not None
    return texts.hover.format(
        target=attention_map.predicted[link.target].text,
        source=attention_map.keys[link.source].text,
        percent=percent_text(link.weight),
    )


def _height(place: int, count: int, rows: int) -> float:
    """Where a word stands: the words of the shorter column are spread over the whole height."""
    return (place + 0.5) * rows / count


def _axis(words: Sequence[Word], rows: int, colour: str, look: Look, chosen: int | None) -> dict[str, object]:
    labels = [
        word_label(word, colour, look.palette, font_px=look.font_px * 16 / 14, special_px=look.font_px,
                   limit_em=_LABEL_LIMIT_EM)
        for word in words
    ]
    return {
        "range": [rows, 0],
        "tickmode": "array",
        "tickvals": [_height(place, len(words), rows) for place in range(len(words))],
        "ticktext": [f"<b>{label}</b>" if place == chosen else label for place, label in enumerate(labels)],
        "ticks": "",
        "ticklabelstandoff": 6,
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "fixedrange": True,
    }


def _labels_px(words: Sequence[Word], look: Look) -> float:
    font_px = look.font_px * 16 / 14
    widest = max(min(text_width_px(word.text, font_px), _LABEL_LIMIT_EM * font_px) for word in words)
    return widest + EDGE_PX + 12
