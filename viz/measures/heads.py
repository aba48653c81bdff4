"""What one head does, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Link:
    """One weight of a map; query and key count from zero."""

    query: int
    key: int
    weight: float


def entropy_nats(weights: np.ndarray) -> np.ndarray:
    """Shannon entropy of each row, -sum_k w_k ln w_k, with 0 ln 0 = 0.

    Parameters
    ----------
    weights : array, shape (..., queries, keys)
        Rows sum to 1.

    Returns
    -------
    array, shape (..., queries)
        Nats, from 0 to ln(keys).
    """
    weights = np.asarray(weights, dtype=np.float64)
    logarithms = np.log(np.where(weights > 0, weights, 1.0))
    # A weight of float32 may be a hair above 1, and its entropy a hair below 0.
    return np.maximum(-(weights * logarithms).sum(axis=-1), 0.0)


def mean_distance_tokens(weights: np.ndarray) -> np.ndarray:
    """How far from itself each query looks: sum_k w_qk |q - k|, averaged over the queries.

    Parameters
    ----------
    weights : array, shape (..., tokens, tokens)
        Self-attention; rows sum to 1.

    Returns
    -------
    array, shape (...)
        In tokens, from 0 to tokens - 1.

    Raises
    ------
    ValueError
        If queries and keys are not the same tokens: their counts differ.
    """
    n_queries, n_keys = weights.shape[-2:]
    if n_queries != n_keys:
        raise ValueError(f"weights have {n_queries} queries and {n_keys} keys: distance needs self-attention")
    positions = np.arange(n_keys)
    distances = np.abs(positions[:, None] - positions[None, :])
    return (weights * distances).sum(axis=-1, dtype=np.float64).mean(axis=-1)


def strongest_links(weights: np.ndarray, count: int = 3) -> tuple[Link, ...]:
    """The strongest weights of one map, strongest first; of equal ones the first in reading order. Zeros are left out.

    Parameters
    ----------
    weights : array, shape (queries, keys)
    count : int
        How many at most.
    """
    order = np.argsort(-weights, axis=None, kind="stable")[:count]
    queries, keys = np.unravel_index(order, weights.shape)
    links = (Link(int(query), int(key), float(weights[query, key])) for query, key in zip(queries, keys, strict=True))
    return tuple(link for link in links if link.weight > 0)
