"""Influence between words by how far apart they stand."""

from __future__ import annotations

import numpy as np


def mean_by_distance(change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean influence over all pairs of words that stand equally far apart.

    Parameters
    ----------
    change : array, shape (words, words)
        Rows: the word whose state changes; columns: the word that is changed.

    Returns
    -------
    distances : array, shape (2 * words - 2,)
        From 1 - words to words - 1 without 0: negative where the changed word stands before the other one.
    means : array of the same shape
    """
    n_words = len(change)
    distances = np.array([distance for distance in range(1 - n_words, n_words) if distance], dtype=int)
    return distances, np.array([np.diagonal(change, distance).mean(dtype=np.float64) for distance in distances])


def fading(change: np.ndarray, n_far: int) -> tuple[float, float]:
    """Mean influence of the words just before, and of all that stand `n_far` or more words before.

    Parameters
    ----------
    change : array, shape (words, words)
        As for `mean_by_distance`.
    n_far : int
        From 1 to words - 1.
    """
    rows, columns = np.indices(change.shape)
    before = rows - columns
    return float(change[before == 1].mean()), float(change[before >= n_far].mean())
