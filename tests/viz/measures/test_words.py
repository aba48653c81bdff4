from __future__ import annotations

import dataclasses
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.records import Token
from tests.records import asymmetric_translation, make_translation, softmax_rows, special, tokens_of
from viz.measures.words import (
    display_piece,
    group_words,
    merge_attention,
    single_tokens,
    spaced_words,
    special_ids,
    tokens_in_span,
    words_reading,
)

PIECES = st.lists(
    st.sampled_from(["▁나", "는", "▁", ".", "▁(", ")", "'", "t", "50", "%", "<0xF0>", "<0x9F>", "</s>", "~", "▁코"]),
    min_size=1,
    max_size=15,
)


def tokens(*pieces: str) -> tuple[Token, ...]:
    return tuple(special(piece) if piece in ("<s>", "</s>") else tokens_of([piece])[1][0] for piece in pieces)


def texts(*pieces: str) -> list[str]:
    return [word.text for word in group_words(tokens(*pieces))]


def test_pieces_after_a_space_mark_make_one_word():
    assert texts("▁나", "는", "▁코", "끼리", "▁입니다") == ["나는", "코끼리", "입니다"]


def test_special_tokens_stand_alone_under_their_sign():
    words = group_words(tokens("<s>", "▁I", "</s>"))
    assert [word.text for word in words] == ["▶", "I", "⏹"]
    assert [word.is_special for word in words] == [True, False, True]


def test_a_piece_after_a_special_token_begins_a_word():
    assert texts("<s>", "I", "am") == ["▶", "Iam"]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("▁입니다", "."), ["입니다", "."]),
        (("▁정말", "?", "!"), ["정말", "?!"]),
        (("▁", "“", "코끼리", "”"), ["“", "코끼리", "”"]),
        (("▁don", "'", "t", "."), ["don't", "."]),
        (("▁1", ",", "200", "kg"), ["1,200kg"]),
        (("▁50", "%"), ["50%"]),
        (("▁좋아요", "~"), ["좋아요", "~"]),
        (("▁입니다.",), ["입니다."]),
        (("▁", "코", "끼리"), ["코끼리"]),
        (("▁",), ["␣"]),
        ((".",), ["."]),
    ],
)
def test_punctuation_stands_alone_only_at_the_edge_of_a_word(pieces, expected):
    assert texts(*pieces) == expected


def test_bytes_of_a_character_are_put_together():
    assert texts("▁", "<0xF0>", "<0x9F>", "<0x90>", "<0x98>", "▁코") == ["🐘", "코"]


def test_bytes_that_spell_nothing_do_not_raise():
    assert texts("▁a", "<0xF0>") == ["a�"]


def test_a_word_spans_all_of_its_pieces():
    text, source = tokens_of(["▁나", "는", "▁코", "끼리"])
    words = group_words(source)
    assert [text[word.start : word.end].strip() for word in words] == ["나는", "코끼리"]


@given(PIECES)
def test_every_token_is_in_exactly_one_word_in_order(pieces):
    words = group_words(tokens(*pieces))
    assert [index for word in words for index in word.indices] == list(range(len(pieces)))


@pytest.mark.parametrize(
    ("piece", "shown"), [("▁코", "코"), ("끼리", "끼리"), ("▁", "␣"), ("<0xF0>", "F0"), ("<0xZZ>", "<0xZZ>")]
)
def test_a_piece_is_shown_without_its_space_mark(piece, shown):
    assert display_piece(piece) == shown


def test_a_text_that_looks_like_a_special_token_is_shown_as_typed():
    assert display_piece("</s>", is_special=True) == "⏹"
    assert display_piece("</s>") == "</s>"


def test_merging_sums_over_key_pieces_and_averages_over_query_pieces():
    weights = np.array([[0.1, 0.2, 0.7], [0.3, 0.4, 0.3], [0.5, 0.25, 0.25]])
    _, three = tokens_of(["▁코", "끼리", "▁입니다"])
    merged = merge_attention(weights, group_words(three), group_words(three))
    # Row 코끼리: mean of rows 0 and 1; column 코끼리: sum of columns 0 and 1.
    np.testing.assert_allclose(merged, [[(0.3 + 0.7) / 2, (0.7 + 0.3) / 2], [0.75, 0.25]], atol=1e-7)


def test_merging_does_not_mix_up_queries_and_keys():
    translation = asymmetric_translation()
    assert translation.attention is not None
    merged = merge_attention(
        translation.attention.cross, group_words(translation.target), group_words(translation.source)
    )
    np.testing.assert_allclose(merged[0, 0], [[0.88, 0.12], [0.09, 0.91]], atol=1e-6)


@given(PIECES, PIECES, st.integers(0, 1000))
def test_merged_rows_still_sum_to_one(query_pieces, key_pieces, seed):
    scores = np.random.default_rng(seed).normal(0, 3, (2, 3, len(query_pieces), len(key_pieces)))
    queries, keys = group_words(tokens(*query_pieces)), group_words(tokens(*key_pieces))
    merged = merge_attention(softmax_rows(scores), queries, keys)
    assert merged.shape == (2, 3, len(queries), len(keys))
    np.testing.assert_allclose(merged.sum(axis=-1), 1, atol=1e-5)


def test_merging_single_tokens_changes_nothing():
    translation = make_translation()
    assert translation.attention is not None
    single = single_tokens(translation.source)
    merged = merge_attention(translation.attention.encoder, single, single)
    np.testing.assert_allclose(merged, translation.attention.encoder, atol=1e-7)


def test_words_that_miss_a_token_are_refused():
    single = single_tokens(make_translation(n_source=3).source)
    with pytest.raises(ValueError, match="key words hold"):
        merge_attention(np.eye(3), single, single[:2])


def test_the_decoders_input_is_grouped_as_its_target_one_place_later():
    translation = make_translation(n_target=7)
    target = group_words(translation.target)
    assert [word.text for word in target] == ["I", "am", "an", "elephant", "who", "⏹"]
    read = words_reading(target, translation.decoder_input)
    assert [word.text for word in read] == ["▶", "I", "am", "an", "elephant", "who"]
    assert read[4].indices == (4, 5)


@given(st.integers(1, 30))
def test_words_read_hold_every_input_once(n_target):
    translation = make_translation(n_target=n_target)
    read = words_reading(group_words(translation.target), translation.decoder_input)
    assert [index for word in read for index in word.indices] == list(range(n_target))


def test_tokens_of_a_span_share_a_character_with_it():
    text, source = tokens_of(["▁나", "는", "▁코", "끼리", "▁입니다"])
    start = text.index("코끼리")
    assert tokens_in_span((*source, special("</s>", len(text))), start, start + 3) == (2, 3)
    assert tokens_in_span(source, 0, 0) == ()


def test_a_letter_typed_alone_is_shown_as_typed():
    as_pieces = [unicodedata.normalize("NFKC", text) for text in ("▁ㅋㅋ", "ㅎ")]
    assert as_pieces != ["▁ㅋㅋ", "ㅎ"]
    assert texts(*as_pieces) == ["ㅋㅋㅎ"]
    assert [word.text for word in single_tokens(tokens(*as_pieces))] == ["ㅋㅋ", "ㅎ"]


def test_a_syllable_of_older_korean_stays_whole():
    assert texts("▁\u1112\u119e\u11ab글") == ["\u1112\u119e\u11ab글"]


def test_between_spaces_punctuation_stays_with_its_word():
    fine = tokens("▁(", "나", "는", ")", "▁", "입", "니다", ".", "</s>")
    for read in (fine, tokens("▁(나는)", "▁입니다.", "</s>")):
        assert [word.text for word in spaced_words(read)] == ["(나는)", "입니다.", "⏹"]


@given(PIECES)
def test_words_between_spaces_hold_every_token_once(pieces):
    words = spaced_words(tokens(*pieces))
    assert [index for word in words for index in word.indices] == list(range(len(pieces)))


def test_a_target_that_was_cut_at_its_limit_has_the_special_tokens_of_a_whole_one():
    whole = make_translation()
    cut = dataclasses.replace(whole, target=(*whole.target[:-1], whole.target[0]))
    assert special_ids(cut) == special_ids(whole) == {1, 2}
