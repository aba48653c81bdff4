"""The words of a sentence along the horizontal axis of bars or dots."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz.figures.labels import coloured, shorten
from viz.figures.theme import Look

_MAX_LABEL_EM = 7.0
# With more words than this a figure is as wide as they need, and scrolls sideways in its frame.
_MOST_ON_A_PAGE = 24
_WORD_EM = 3.2


def add_words(figure: go.Figure, words: Sequence[str], colour: str, look: Look) -> None:
    """Put the words at 0, 1, 2, ... of the x axis.

    Whole numbers as places: two equal words would be one on an axis of names.

    Parameters
    ----------
    words : sequence of str
        As typed; escaped here. The same word may occur twice.
    colour : str
        The palette's source or target.
    """
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(words))),
        # A space at both ends, or two words that just fit read as one.
        ticktext=[coloured(f"\N{NO-BREAK SPACE}{shorten(word, _MAX_LABEL_EM)}\N{NO-BREAK SPACE}", colour, look.font_px)
                  for word in words],
        # Upright where they are too wide to lie: slanted, a long word reaches over its neighbours. The browser, which
        # knows the width of the page, chooses and makes room.
        autotickangles=[0, -90],
        automargin=True,
        showgrid=False,
        zeroline=False,
    )
    if len(words) > _MOST_ON_A_PAGE:
        figure.update_layout(width=round((len(words) + 2) * _WORD_EM * look.font_px))
