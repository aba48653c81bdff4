"""One row of attention, step by step: dot products, scaling, mask, softmax, weighted sum of values.

Vaswani et al. 2017, equation 1, for one query: softmax(q K^T / sqrt(d_k)) V.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.records import AttentionTrace


@dataclass(frozen=True, eq=False)
class AttentionSteps:
    """What one head computes for one query; float64.

    Attributes
    ----------
    query : array, shape (d_head,)
    keys, values : array, shape (keys, d_head)
    dot_products : array, shape (keys,)
    scaled : array, shape (keys,)
        Dot products divided by the root of d_head.
    allowed : bool array, shape (keys,)
        The mask: True where the query may look.
    exponentials : array, shape (keys,)
        e^(scaled - largest), the largest being that of the allowed keys; 0 where the mask is. The subtraction does not
        change the softmax and keeps the numbers between 0 and 1.
    weights : array, shape (keys,)
        Exponentials divided by their sum.
    output : array, shape (d_head,)
        Sum of the values, each times its weight.
    """

    query: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    dot_products: np.ndarray
    scaled: np.ndarray
    allowed: np.ndarray
    exponentials: np.ndarray
    weights: np.ndarray
    output: np.ndarray

    @property
    def masked(self) -> np.ndarray:
        """Scaled dot products after the mask: minus infinity where the query may not look; shape (keys,)."""
        return np.where(self.allowed, self.scaled, -np.inf)

    @property
    def weighted_values(self) -> np.ndarray:
        """Each value times its weight, shape (keys, d_head): the output is their sum."""
        return self.weights[:, None] * self.values


def attention_steps(trace: AttentionTrace, layer: int, head: int, query: int) -> AttentionSteps:
    """Compute one row of a map again from its queries, keys and values.

    Parameters
    ----------
    layer, head, query : int
        Counted from zero.

    Raises
    ------
    IndexError
        If there is no such layer, head or query.
    """
    counts = trace.queries.shape[:3]
    for name, place, count in zip(("layer", "head", "query"), (layer, head, query), counts, strict=True):
        if not 0 <= place < count:
            raise IndexError(f"{name} {place} does not exist: there are {count}, counted from zero")
    q = trace.queries[layer, head, query].astype(np.float64)
    keys = trace.keys[layer, head].astype(np.float64)
    values = trace.values[layer, head].astype(np.float64)
    allowed = trace.allowed[query]
    dot_products = keys @ q
    scaled = dot_products / np.sqrt(len(q))
    exponentials = np.where(allowed, np.exp(np.minimum(scaled - scaled[allowed].max(), 0.0)), 0.0)
    weights = exponentials / exponentials.sum()
    return AttentionSteps(q, keys, values, dot_products, scaled, allowed, exponentials, weights, weights @ values)


def leading_keys(steps: AttentionSteps, count: int, *, masked: int = 2) -> tuple[int, ...]:
    """At most `count` keys, in the order of the sentence: those with the largest weights.

    The first `masked` of those that the mask hides are among them, so that the mask is seen; more of them only if there
    are few others.
    """
    hidden = np.flatnonzero(~steps.allowed).tolist()
    seen = sorted(np.flatnonzero(steps.allowed).tolist(), key=lambda key: (-steps.weights[key], key))
    n_seen = count - min(masked, len(hidden), count)
    return tuple(sorted([*seen[:n_seen], *hidden][:count]))
