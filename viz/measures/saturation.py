"""Why attention divides by the root of d_k: what large scores do to a softmax and to its gradient.

The components of a random query and key are independent with mean 0 and variance 1. Their dot product over d_k
components then has variance d_k (Vaswani et al. 2017, footnote 4), and dividing by its root brings it back to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.records import AttentionTrace
from viz.measures.heads import entropy_nats

N_KEYS = 10
N_QUERIES = 400


def softmax(scores: np.ndarray) -> np.ndarray:
    """Softmax over the last axis; minus infinity becomes exactly 0."""
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def jacobian_norm(weights: np.ndarray) -> np.ndarray:
    """Frobenius norm of the softmax's Jacobian diag(w) - w w^T, without building it.

    Its square is sum_i w_i^2 - 2 sum_i w_i^3 + (sum_i w_i^2)^2.

    Parameters
    ----------
    weights : array, shape (..., keys)

    Returns
    -------
    array, shape (...)
        From 0, where one weight is 1, to 0.5, where two are a half each.
    """
    weights = np.asarray(weights, dtype=np.float64)
    squares = (weights**2).sum(axis=-1)
    return np.sqrt(np.maximum(squares - 2 * (weights**3).sum(axis=-1) + squares**2, 0.0))


def random_dot_products(d_ks: Sequence[int], *, seed: int = 0) -> np.ndarray:
    """Dot products of N_QUERIES random queries with N_KEYS random keys each, of every size in `d_ks`.

    A larger d_k goes on from a smaller one: it adds components to the same vectors.

    Returns
    -------
    array, shape (d_ks, queries, keys)
    """
    generator = np.random.default_rng(seed)
    queries = generator.standard_normal((N_QUERIES, max(d_ks)), dtype=np.float32)
    keys = generator.standard_normal((N_QUERIES, N_KEYS, max(d_ks)), dtype=np.float32)
    return np.stack([np.einsum("qd,qkd->qk", queries[:, :d_k], keys[:, :, :d_k]) for d_k in d_ks])


@dataclass(frozen=True)
class Saturation:
    """What a softmax makes of many rows of scores.

    Attributes
    ----------
    spread : float
        Standard deviation of the scores.
    largest_weight : float
        Of each row, averaged over the rows; 0 to 1.
    entropy_nats : float
        Averaged over the rows.
    jacobian_norm : float
        Of the middle row (median): half of the rows have less. The mean would hide that most rows get almost nothing.
    """

    spread: float
    largest_weight: float
    entropy_nats: float
    jacobian_norm: float


def saturation(scores: np.ndarray) -> Saturation:
    """Measure the softmax of each row; scores (rows, keys)."""
    weights = softmax(scores)
    return Saturation(
        spread=float(scores.std()),
        largest_weight=float(weights.max(axis=-1).mean()),
        entropy_nats=float(entropy_nats(weights).mean()),
        jacobian_norm=float(np.median(jacobian_norm(weights))),
    )


@dataclass(frozen=True, eq=False)
class HeadSaturation:
    """Entropy and Jacobian of each head with the division by the root of d_head and without it.

    All arrays have the shape (layers, heads) and are means over the queries that have a choice of keys.
    """

    entropy_with: np.ndarray
    entropy_without: np.ndarray
    jacobian_with: np.ndarray
    jacobian_without: np.ndarray


def head_saturation(trace: AttentionTrace) -> HeadSaturation:
    """A trained model's own scores, divided as it was trained, and with the division taken away."""
    rows = trace.allowed.sum(axis=1) > 1
    if not rows.any():
        rows = np.ones_like(rows)
    scores = trace.masked_scores()[:, :, rows].astype(np.float64)
    divided, undivided = softmax(scores), softmax(scores * np.sqrt(trace.queries.shape[-1]))
    return HeadSaturation(
        entropy_nats(divided).mean(axis=-1),
        entropy_nats(undivided).mean(axis=-1),
        jacobian_norm(divided).mean(axis=-1),
        jacobian_norm(undivided).mean(axis=-1),
    )
