"""The files of the positional encoding."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest

from viz.pages.encoding import encoding_csv, products_csv, similarity_csv


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), comment="#")


def test_a_file_says_where_it_comes_from_and_how_it_counts():
    assert [line for line in encoding_csv(3, 4, [0]).splitlines() if line.startswith("#")] == [
        "# positional encoding: Vaswani et al. 2017, section 3.5",
        "# d_model: 4",
        "# positions: 3",
        "# counting: positions and dimensions count from zero",
    ]


def test_the_encoding_has_the_chosen_dimensions_under_their_numbers():
    table = read(encoding_csv(3, 4, [0, 3]))
    assert table.columns.tolist() == ["position", "dimension 0", "dimension 3"]
    assert table.iloc[2].tolist() == pytest.approx([2, math.sin(2), math.cos(2 / 100)])


def test_similarity_is_that_of_the_formula():
    # d = 2: one pair, whose cosine and dot product are both cos(distance).
    first, second = read(similarity_csv(2, 2)).values.tolist()
    assert first == pytest.approx([0, 1, 1])
    assert second == pytest.approx([1, math.cos(1), math.cos(1)])


def test_products_are_those_of_each_two_positions():
    table = read(products_csv(3, 2))
    assert table.columns.tolist() == ["position", "position 0", "position 1", "position 2"]
    assert table.loc[0, "position 2"] == table.loc[2, "position 0"] == pytest.approx(math.cos(2))
