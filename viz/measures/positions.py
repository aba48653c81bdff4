"""Sinusoidal positional encodings in numpy (Vaswani et al. 2017, "Attention Is All You Need", section 3.5).

PE[pos, 2i]   = sin(pos / 10000^(2i / d_model))
PE[pos, 2i+1] = cos(pos / 10000^(2i / d_model))
"""

from __future__ import annotations

import numpy as np

BASE = 10_000.0


def angular_frequencies(d_model: int) -> np.ndarray:
    """Radians per position of each sine and cosine pair: 10000^(-2i / d_model), shape (ceil(d_model / 2),)."""
    if d_model < 1:
        raise ValueError(f"d_model is {d_model}, expected at least 1")
    return BASE ** (-np.arange(0, d_model, 2) / d_model)


def wavelengths_positions(d_model: int) -> np.ndarray:
    """Positions after which each pair repeats, from 2 pi to nearly 10000 * 2 pi; shape (ceil(d_model / 2),)."""
    return 2 * np.pi / angular_frequencies(d_model)


def positional_encoding(n_positions: int, d_model: int) -> np.ndarray:
    """The matrix that is added to the embeddings.

    Parameters
    ----------
    n_positions : int
        Length; positions count from zero.
    d_model : int
        Dimensions. An odd number ends in a sine without its cosine.

    Returns
    -------
    array, shape (n_positions, d_model), float64
        Even dimensions are sines, odd ones cosines; from -1 to 1.

    Raises
    ------
    ValueError
        If there is no position or no dimension.
    """
    if n_positions < 1:
        raise ValueError(f"n_positions is {n_positions}, expected at least 1")
    angles = np.arange(n_positions)[:, None] * angular_frequencies(d_model)[None, :]  # (positions, pairs)
    encoding = np.empty((n_positions, d_model))
    encoding[:, 0::2] = np.sin(angles)
    encoding[:, 1::2] = np.cos(angles[:, : d_model // 2])
    return encoding


def dot_product_by_distance(n_positions: int, d_model: int) -> np.ndarray:
    """Dot product of two encodings that are 0, 1, ... n_positions - 1 apart.

    sin(a) sin(b) + cos(a) cos(b) = cos(a - b), so whatever p is,
    PE[p] . PE[p + k] = sum_i cos(k / 10000^(2i / d_model)).

    Returns
    -------
    array, shape (n_positions,)
        Begins at d_model / 2, its highest value.

    Raises
    ------
    ValueError
        If d_model is odd: its last sine has no cosine, and the product would depend on p as well.
    """
    if d_model % 2:
        raise ValueError(f"d_model is {d_model}, expected an even number: each sine needs its cosine")
    if n_positions < 1:
        raise ValueError(f"n_positions is {n_positions}, expected at least 1")
    return np.cos(np.arange(n_positions)[:, None] * angular_frequencies(d_model)[None, :]).sum(axis=1)


def cosine_by_distance(n_positions: int, d_model: int) -> np.ndarray:
    """Cosine similarity of two encodings that are 0, 1, ... n_positions - 1 apart.

    All encodings have the length sqrt(d_model / 2), so it is the dot product over d_model / 2; odd d_model as there.

    Returns
    -------
    array, shape (n_positions,)
        From -1 to 1; begins at 1.
    """
    return dot_product_by_distance(n_positions, d_model) / (d_model / 2)
