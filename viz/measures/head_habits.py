"""Where heads look, and how different they are: what popular accounts claim, counted on one sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.records import AttentionKind, Translation
from viz.measures.maps import captured

# A head does something "mostly" if more than half of its weight goes there.
MOSTLY = 0.5


@dataclass(frozen=True, eq=False)
class HeadHabits:
    """Shares of each head's weight by where it goes, averaged over the queries; shape (layers, heads) each.

    The four add up to 1. A special token counts as such and not as a neighbour.

    Attributes
    ----------
    special : array
        On the sentence's end token (encoder and cross-attention), or on the beginning token (decoder).
    itself : array
        On the query's own token; 0 for cross-attention, whose two sides have no common places.
    neighbours : array
        On the token before or after; 0 for cross-attention.
    elsewhere : array
    """

    special: np.ndarray
    itself: np.ndarray
    neighbours: np.ndarray
    elsewhere: np.ndarray


def head_habits(translation: Translation, kind: AttentionKind) -> HeadHabits:
    """Where the heads of a kind look. ValueError if the translation was made without capture."""
    weights = captured(translation).of_kind(kind).astype(np.float64)  # (layers, heads, queries, keys)
    special = np.array([token.is_special for token in translation.key_tokens(kind)])
    distance = np.abs(np.subtract.outer(np.arange(weights.shape[-2]), np.arange(weights.shape[-1])))
    places = np.full(distance.shape, -1) if kind == "cross" else distance
    others = weights * ~special
    parts = [others * (places == 0), others * (places == 1)]
    special_share, itself, neighbours = (
        part.sum(axis=-1).mean(axis=-1) for part in (weights * special, *parts)
    )
    return HeadHabits(special_share, itself, neighbours, 1.0 - special_share - itself - neighbours)


def map_distances(weights: np.ndarray) -> np.ndarray:
    """How differently two heads distribute their weight: half of sum_k |a_qk - b_qk|, averaged over the queries.

    This is the total variation distance: the share of its weight that one head would have to move to become the other.

    Parameters
    ----------
    weights : array, shape (..., heads, queries, keys)
        Rows sum to 1.

    Returns
    -------
    array, shape (..., heads, heads)
        0 for equal maps, 1 for maps that never look at the same key.
    """
    weights = np.asarray(weights, dtype=np.float64)
    # One head against all at a time: all pairs at once would need heads times the memory of the maps.
    rows = [
        0.5 * np.abs(weights - weights[..., head : head + 1, :, :]).sum(axis=-1).mean(axis=-1)
        for head in range(weights.shape[-3])
    ]
    return np.stack(rows, axis=-2)


def mean_pair_distance(weights: np.ndarray) -> float:
    """Mean of `map_distances` over all pairs of different heads of a layer, and over layers; 0 if there is one head."""
    distances = map_distances(weights)
    n_heads = distances.shape[-1]
    if n_heads < 2:
        return 0.0
    return float(distances[..., ~np.eye(n_heads, dtype=bool)].mean())
