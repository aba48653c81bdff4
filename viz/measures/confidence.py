"""How sure the model was of each word that it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.records import Translation
from viz.measures.words import Word, display_piece, group_words, special_ids


@dataclass(frozen=True)
class Alternative:
    """A piece that could have been chosen instead, with its probability (0 to 1)."""

    text: str
    probability: float
    is_special: bool


@dataclass(frozen=True)
class WrittenWord:
    """A word of the translation with its probability.

    Attributes
    ----------
    word : Word
    probability : float
        Product over its pieces: how likely the whole word was, given what stands before it; 0 to 1.
    piece : str
        Its least certain piece, as a person reads it.
    piece_probability : float
    alternatives : tuple of Alternative
        What else was possible in place of that piece, best first; empty without capture.
    """

    word: Word
    probability: float
    piece: str
    piece_probability: float
    alternatives: tuple[Alternative, ...]


def written_words(translation: Translation) -> tuple[WrittenWord, ...]:
    """The words of the translation, the end token included, in order."""
    words = group_words(translation.target)
    probabilities = word_probabilities(translation.log_probs, words).tolist()
    return tuple(_written_word(translation, *pair) for pair in zip(words, probabilities, strict=True))


def word_probabilities(log_probs: np.ndarray, words: Sequence[Word]) -> np.ndarray:
    """Probability of each word: the product over its pieces.

    Parameters
    ----------
    log_probs : array, shape (..., T)
        Nats, of each token.
    words : W words, which hold every token once, in order

    Returns
    -------
    array, shape (..., W), float64
        0 to 1.
    """
    return np.exp(np.add.reduceat(log_probs, [word.indices[0] for word in words], axis=-1, dtype=np.float64))


def _written_word(translation: Translation, word: Word, probability: float) -> WrittenWord:
    weakest = word.indices[int(translation.log_probs[list(word.indices)].argmin())]
    token = translation.target[weakest]
    return WrittenWord(
        word=word,
        probability=probability,
        piece=display_piece(token.piece, is_special=token.is_special),
        piece_probability=float(np.exp(translation.log_probs[weakest])),
        alternatives=_alternatives(translation, weakest),
    )


def _alternatives(translation: Translation, step: int) -> tuple[Alternative, ...]:
    if not translation.candidates:
        return ()
    special = special_ids(translation)
    chosen = translation.target[step].id
    return tuple(
        Alternative(
            display_piece(candidate.piece, is_special=candidate.id in special),
            candidate.probability,
            candidate.id in special,
        )
        for candidate in translation.candidates[step]
        if candidate.id != chosen
    )
