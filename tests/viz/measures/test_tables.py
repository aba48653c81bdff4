from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from model.records import HeadRef
from tests.records import asymmetric_translation, make_translation, translation_of
from viz.measures.maps import average_map, head_map
from viz.measures.tables import all_maps_csv, all_maps_table, map_csv, map_matrix, map_table, query_labels


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), comment="#", keep_default_na=False)


def test_a_map_has_a_row_for_each_weight_with_both_labels():
    table = map_table(head_map(asymmetric_translation(), HeadRef("cross", 0, 0)))
    assert table.columns.tolist() == ["query", "input", "predicted", "key", "key_text", "weight"]
    assert table.values.tolist() == [
        [0, "▶", "I", 0, "나", pytest.approx(0.70)],
        [0, "▶", "I", 1, "는", pytest.approx(0.18)],
        [0, "▶", "I", 2, "⏹", pytest.approx(0.12)],
        [1, "I", "⏹", 0, "나", pytest.approx(0.02)],
        [1, "I", "⏹", 1, "는", pytest.approx(0.07)],
        [1, "I", "⏹", 2, "⏹", pytest.approx(0.91)],
    ]


def test_the_encoder_predicts_nothing():
    shown = head_map(asymmetric_translation(), HeadRef("encoder", 0, 0))
    assert "predicted" not in map_table(shown).columns
    assert query_labels(shown) == ["나", "는", "⏹"]


def test_what_the_mask_hides_is_left_out():
    table = map_table(head_map(make_translation(n_target=5), HeadRef("decoder", 0, 0)))
    assert len(table) == 5 * 6 / 2
    assert all(key <= query for key, query in zip(table["key"], table["query"], strict=True))


def test_the_matrix_is_as_seen_with_gaps_for_the_mask():
    matrix = map_matrix(head_map(asymmetric_translation(), HeadRef("decoder", 0, 0)))
    assert matrix.index.tolist() == ["0 ▶ → I", "1 I → ⏹"]
    assert matrix.columns.tolist() == ["0 ▶", "1 I"]
    assert np.isnan(matrix.iloc[0, 1])
    assert matrix.iloc[1, 1] == pytest.approx(0.64)


def test_equal_words_stay_apart_in_the_matrix():
    translation = translation_of(["▁나"] * 3, ["▁I"], make_translation(n_source=4, n_target=2).attention)
    assert map_matrix(head_map(translation, HeadRef("cross", 0, 0))).columns.is_unique


def test_all_maps_hold_every_weight_under_its_indices():
    translation = make_translation(n_source=4, n_target=3, layers=2, heads=2, encoder_layers=1)
    table = all_maps_table(translation)
    assert len(table) == 1 * 2 * 16 + 2 * 2 * 6 + 2 * 2 * 12
    attention = translation.attention
    assert attention is not None
    for row in table.to_dict("records"):
        weight = attention.of_kind(row["kind"])[row["layer"], row["head"], row["query"], row["key"]]
        assert row["weight"] == pytest.approx(float(weight), abs=1e-6)
    cross = table[(table["kind"] == "cross") & (table["query"] == 1) & (table["key"] == 2)].iloc[0]
    assert (cross["input"], cross["predicted"], cross["key_text"]) == ("I", "am", "무지")


def test_csv_says_where_it_comes_from_and_how_it_counts():
    translation = asymmetric_translation()
    header = [line for line in all_maps_csv(translation).splitlines() if line.startswith("#")]
    assert header == [
        "# sentence: 나는",
        "# translation: I",
        "# checkpoint: 0123456789ab",
        "# decoding: beam_size=1 length_penalty=0.6",
        "# counting: layers, heads, queries and keys count from zero",
    ]


def test_csv_of_a_map_says_which_one_it_is():
    translation = make_translation()
    text = map_csv(translation, average_map(translation, "cross", layer=1, words=True))
    assert "# attention: cross\n# layer: 1\n# head: mean over all\n# unit: word\n" in text


def test_csv_reads_back_as_it_was():
    translation = asymmetric_translation()
    shown = head_map(translation, HeadRef("cross", 0, 0))
    pd.testing.assert_frame_equal(read(map_csv(translation, shown)), map_table(shown), check_dtype=False)


def test_signs_of_csv_in_the_text_do_not_break_it():
    translation = translation_of(['▁#1,"', "\n"], ["▁I"], asymmetric_translation().attention)
    shown = head_map(translation, HeadRef("cross", 0, 0))
    text = map_csv(translation, shown)
    assert '# sentence: #1,"\n# translation' in text
    assert read(text)["key_text"].tolist()[0] == '#1,"'


def test_weights_in_csv_are_numbers():
    translation = make_translation()
    assert read(all_maps_csv(translation))["weight"].dtype == np.float64
