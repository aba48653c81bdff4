"""How much each part of a sum of scores decides where a head looks."""

from __future__ import annotations

import numpy as np


def shares_of_differences(parts: np.ndarray) -> np.ndarray:
    """Each part's share of the differences between the scores of a row.

    The softmax does not change when one number is added to a whole row, so only differences between keys count: the
    row's mean is taken off first. The share is the part's covariance with the sum over the variance of the sum.

    Parameters
    ----------
    parts : array, shape (P, ..., Q, K)
        Their sum over the first axis is the scores.

    Returns
    -------
    array, shape (P, ...)
        Sums to 1 over the parts; a part that works against the sum has a negative share. 0 where all scores of each
        row are the same.
    """
    centred = parts.astype(np.float64) - parts.mean(axis=-1, keepdims=True, dtype=np.float64)
    total = centred.sum(axis=0)
    covariance = (centred * total).sum(axis=(-2, -1))
    variance = np.square(total).sum(axis=(-2, -1))
    return np.divide(covariance, variance, out=np.zeros_like(covariance), where=variance > 0)
