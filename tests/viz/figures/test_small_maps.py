# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np
import pytest

from viz.figures.small_maps import SmallMap, SmallMapsTexts, small_maps, small_maps_summary
from viz.figures.theme import Look
from viz.measures.words import Word

TEXTS = SmallMapsTexts(title="maps")


def tokens_of(n_tokens: int) -> list[Word]:
    return [Word(f"t{index}", (index,), index, index + 1, False) for index in range(n_tokens)]


def six_maps(n_tokens: int) -> list[SmallMap]:
    return [SmallMap(f"m{number}", np.full((n_tokens, n_tokens), number - 3.0)) for number in range(6)]


def test_maps_share_one_scale_around_zero():
    figure = small_maps(six_maps(3), tokens_of(3), tokens_of(3), TEXTS)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-3, 3)
    assert all(cells.coloraxis == "coloraxis" for cells in figure.data)


def test_maps_of_nothing_but_zeros_have_a_scale():
    zeros = [SmallMap("zero", np.zeros((2, 2)))] * 6
    assert small_maps(zeros, tokens_of(2), tokens_of(2), TEXTS).layout.coloraxis.cmax == 1


def test_maps_stand_in_rows_of_three_with_queries_from_the_top():
    figure = small_maps(six_maps(3), tokens_of(3), tokens_of(3), TEXTS)
    layout = figure.layout
    assert layout.xaxis.domain == layout.xaxis4.domain and layout.yaxis.domain == layout.yaxis3.domain
    assert layout.xaxis.domain[1] < layout.xaxis2.domain[0] and layout.yaxis4.domain[1] < layout.yaxis.domain[0]
    assert tuple(layout.yaxis6.range) == (2.5, -0.5)


def test_cells_are_square():
    figure = small_maps(six_maps(7), tokens_of(7), tokens_of(7), TEXTS)
    layout = figure.layout
    across = layout.width - layout.margin.l - layout.margin.r
    down = layout.height - layout.margin.t - layout.margin.b
    for number in ("", "2", "6"):
        left, right = layout[f"xaxis{number}"].domain
        low, high = layout[f"yaxis{number}"].domain
        assert (right - left) * across == pytest.approx((high - low) * down, abs=2)


def test_hover_names_both_tokens_escaped():
    tokens = [Word("<b>", (0,), 0, 1, False), Word("나", (1,), 1, 2, False)]
    cells = small_maps(six_maps(2), tokens, tokens, TEXTS).data[0]
    assert list(cells.customdata[0][1]) == ["&lt;b&gt;", "나"]
    assert cells.hovertemplate.startswith("%{customdata[0]} → %{customdata[1]}: %{z:.2f}")


@pytest.mark.parametrize("n_tokens", [1, 2, 25, 100])
@pytest.mark.parametrize("type_scale", [1.0, 1.6])
def test_labels_never_cover_each_other(n_tokens: int, type_scale: float):
    """Some words have one token, some three; each label has the height of a line."""
    look, tokens, words, start = Look(type_scale=type_scale), tokens_of(n_tokens), [], 0
    while start < n_tokens:
        end = min(n_tokens, start + (1 if len(words) % 3 else 3))
        words.append(Word("낱말", tuple(range(start, end)), start, end, False))
        start = end
    figure = small_maps(six_maps(n_tokens), tokens, words, TEXTS, look=look)
    places = np.array(figure.layout.yaxis.tickvals)
    down = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    low, high = figure.layout.yaxis.domain
    cell = (high - low) * down / n_tokens
    assert len(places) == len(words)
    assert (np.diff(places) * cell >= look.font_px).all()
    assert places.min() >= -1 and places.max() <= n_tokens - 0.5


def test_only_outer_maps_are_labelled():
    layout = small_maps(six_maps(3), tokens_of(3), tokens_of(3), TEXTS).layout
    assert layout.yaxis.showticklabels and layout.yaxis4.showticklabels and not layout.yaxis2.showticklabels
    assert layout.xaxis4.showticklabels and layout.xaxis6.showticklabels and not layout.xaxis.showticklabels


def test_the_summary_has_the_range_of_each_map():
    assert "m1: -2.00 … -2.00" in small_maps_summary(six_maps(2), TEXTS)
