"""SentencePiece: text to tokens with the characters that each stands for, and back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import sentencepiece as spm

from model.errors import CheckpointError, CorpusError
from model.records import Token
from model.text import is_invisible

PAD_ID, UNK_ID, BOS_ID, EOS_ID = 0, 1, 2, 3
_SPACE = "▁"
_UNKNOWN = " ⁇ "  # how SentencePiece writes an unknown token


def train_tokenizer(sentences: Iterable[str], vocab_size: int, *, n_threads: int = 2) -> bytes:
    """Train a joint unigram vocabulary (Kudo 2018) with byte fallback, so that no text is unknown.

    Digits are pieces of their own, so that any number can be copied digit by digit.

    Raises
    ------
    CorpusError
        If the sentences are too few for the vocabulary.
    """
    model = io.BytesIO()
    try:
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences), model_writer=model, vocab_size=vocab_size, model_type="unigram",
            byte_fallback=True, split_digits=True, character_coverage=0.9995, normalization_rule_name="nmt_nfkc",
            pad_id=PAD_ID, unk_id=UNK_ID, bos_id=BOS_ID, eos_id=EOS_ID, num_threads=n_threads, minloglevel=2,
            max_sentence_length=4096,
        )
    except RuntimeError as error:
        raise CorpusError(f"no vocabulary of {vocab_size} pieces can be made from these sentences: {error}") from error
    return model.getvalue()


class Tokenizer:
    """Text to tokens and back."""

    def __init__(self, model: bytes) -> None:
        self.model = model
        self._processor = spm.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except RuntimeError as error:
            raise CheckpointError("the tokenizer's file is no SentencePiece model") from error

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read a tokenizer from a file."""
        try:
            return cls(path.read_bytes())
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error

    @property
    def vocab_size(self) -> int:
        return self._processor.GetPieceSize()

    def piece(self, token_id: int) -> str:
        """The piece of a token, as in the vocabulary."""
        return self._processor.IdToPiece(token_id)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of many texts, without special tokens."""
        return self._processor.EncodeAsIds(list(texts), num_threads=1)

    def sampled_ids(self, texts: Sequence[str], alpha: float, *, seed: int) -> list[list[int]]:
        """Tokens of many texts by a random segmentation each (subword regularisation, Kudo 2018)."""
        spm.set_random_generator_seed(seed)
        return [self._processor.SampleEncodeAsIds(text, nbest_size=-1, alpha=alpha) for text in texts]

    def text(self, ids: Sequence[int]) -> str:
        """The text of tokens; special tokens are left out."""
        return self._processor.DecodeIds([i for i in ids if i not in (PAD_ID, BOS_ID, EOS_ID)])

    def special(self, token_id: int, position: int = 0) -> Token:
        """A special token at a character position."""
        return Token(self.piece(token_id), token_id, position, position, True)

    def encode(self, text: str) -> tuple[Token, ...]:
        """Tokens of a source text, the end token last, with spans in the text as typed.

        A space belongs to no span. All pieces of one character (bytes, or "(", "주", ")" of "㈜") have its span.
        Control and invisible formatting characters are not read.
        """
        kept = [index for index, character in enumerate(text) if not is_invisible(character)]
        read = "".join(text[index] for index in kept)
        proto = self._processor.encode(read, return_type="proto")
        to_character = _byte_to_character(read)
        pieces = [(p.piece, to_character[p.begin], to_character[p.end]) for p in proto.pieces]
        tokens = []
        for (start, end), p in zip(_spans(read, pieces), proto.pieces, strict=True):
            as_typed = (kept[start], kept[end - 1] + 1) if start < end else (_place(kept, start, text),) * 2
            tokens.append(Token(p.piece, p.id, as_typed[0], as_typed[1], False))
        return (*tokens, self.special(EOS_ID, len(text)))

    def decode(self, ids: Sequence[int]) -> tuple[str, tuple[Token, ...]]:
        """The text of target tokens and the tokens with their spans in it.

        The end token, if there is one, has the empty span at the end.
        """
        text = self.text(ids)
        tokens: list[Token] = []
        position = 0
        pending_bytes: list[tuple[str, int]] = []

        def flush_bytes() -> None:
            nonlocal position
            raw = bytes(int(piece[3:5], 16) for piece, _ in pending_bytes)
            spans = _byte_spans(raw)
            for (piece, i), (start, end) in zip(pending_bytes, spans, strict=True):
                tokens.append(Token(piece, i, position + start, position + end, False))
            position += spans[-1][1] if spans else 0
            pending_bytes.clear()

        for i in ids:
            piece = self.piece(i)
            if self._processor.IsByte(i):
                pending_bytes.append((piece, i))
                continue
            flush_bytes()
            if i in (PAD_ID, BOS_ID, EOS_ID):
                tokens.append(self.special(i, len(text)))
                continue
            written = _UNKNOWN if i == UNK_ID else piece.replace(_SPACE, " ")
            if position == 0 and i != UNK_ID:
                written = written.lstrip(" ")
            start = position + len(written) - len(written.lstrip(" "))
            end = max(start, position + len(written.rstrip(" ")))
            position += len(written)
            tokens.append(Token(piece, i, start, end, False))
        flush_bytes()
        return text, tuple(tokens)


def _byte_to_character(text: str) -> list[int]:
    """Index of the character that each UTF-8 byte offset of a text lies in, end of text included."""
    offsets: list[int] = []
    for index, character in enumerate(text):
        offsets += [index] * len(character.encode())
    return [*offsets, len(text)]


def _place(kept: Sequence[int], index: int, text: str) -> int:
    """Where the character `index` of the text that is read stands in the text as typed."""
    return kept[index] if index < len(kept) else len(text)


def _spans(text: str, pieces: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Spans of pieces: blanks at the ends cut off, and one span for all pieces of a character.

    Where one character becomes several pieces, SentencePiece 0.2.3 gives all but the last of them empty spans.
    """
    spans: list[tuple[int, int]] = []
    for _, start, end in pieces:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        spans.append((start, end))
    following = (len(text), len(text))
    for index in range(len(pieces) - 1, -1, -1):
        if pieces[index][0] == _SPACE:
            continue
        if spans[index][0] == spans[index][1]:
            spans[index] = following
        following = spans[index]
    return spans


def _byte_spans(raw: bytes) -> list[tuple[int, int]]:
    """Character span of each byte in the text that the bytes decode to; wrong bytes count as one character."""
    spans: list[tuple[int, int]] = []
    position = 0
    while len(spans) < len(raw):
        rest = raw[len(spans):]
        for length in (1, 2, 3, 4):
            try:
                rest[:length].decode()
            except UnicodeDecodeError:
                continue
            break
        else:
            length = 1
        length = min(length, len(rest))
        spans += [(position, position + 1)] * length
        position += 1
    return spans
