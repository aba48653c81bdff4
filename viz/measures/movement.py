"""How the vectors of words move from layer to layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viz.measures.words import Word


def word_vectors(states: np.ndarray, words: Sequence[Word]) -> np.ndarray:
    """One vector for each word: the mean over its tokens.

    Parameters
    ----------
    states : array, shape (layers + 1, tokens, d_model)
        Index 0 before the first layer.

    Returns
    -------
    array, shape (layers + 1, words, d_model), float64
    """
    return np.stack([states[:, list(word.indices)].mean(axis=1, dtype=np.float64) for word in words], axis=1)


def similarity_to_start(vectors: np.ndarray, word: int) -> np.ndarray:
    """Cosine of a word's vector after each layer with that before the first: 1 at index 0.

    Parameters
    ----------
    vectors : array, shape (layers + 1, words, d_model)

    Returns
    -------
    array, shape (layers + 1,)
    """
    directions = _directions(vectors[:, word])
    return directions @ directions[0]


def similarity_to_words(vectors: np.ndarray, word: int) -> np.ndarray:
    """Cosine of a word's vector with that of each word after the same layer; 1 for the word itself.

    Parameters
    ----------
    vectors : array, shape (layers + 1, words, d_model)

    Returns
    -------
    array, shape (layers + 1, words)
    """
    directions = _directions(vectors)
    return np.einsum("lwd,ld->lw", directions, directions[:, word])


def _directions(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
