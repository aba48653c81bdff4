"""Several maps of the same queries and keys side by side, on one scale around 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.figures.labels import coloured, escape, shorten, text_width_px
from viz.figures.palette import diverging_colorscale
from viz.figures.theme import (
    EDGE_PX,
    Look,
    add_footer,
    add_title,
    footer_height_px,
    themed_figure,
    title_height_px,
    wrap_footer,
)
from viz.measures.words import Word

# A map's side, unless its cells would be too small to point at, too narrow for the words, or larger than anyone needs.
_SIDE_PX = 280
_SMALLEST_CELL_PX, _LARGEST_CELL_PX = 7, 60
_GAP_PX = 16
_LABEL_LIMIT_EM, _LABEL_LINE_EM = 5.5, 1.1


@dataclass(frozen=True, eq=False)
class SmallMap:
    """One map: its title, and a number for each query (row) and key (column)."""

    title: str
    values: np.ndarray


@dataclass(frozen=True)
class SmallMapsTexts:
    """The words of the figure; {names} in braces are filled in."""

    title: str
    query: str = "query"
    key: str = "key"
    value: str = "score"
    hover: str = "{query} → {key}: {value}"
    summary: str = "{title}. {maps}."


def small_maps(
    maps: Sequence[SmallMap],
    tokens: Sequence[Word],
    words: Sequence[Word],
    texts: SmallMapsTexts,
    *,
    n_columns: int = 3,
    look: Look | None = None,
    footer: Sequence[str] = (),
) -> go.Figure:
    """Maps from tokens to the same tokens, in rows of `n_columns`; 0 has the colour of the page.

    Parameters
    ----------
    maps : sequence of SmallMap
        Values of shape (tokens, tokens); row 0 is at the top.
    tokens : sequence of Word
        Each token by itself: what a cell is called.
    words : sequence of Word
        The words that the tokens make: what the axes are labelled with.
    """
    look = look or Look()
    n_tokens = len(tokens)
    n_rows = -(-len(maps) // n_columns)
    label_line = look.font_px * _LABEL_LINE_EM
    cell = max(min(_SIDE_PX / n_tokens, _LARGEST_CELL_PX), _SMALLEST_CELL_PX, label_line * len(words) / n_tokens)
    side, line = cell * n_tokens, look.font_px * 1.6
    label = max(min(text_width_px(word.text, look.font_px), _LABEL_LIMIT_EM * look.font_px) for word in words)
    left, gap_down = label + line + EDGE_PX, line + _GAP_PX
    # A map's title may be wider than a map of few tokens.
    step = max(side, *(text_width_px(each.title, look.font_px) for each in maps)) + _GAP_PX
    width = left + step * n_columns + EDGE_PX
    lines = wrap_footer(footer, look, width)
    top = title_height_px(texts.title, look, width) + line
    key_labels, scale = label + 12, line * 3 + 12
    bottom = key_labels + scale + footer_height_px(lines, look)
    across, down = step * n_columns, side * n_rows + gap_down * (n_rows - 1)
    largest = max(float(np.abs(each.values).max()) for each in maps) or 1.0
    layout: dict[str, object] = {
        "margin": {"l": left, "r": EDGE_PX, "t": top, "b": bottom, "pad": 0}, "dragmode": False,
        "hovermode": "closest", "coloraxis": _colour_axis(largest, texts, look, below=key_labels / down),
    }
    cells, names = [], []
    labels = _placed(words, n_tokens, label_line / cell)
    for place, each in enumerate(maps):
        row, column = divmod(place, n_columns)
        upper, first = 1 - row * (side + gap_down) / down, column * step / across
        # Plotly's first axis has no number.
        number = "" if place == 0 else str(place + 1)
        cells.append(_cells(each, tokens, texts, number))
        layout |= _axes(
            number, labels, look, n_tokens=n_tokens, across=(first, first + side / across),
            down=(max(0.0, upper - side / down), upper), names=(column == 0, row == n_rows - 1),
        )
        names.append({
            "name": "map", "text": f"<b>{escape(each.title)}</b>", "xref": "paper", "yref": "paper", "x": first,
            "y": upper, "xanchor": "left", "yanchor": "bottom", "yshift": 2, "showarrow": False,
            "font": {"size": look.font_px},
        })
    layout["annotations"] = names
    figure = themed_figure(look, width=round(width), height=round(top + down + bottom), layout=layout)
    figure.add_traces(cells)
    _name_axes(figure, texts, look, left=left, side=side / down)
    add_title(figure, texts.title, look, width=width, left_px=left, top_px=top)
    add_footer(figure, lines, look, left_px=left, below_px=key_labels + scale)
    return figure


def small_maps_summary(maps: Sequence[SmallMap], texts: SmallMapsTexts) -> str:
    """Each map's title with its lowest and highest number, for people who do not see the figure."""
    named = [f"{each.title}: {each.values.min():.2f} … {each.values.max():.2f}" for each in maps]
    return texts.summary.format(title=texts.title, maps="; ".join(named))


def _cells(each: SmallMap, tokens: Sequence[Word], texts: SmallMapsTexts, number: str) -> go.Heatmap:
    names = np.array([escape(token.text) for token in tokens], dtype=object)
    hover = escape(texts.hover.format(query="%{customdata[0]}", key="%{customdata[1]}", value="%{z:.2f}"))
    return go.Heatmap(
        name=escape(each.title),
        z=each.values.astype(np.float32),
        # (queries, keys, 2)
        customdata=np.stack(np.broadcast_arrays(names[:, None], names), axis=-1),
        coloraxis="coloraxis",
        xaxis=f"x{number}",
        yaxis=f"y{number}",
        hovertemplate=f"{hover}<extra>{escape(each.title)}</extra>",
    )


def _placed(words: Sequence[Word], n_tokens: int, line_cells: float) -> list[tuple[Word, float]]:
    """Words and the places of their labels, in cells: at the middle of their tokens, or as near as there is room."""
    middles = [(word.indices[0] + word.indices[-1]) / 2 for word in words]
    places: list[float] = []
    for middle in middles:
        places.append(max(middle, places[-1] + line_cells) if places else middle)
    limit = n_tokens - 0.5
    for index in reversed(range(len(places))):
        places[index] = min(places[index], limit)
        limit = places[index] - line_cells
    return list(zip(words, places, strict=True))


def _axes(
    number: str,
    labels: Sequence[tuple[Word, float]],
    look: Look,
    *,
    n_tokens: int,
    across: tuple[float, float],
    down: tuple[float, float],
    names: tuple[bool, bool],
) -> dict[str, object]:
    """The two axes of one map: where it is in the figure, and whether its rows and its columns are labelled."""
    shared = _axis(labels, look)
    return {
        f"xaxis{number}": {
            **shared, "domain": across, "anchor": f"y{number}", "range": [-0.5, n_tokens - 0.5], "tickangle": -90,
            "showticklabels": names[1],
        },
        f"yaxis{number}": {
            **shared, "domain": down, "anchor": f"x{number}", "range": [n_tokens - 0.5, -0.5],
            "showticklabels": names[0],
        },
    }


def _axis(labels: Sequence[tuple[Word, float]], look: Look) -> dict[str, object]:
    palette = look.palette
    return {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
        "linecolor": palette.grid,
        "ticks": "",
        "ticklabelstandoff": 4,
        "fixedrange": True,
        "tickmode": "array",
        "tickvals": [place for _, place in labels],
        "ticktext": [
            coloured(shorten(word.text, _LABEL_LIMIT_EM), palette.muted if word.is_special else palette.source,
                     look.font_px)
            for word, _ in labels
        ],
    }


def _name_axes(figure: go.Figure, texts: SmallMapsTexts, look: Look, *, left: float, side: float) -> None:
    """What the rows are, beside the first map, and what the columns are, beside the last row's labels."""
    font = {"size": look.font_px, "color": look.palette.muted}
    figure.add_annotation(
        name="query", text=escape(texts.query), xref="paper", yref="paper", x=0, y=1 - side / 2, xshift=-left + 4,
        xanchor="left", yanchor="middle", textangle=-90, showarrow=False, font=font,
    )
    figure.add_annotation(
        name="key", text=escape(texts.key), xref="paper", yref="paper", x=0, y=0, xshift=-8, yshift=-6,
        xanchor="right", yanchor="top", showarrow=False, font=font,
    )


def _colour_axis(largest: float, texts: SmallMapsTexts, look: Look, *, below: float) -> dict[str, object]:
    return {
        "cmin": -largest,
        "cmax": largest,
        "colorscale": diverging_colorscale(look.palette),
        "colorbar": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "xpad": 0,
            "y": -below,
            "yanchor": "top",
            "ypad": 6,
            "len": 0.5,
            "thickness": look.font_px,
            "outlinewidth": 1,
            "outlinecolor": look.palette.muted,
            "tickfont": {"size": look.font_px},
            "title": {"text": escape(texts.value), "side": "bottom", "font": {"size": look.font_px}},
        },
    }
