# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
"""The two figures of one query's attention: query against keys, weights times values."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.attention_rows import RowLabels
from viz.figures.palette import number_colour
from viz.figures.query_keys import query_keys, query_keys_summary
from viz.figures.theme import Look
from viz.figures.weighted_values import weighted_values, weighted_values_summary
from viz.measures.attention_steps import AttentionSteps
from viz.measures.words import Word

# Dot products 4, 0, 8 with d_head 4: scaled 2, 0, 4; the last key is masked.
QUERY = np.array([2.0, 0.0, 0.0, 0.0])
KEYS = np.array([[2.0, 0, 0, 1], [0, 3, 0, 0], [4, 0, 0, 0]])
VALUES = np.array([[1.0, 0, 0, 0], [0, 10, 0, 0], [0, 0, 5, 0]])
ALLOWED = np.array([True, True, False])
EXPONENTIALS = np.array([1, np.exp(-2), 0])
WEIGHTS = EXPONENTIALS / EXPONENTIALS.sum()
STEPS = AttentionSteps(
    QUERY, KEYS, VALUES, KEYS @ QUERY, KEYS @ QUERY / 2, ALLOWED, EXPONENTIALS, WEIGHTS, WEIGHTS @ VALUES
)
WORDS = tuple(Word(text, (place,), place, place + 1, False) for place, text in enumerate(["<b>", "나", "다"]))


def labels(*shown: int) -> RowLabels:
    return RowLabels("q: 나", "sum", WORDS, shown, "1 other", "#111111", "#222222")


def trace(figure, name: str):
    return next(each for each in figure.data if each.name == name)


def test_the_numbers_stand_in_the_order_of_the_computation():
    numbers = trace(query_keys(STEPS, labels(0, 1, 2), with_mask=True), "numbers")
    by_place = {(row, column): text for row, column, text in zip(numbers.y, numbers.x, numbers.text, strict=True)}
    assert [by_place[2, column] for column in range(3)] == ["4.00", "2.00", "2.00"]
    assert [by_place[4, column] for column in range(3)] == ["8.00", "4.00", "−∞"]


def test_without_a_mask_there_is_no_column_for_it():
    figure = query_keys(STEPS, labels(0, 1, 2), with_mask=False)
    assert set(trace(figure, "numbers").x) == {0, 1}
    assert not any(each.text == "mask" for each in figure.layout.annotations)


def test_weights_of_shown_keys_of_the_others_and_their_sum():
    weights = trace(query_keys(STEPS, labels(0, 2), with_mask=False), "weights")
    # Rows: query, headings, key 0, key 2, the other one, the sum.
    np.testing.assert_allclose(weights.z[:, 2], [np.nan, np.nan, WEIGHTS[0], 0, WEIGHTS[1], 1], rtol=1e-6)
    assert ">0<" in weights.text[3][2] and ">1.00<" in weights.text[5][2]
    assert (weights.zmin, weights.zmax) == (0, 1)


@pytest.mark.parametrize("look", [Look(), Look(dark=True)])
def test_weights_have_the_colour_that_can_be_read_on_their_cells(look: Look):
    weights = trace(query_keys(STEPS, labels(0, 1, 2), with_mask=False, look=look), "weights")
    assert number_colour(float(WEIGHTS[0]), look.palette) in weights.text[2][2]
    assert number_colour(0.0, look.palette) in weights.text[4][2]


def test_strips_hold_the_vectors_and_hover_the_products():
    vectors = trace(query_keys(STEPS, labels(0, 2), with_mask=False), "vectors")
    np.testing.assert_allclose(vectors.z[0], QUERY)
    np.testing.assert_allclose(vectors.z[[2, 3]], KEYS[[0, 2]])
    assert vectors.zmax == -vectors.zmin == 4
    assert vectors.customdata[2][0] == "key of “&lt;b&gt;”, number 1: 2.00; times the query's 2.00: 4.00"


def test_rows_of_the_weighted_strip_add_up_to_the_last_one():
    weighted = trace(weighted_values(STEPS, labels(0, 2)), "weighted")
    parts = weighted.z[2:]
    np.testing.assert_allclose(parts[:-1].sum(axis=0), parts[-1], rtol=1e-6)
    np.testing.assert_allclose(parts[-1], STEPS.output, rtol=1e-6)


def test_keys_stand_in_the_same_rows_of_both_figures():
    for shown in ((0, 1, 2), (1,)):
        first, second = query_keys(STEPS, labels(*shown), with_mask=False), weighted_values(STEPS, labels(*shown))
        assert first.layout.yaxis.tickvals == second.layout.yaxis.tickvals
        assert first.layout.height == second.layout.height


def test_typed_text_is_escaped():
    ticks = query_keys(STEPS, labels(0), with_mask=False).layout.yaxis.ticktext
    assert any("&lt;b&gt;" in tick for tick in ticks) and not any("<b>" in tick for tick in ticks)


@pytest.mark.parametrize("look", [Look(), Look(dark=True, type_scale=1.6)])
def test_the_look_sets_sizes_and_colours(look: Look):
    figure = query_keys(STEPS, labels(0, 1, 2), with_mask=True, look=look)
    assert figure.layout.paper_bgcolor == look.palette.background
    assert trace(figure, "weights").textfont.size == pytest.approx(look.font_px)
    assert figure.layout.width is None


def test_summaries_say_the_numbers():
    assert "다: dot product 8.00, scaled −∞, weight 0" in query_keys_summary(STEPS, labels(2))
    assert "begins 0.881, 1.19, 0, 0" in weighted_values_summary(STEPS)
