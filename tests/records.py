"""Translations made by hand or by a seed, for tests that need no model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.records import AttentionRecord, Candidate, Token, Translation

CHECKPOINT_ID = "0123456789ab"
DECODING = "beam_size=1 length_penalty=0.6"

_SOURCE_PIECES = (
    *("▁나", "는", "▁무지", "막지", "하게", "▁치킨", "을", "▁많이", "▁먹어", "서"),
    *("▁코", "끼리", "▁입니다", "."),
)
_TARGET_PIECES = ("▁I", "▁am", "▁an", "▁ele", "phant", "▁who", "▁ate", "▁a", "▁lot", "▁of", "▁chi", "cken", ".")


def special(piece: str, position: int = 0) -> Token:
    """A beginning ("<s>") or end ("</s>") token with an empty span."""
    return Token(piece, {"<pad>": 0, "<s>": 1, "</s>": 2}[piece], position, position, True)


def tokens_of(pieces: Sequence[str]) -> tuple[str, tuple[Token, ...]]:
    """Text and tokens of SentencePiece pieces; a span holds the space that "▁" stands for, but for the first piece.

    Byte pieces are not handled: their spans depend on the character that they spell together.
    """
    text, tokens = "", []
    for index, piece in enumerate(pieces):
        surface = piece.replace("▁", " ")
        surface = surface.lstrip(" ") if index == 0 else surface
        tokens.append(Token(piece, 100 + index, len(text), len(text) + len(surface), False))
        text += surface
    return text, tuple(tokens)


def softmax_rows(scores: np.ndarray) -> np.ndarray:
    """Softmax over the last axis, float32; -inf becomes exactly 0."""
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (exps / exps.sum(axis=-1, keepdims=True)).astype(np.float32)


def random_attention(
    *, n_source: int, n_target: int, encoder_layers: int, decoder_layers: int, heads: int, seed: int
) -> AttentionRecord:
    """Valid weights: rows sum to 1, the decoder sees no later key, no two numbers alike."""
    rng = np.random.default_rng(seed)
    future = np.triu(np.ones((n_target, n_target), dtype=bool), k=1)
    decoder_scores = rng.normal(0, 2, (decoder_layers, heads, n_target, n_target))
    return AttentionRecord(
        encoder=softmax_rows(rng.normal(0, 2, (encoder_layers, heads, n_source, n_source))),
        decoder=softmax_rows(np.where(future, -np.inf, decoder_scores)),
        cross=softmax_rows(rng.normal(0, 2, (decoder_layers, heads, n_target, n_source))),
    )


def translation_of(
    source_pieces: Sequence[str], target_pieces: Sequence[str], attention: AttentionRecord | None, *, seed: int = 0
) -> Translation:
    """A Translation of these pieces; both sides get an end token, the decoder's input a beginning token."""
    source_text, source = tokens_of(source_pieces)
    target_text, target = tokens_of(target_pieces)
    source += (special("</s>", len(source_text)),)
    decoder_input = (special("<s>"), *target)
    target += (special("</s>", len(target_text)),)
    rng = np.random.default_rng(seed)
    probabilities = rng.uniform(0.05, 1.0, len(target))
    return Translation(
        source_text=source_text,
        target_text=target_text,
        source=source,
        decoder_input=decoder_input,
        target=target,
        log_probs=np.log(probabilities).astype(np.float32),
        attention=attention,
        candidates=tuple(_candidates(*step) for step in zip(target, probabilities, strict=True)),
        beam=None,
        checkpoint_id=CHECKPOINT_ID,
        decoding=DECODING,
    )


def make_translation(
    *,
    n_source: int = 8,
    n_target: int = 7,
    layers: int = 2,
    heads: int = 4,
    seed: int = 0,
    encoder_layers: int | None = None,
) -> Translation:
    """A Translation with random but valid weights.

    Parameters
    ----------
    n_source, n_target : int
        Tokens on each side, end token included, at least 1.
    layers, heads : int
        Of the decoder; the encoder has `encoder_layers`, or as many.
    """
    attention = random_attention(
        n_source=n_source,
        n_target=n_target,
        encoder_layers=layers if encoder_layers is None else encoder_layers,
        decoder_layers=layers,
        heads=heads,
        seed=seed,
    )
    source = [_SOURCE_PIECES[index % len(_SOURCE_PIECES)] for index in range(n_source - 1)]
    target = [_TARGET_PIECES[index % len(_TARGET_PIECES)] for index in range(n_target - 1)]
    return translation_of(source, target, attention, seed=seed)


def asymmetric_translation() -> Translation:
    """나는 -> I, with S=3 source and T=2 target tokens, one layer, one head: no axis can be taken for another.

    source        나, 는, </s>
    decoder input <s>, I
    target        I, </s>
    """
    attention = AttentionRecord(
        encoder=np.array([[[[0.60, 0.30, 0.10], [0.15, 0.80, 0.05], [0.22, 0.33, 0.45]]]], dtype=np.float32),
        decoder=np.array([[[[1.0, 0.0], [0.36, 0.64]]]], dtype=np.float32),
        cross=np.array([[[[0.70, 0.18, 0.12], [0.02, 0.07, 0.91]]]], dtype=np.float32),
    )
    return translation_of(("▁나", "는"), ("▁I",), attention)


def _candidates(token: Token, probability: float) -> tuple[Candidate, ...]:
    rest = (1 - probability) / 8
    others = tuple(Candidate(f"▁other{index}", 900 + index, rest) for index in range(4))
    best = Candidate(token.piece, token.id, float(probability))
    return tuple(sorted((best, *others), key=lambda candidate: -candidate.probability))
