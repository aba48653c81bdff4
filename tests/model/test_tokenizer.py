from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import CheckpointError, CorpusError
from model.text import is_invisible
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID, Tokenizer, train_tokenizer

# Any code point at all, and more often those that are likely to go wrong.
ANY_TEXT = st.text(st.one_of(
    st.characters(exclude_categories=()),
    st.sampled_from("가각힣ㄱㅎ한국 \u1100\u1161\u11a8ａＺ１㈜㎏ﷺﬁ½…👩\u200d👧🏽🇰🇷\ufe0f\u00a0\u3000\u2028\t\n\r"
                    "\x00\x07\x85\u00ad\ufeff\u202e\ud800\udfff▁<>é\u0301\U000e0001ㅤﾡ한글"),
), max_size=24)


def surfaces(tokenizer: Tokenizer, text: str) -> list[tuple[str, str]]:
    """Each piece with the characters that it stands for, the end token left out."""
    return [(token.piece, text[token.start : token.end]) for token in tokenizer.encode(text)[:-1]]


def texts_of(tokenizer: Tokenizer, text: str) -> list[str]:
    """The characters of each token, repeats of one span and empty spans left out."""
    spans = [(token.start, token.end) for token in tokenizer.encode(text)]
    return [text[start:end] for start, end in dict.fromkeys(spans) if start < end]


def test_special_ids(tokenizer):
    assert [tokenizer.piece(i) for i in (PAD_ID, UNK_ID, BOS_ID, EOS_ID)] == ["<pad>", "<unk>", "<s>", "</s>"]
    assert tokenizer.vocab_size == 1200


def test_the_end_token_comes_last_with_an_empty_span(tokenizer):
    text = "나는 강사입니다."
    end = tokenizer.encode(text)[-1]
    assert (end.id, end.start, end.end, end.is_special) == (EOS_ID, len(text), len(text), True)
    assert not any(token.is_special for token in tokenizer.encode(text)[:-1])


def test_spans_hold_the_words_without_blanks(tokenizer):
    text = "  나는   강사입니다.  "
    assert "".join(texts_of(tokenizer, text)) == "나는강사입니다."
    assert tokenizer.ids([text]) == tokenizer.ids(["나는 강사입니다."])


def test_decomposed_syllables_are_read_as_composed_ones(tokenizer):
    composed = "각자 학교에"
    decomposed = unicodedata.normalize("NFD", composed)
    assert len(decomposed) > len(composed)
    got = tokenizer.encode(decomposed)
    assert [t.id for t in got] == [t.id for t in tokenizer.encode(composed)]
    assert [unicodedata.normalize("NFC", decomposed[t.start : t.end]) for t in got] == [
        composed[t.start : t.end] for t in tokenizer.encode(composed)]


def test_all_bytes_of_an_emoji_have_its_span(tokenizer):
    text = "안녕 👧 네"
    assert [s for p, s in surfaces(tokenizer, text) if p in ("<0xF0>", "<0x9F>", "<0x91>", "<0xA7>")] == ["👧"] * 4


def test_two_emoji_in_a_row_keep_their_own_spans(tokenizer):
    text = "👧🐘"
    assert [s for p, s in surfaces(tokenizer, text) if p.startswith("<0x")] == ["👧"] * 4 + ["🐘"] * 4


@pytest.mark.parametrize("sign", ["㈜", "ﷺ", "㎏", "½", "㋿"])
def test_all_pieces_of_a_sign_that_is_written_out_have_its_span(tokenizer, sign):
    text = f"나는 {sign} 좋다"
    spans = {(t.start, t.end) for t in tokenizer.encode(text)[:-1] if t.start < t.end}
    assert (3, 4) in spans
    assert all(end <= 3 or start >= 4 or (start, end) == (3, 4) for start, end in spans)


def test_full_width_forms_are_read_as_plain_ones(tokenizer):
    assert [t.id for t in tokenizer.encode("ＡＢ１２")] == [t.id for t in tokenizer.encode("AB12")]
    assert "".join(texts_of(tokenizer, "ＡＢ１２")) == "ＡＢ１２"


def test_digits_are_pieces_of_their_own(tokenizer):
    assert [s for _, s in surfaces(tokenizer, "1200") if s] == ["1", "2", "0", "0"]


def test_control_characters_are_not_read_and_do_not_shift_spans(tokenizer):
    clean, dirty = "나는 학생", "\x00나\u200b는\u202e \ud83d학\x07생\ufeff"
    assert [t.id for t in tokenizer.encode(dirty)] == [t.id for t in tokenizer.encode(clean)]
    assert [dirty[t.start : t.end].translate(dict.fromkeys(map(ord, "\x00\u200b\u202e\ud83d\x07\ufeff")))
            for t in tokenizer.encode(dirty)] == [clean[t.start : t.end] for t in tokenizer.encode(clean)]


def test_names_of_special_tokens_in_a_text_are_plain_characters(tokenizer):
    ids = tokenizer.ids(["</s><s><pad><unk><0xE3>"])[0]
    assert not {PAD_ID, UNK_ID, BOS_ID, EOS_ID} & set(ids)
    assert tokenizer.text(ids) == "</s><s><pad><unk><0xE3>"


@settings(max_examples=300, deadline=None)
@given(text=ANY_TEXT)
def test_any_text_has_ordered_spans_within_it(tokenizer, text):
    tokens = tokenizer.encode(text)
    assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
    # The span of a later token never begins or ends before that of an earlier one, bare blanks left out.
    shown = [(token.start, token.end) for token in tokens if token.start < token.end]
    assert shown == sorted(shown)
    assert [end for _, end in shown] == sorted(end for _, end in shown)
    assert all(first == second or first[1] <= second[0] for first, second in pairwise(shown))
    assert UNK_ID not in [token.id for token in tokens]


@settings(max_examples=200, deadline=None)
@given(text=ANY_TEXT)
def test_no_span_begins_or_ends_with_a_blank(tokenizer, text):
    for token in tokenizer.encode(text):
        surface = text[token.start : token.end]
        assert surface == surface.strip() or all(is_invisible(c) or c.isspace() for c in surface)


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from("가각나는다를힣한국어ABCxyz0189.,!?\"'() 👧🐘漢字éß§"), max_size=24))
def test_text_comes_back_from_its_tokens(tokenizer, text):
    assert tokenizer.text(tokenizer.ids([text])[0]) == " ".join(text.split())
    visible = "".join(text.split())
    assert "".join(texts_of(tokenizer, text)) == visible  # each character belongs to one token or its byte pieces


@settings(max_examples=200, deadline=None)
@given(text=ANY_TEXT.map(lambda text: "".join(c for c in text if not is_invisible(c))))
def test_what_was_read_is_read_the_same_again(tokenizer, text):
    ids = tokenizer.ids([text])[0]
    assert [t.id for t in tokenizer.encode(text)[:-1]] == ids


@settings(max_examples=300, deadline=None)
@given(ids=st.lists(st.one_of(st.integers(4, 1199), st.integers(4, 263), st.just(UNK_ID)), max_size=12),
       ends=st.booleans())
def test_decoded_tokens_lie_where_they_stand_in_the_text(tokenizer, ids, ends):
    """Any ids, also those that a bad model may write: half characters, unknown tokens."""
    ids = [*ids, EOS_ID] if ends else ids
    text, tokens = tokenizer.decode(ids)
    assert text == tokenizer.text(ids)
    assert [token.id for token in tokens] == ids
    position, previous = 0, (0, 0)
    for token in tokens:
        assert position <= token.start <= token.end <= len(text) or (token.start, token.end) == previous
        if not token.piece.startswith("<"):
            assert text[token.start : token.end] == token.piece.replace("▁", " ").strip()
        position, previous = token.end, (token.start, token.end)
    covered = "".join(text[start:end] for start, end in dict.fromkeys((t.start, t.end) for t in tokens))
    assert covered.replace(" ", "") == text.replace(" ", "")


def test_decoded_bytes_of_a_character_share_its_span(tokenizer):
    ids = tokenizer.ids(["나 👧 다"])[0]
    text, tokens = tokenizer.decode([*ids, EOS_ID])
    assert text == "나 👧 다"
    assert [(t.start, t.end) for t in tokens if t.piece.startswith("<0x")] == [(2, 3)] * 4
    assert tokens[-1].is_special and (tokens[-1].start, tokens[-1].end) == (len(text), len(text))


def test_half_a_character_does_not_shift_what_follows(tokenizer):
    by_piece = {tokenizer.piece(i): i for i in range(tokenizer.vocab_size)}
    word = next(i for i in range(264, 1200) if tokenizer.piece(i).startswith("▁") and len(tokenizer.piece(i)) > 2)
    text, tokens = tokenizer.decode([by_piece["<0xE2>"], by_piece["<0x82>"], word])
    assert text[tokens[-1].start : tokens[-1].end] == tokenizer.piece(word)[1:]


def test_sampled_pieces_spell_the_same_text_and_repeat_with_the_seed(tokenizer):
    texts = ["나는 강사입니다 그리고 학교에 갑니다"] * 8
    sampled = tokenizer.sampled_ids(texts, 0.1, seed=5)
    tokenizer.sampled_ids(texts, 0.1, seed=6)
    assert sampled == tokenizer.sampled_ids(texts, 0.1, seed=5)
    assert len({tuple(ids) for ids in sampled}) > 1
    assert {tokenizer.text(ids) for ids in sampled} == {texts[0]}


@pytest.mark.parametrize("content", [b"", b"no model", b"\x80\x04\x95junk"])
def test_a_broken_file_is_a_checkpoint_error(content, tmp_path):
    (tmp_path / "spm.model").write_bytes(content)
    with pytest.raises(CheckpointError):
        Tokenizer.load(tmp_path / "spm.model")


def test_a_missing_file_is_a_checkpoint_error(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be read"):
        Tokenizer.load(tmp_path / "spm.model")


def test_too_few_sentences_are_a_corpus_error():
    with pytest.raises(CorpusError, match="no vocabulary of 5000 pieces"):
        train_tokenizer(["나는 강사입니다", "I am an instructor"], 5000, n_threads=1)
