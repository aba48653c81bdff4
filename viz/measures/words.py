"""From subword tokens to words: 어절 on the Korean side, words on the English side.

Rules
-----
1. A special token is a word by itself.
2. A piece that begins with "▁" (a space) begins a word; a piece without it goes on with the word before it.
3. Punctuation at the beginning or end of a word is a word by itself, since heads often use a full stop or a comma as
   a resting place, and its weight would be counted as that of its neighbour. Punctuation inside a word stays in it
   (don't, 1,200kg), and so does punctuation that shares a piece with letters. A run of punctuation is one word.
4. A lone "▁" belongs to what follows it.
5. The bytes of a character that the vocabulary lacks are put together again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.records import Token, Translation

SPACE_MARK = "▁"
_SPECIAL_SIGNS = {"</s>": "⏹", "<s>": "▶", "<pad>": "□", "<unk>": "?"}
# Signs that Unicode calls punctuation, but that are read as a part of a number or a name: 50%, @name, #1, R&D, 1/2.
_WORD_SIGNS = frozenset("%‰#@&*/\\_")
# Not punctuation for Unicode, but written like it in Korean: 좋아요~
_PUNCTUATION_SIGNS = frozenset("~～")

# From a letter of Hangul within a syllable, as NFKC leaves it, to the letter that a keyboard types.
_TYPED_JAMO = {ord(unicodedata.normalize("NFKC", chr(code))): chr(code) for code in range(0x3131, 0x318F)}
# Syllables of older Korean have no code of their own and stay as letters that a font joins.
_OLD_SYLLABLE_OR_REST = re.compile("([\u1100-\u115f]+[\u1160-\u11a7]+[\u11a8-\u11ff]*)|([^\u1100-\u115f]+|.)", re.S)


@dataclass(frozen=True)
class Word:
    """One word, or one token where tokens are shown: what a row or a column stands for.

    Attributes
    ----------
    text : str
        As a person reads it, without "▁"; a sign such as ⏹ for a special token.
    indices : tuple of int
        Its tokens, ascending and without gaps.
    start, end : int
        Characters that it stands for: text[start:end], which may begin with a space. Equal for special tokens.
    is_special : bool
    """

    text: str
    indices: tuple[int, ...]
    start: int
    end: int
    is_special: bool


def special_ids(translation: Translation) -> frozenset[int]:
    """Ids of the special tokens that a search may write or begin with: by them candidates and hypotheses are told.

    The target does not always end with the end token, but the source does.
    """
    return frozenset(token.id for token in (*translation.source, *translation.decoder_input) if token.is_special)


def display_piece(piece: str, *, is_special: bool = False) -> str:
    """What a person sees of a piece: "▁코" as 코, a lone "▁" as ␣, "</s>" as ⏹, the byte "<0xF0>" as F0."""
    if is_special:
        return _SPECIAL_SIGNS.get(piece, piece)
    byte = _byte_of(piece)
    if byte is not None:
        return f"{byte:02X}"
    return _readable(piece.replace(SPACE_MARK, " ")).strip() or "␣"


def single_tokens(tokens: Sequence[Token]) -> tuple[Word, ...]:
    """Each token as a word by itself."""
    words = []
    for index, token in enumerate(tokens):
        text = display_piece(token.piece, is_special=token.is_special)
        words.append(Word(text, (index,), token.start, token.end, token.is_special))
    return tuple(words)


def group_words(tokens: Sequence[Token]) -> tuple[Word, ...]:
    """Group tokens to words by the rules at the top of this file. Every token is in exactly one word, in order."""
    groups: list[tuple[int, ...]] = []
    for run in _runs_between_spaces(tokens):
        groups.extend(_split_punctuation(tokens, run))
    return tuple(_word(tokens, group) for group in groups)


def spaced_words(tokens: Sequence[Token]) -> tuple[Word, ...]:
    """What stands between spaces (어절), its punctuation included, and each special token: rules 1, 2, 4 and 5 alone.

    Vocabularies that differ in their pieces agree in these words.
    """
    return tuple(_word(tokens, run) for run in _runs_between_spaces(tokens))


def words_reading(target_words: Sequence[Word], decoder_input: Sequence[Token]) -> tuple[Word, ...]:
    """Group the decoder's input as its target is grouped, one place later.

    Parameters
    ----------
    target_words : words of the T target tokens
    decoder_input : T tokens: a beginning token, then the target without its last token

    Returns
    -------
    tuple of Word
        The beginning token by itself, then the target's words as far as they are input.
    """
    shifted = [tuple(index + 1 for index in word.indices if index + 1 < len(decoder_input)) for word in target_words]
    return tuple(_word(decoder_input, group) for group in [(0,), *shifted] if group)


def merge_attention(weights: np.ndarray, query_words: Sequence[Word], key_words: Sequence[Word]) -> np.ndarray:
    """Weights from words to words: the sum over the pieces of a key, the mean over the pieces of a query.

    Parameters
    ----------
    weights : array, shape (..., queries, keys)
        Rows sum to 1.
    query_words, key_words : sequence of Word
        Together they hold every query and every key once, in order.

    Returns
    -------
    array, shape (..., query words, key words), float32
        Rows sum to 1 again.

    Raises
    ------
    ValueError
        If the words do not hold every query or key exactly once, in order.
    """
    query_starts = _starts(query_words, weights.shape[-2], "query")
    key_starts = _starts(key_words, weights.shape[-1], "key")
    summed = np.add.reduceat(weights, key_starts, axis=-1, dtype=np.float64)
    summed = np.add.reduceat(summed, query_starts, axis=-2)
    pieces = np.array([len(word.indices) for word in query_words])
    return (summed / pieces[:, None]).astype(np.float32)


def tokens_in_span(tokens: Sequence[Token], start: int, end: int) -> tuple[int, ...]:
    """Indices of the tokens that share a character with text[start:end]; special tokens share none."""
    return tuple(
        index
        for index, token in enumerate(tokens)
        if not token.is_special and max(token.start, start) < min(token.end, end)
    )


def _starts(words: Sequence[Word], n_tokens: int, role: str) -> list[int]:
    """The first token of each word, after a check that the words hold all tokens."""
    held = [index for word in words for index in word.indices]
    if held != list(range(n_tokens)):
        raise ValueError(f"{role} words hold the tokens {held}, expected each of 0 to {n_tokens - 1} once, in order")
    return [word.indices[0] for word in words]


def _runs_between_spaces(tokens: Sequence[Token]) -> list[list[int]]:
    """Rules 1, 2 and 4: token indices between spaces and special tokens."""
    runs: list[list[int]] = []
    for index, token in enumerate(tokens):
        begins = token.is_special or token.piece.startswith(SPACE_MARK)
        if not runs or begins or tokens[index - 1].is_special:
            runs.append([index])
        else:
            runs[-1].append(index)
    return runs


def _split_punctuation(tokens: Sequence[Token], run: list[int]) -> list[tuple[int, ...]]:
    """Rule 3: up to three words of a run: punctuation before it, the word itself, punctuation after it."""
    letters = [place for place, index in enumerate(run) if not _is_punctuation(tokens[index])]
    # A lone "▁" is no letter, but it does not make a word of its own either: it goes with what comes next.
    letters = [place for place in letters if tokens[run[place]].piece != SPACE_MARK]
    if not letters:
        return [tuple(run)]
    first, last = letters[0], letters[-1]
    if all(tokens[index].piece == SPACE_MARK for index in run[:first]):
        first = 0
    return [tuple(part) for part in (run[:first], run[first : last + 1], run[last + 1 :]) if part]


def _is_punctuation(token: Token) -> bool:
    text = token.piece.replace(SPACE_MARK, "")
    if token.is_special or not text or _byte_of(token.piece) is not None:
        return False
    return all(_is_punctuation_sign(character) for character in text)


def _is_punctuation_sign(character: str) -> bool:
    if character in _WORD_SIGNS:
        return False
    return character in _PUNCTUATION_SIGNS or unicodedata.category(character).startswith("P")


def _word(tokens: Sequence[Token], indices: Sequence[int]) -> Word:
    members = [tokens[index] for index in indices]
    if members[0].is_special:
        text = display_piece(members[0].piece, is_special=True)
    else:
        text = _spell([token.piece for token in members])
    start, end = min(token.start for token in members), max(token.end for token in members)
    return Word(text, tuple(indices), start, end, members[0].is_special)


def _spell(pieces: Sequence[str]) -> str:
    """Put pieces together; bytes become characters, or � where they are none."""
    encoded = b""
    for piece in pieces:
        byte = _byte_of(piece)
        encoded += piece.replace(SPACE_MARK, " ").encode() if byte is None else bytes([byte])
    return _readable(encoded.decode("utf-8", errors="replace")).strip() or "␣"


def _readable(text: str) -> str:
    """ㅋㅋ as it was typed: normalisation makes a lone letter the first sound of a syllable that never comes."""
    return _OLD_SYLLABLE_OR_REST.sub(lambda found: found[1] or found[2].translate(_TYPED_JAMO), text)


def _byte_of(piece: str) -> int | None:
    """The value of a byte piece such as "<0xF0>"; None for any other piece."""
    if len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">"):
        try:
            return int(piece[3:5], 16)
        except ValueError:
            return None
    return None
