"""Which head joins one word with another, from the model's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.records import AttentionKind, AttentionRecord, HeadRef
from viz.measures.words import Word

# A link counts once it is this many times the even share.
TIMES_EVEN_SHARE = 3.0


@dataclass(frozen=True)
class JoiningHead:
    """The head that joins two groups of tokens most strongly.

    Attributes
    ----------
    ref : HeadRef
    weight : float
        Summed over the keys of the group, averaged over its queries; 0 to 1.
    even_share : float
        1 / keys: what each token would get if the head looked at all alike.
    """

    ref: HeadRef
    weight: float
    even_share: float

    @property
    def times_even_share(self) -> float:
        """How many times the even share the weight is."""
        return self.weight / self.even_share


@dataclass(frozen=True)
class Partner:
    """The word that a query is joined with most strongly, and the head that does it."""

    word: Word
    head: JoiningHead


def joint_weights(weights: np.ndarray, queries: Sequence[int], keys: Sequence[int]) -> np.ndarray:
    """How strongly each head joins a group of queries with a group of keys.

    Parameters
    ----------
    weights : array, shape (..., queries, keys)
        Rows sum to 1.
    queries, keys : sequence of int
        Tokens of each group; neither may be empty.

    Returns
    -------
    array, shape (...)
        Summed over the keys, averaged over the queries; 0 to 1.

    Raises
    ------
    ValueError
        If a group is empty.
    IndexError
        If a token does not exist.
    """
    if not len(queries) or not len(keys):
        raise ValueError(f"got {len(queries)} queries and {len(keys)} keys, expected at least one of each")
    rows = weights[..., list(queries), :]
    return rows[..., list(keys)].sum(axis=-1, dtype=np.float64).mean(axis=-1)


def strongest_joining_head(
    attention: AttentionRecord,
    kind: AttentionKind,
    queries: Sequence[int],
    keys: Sequence[int],
    *,
    times_even_share: float = TIMES_EVEN_SHARE,
) -> JoiningHead | None:
    """The head of a kind that joins a group of queries most strongly with a group of keys.

    Parameters
    ----------
    queries, keys : sequence of int
        Tokens of each group, such as the pieces of 나는 and of 코끼리; neither may be empty.
    times_even_share : float
        What the weight has to pass, in units of 1 / keys of the map.

    Returns
    -------
    JoiningHead or None
        None if no head passes the threshold. Of equal heads the first one.
    """
    weights = attention.of_kind(kind)
    joint = joint_weights(weights, queries, keys)  # (layers, heads)
    layer, head = np.unravel_index(int(joint.argmax()), joint.shape)
    even_share = 1.0 / weights.shape[-1]
    weight = float(joint[layer, head])
    if weight <= times_even_share * even_share:
        return None
    return JoiningHead(HeadRef(kind, int(layer), int(head)), weight, even_share)


def strongest_partner(
    attention: AttentionRecord,
    kind: AttentionKind,
    query: Word,
    key_words: Sequence[Word],
    *,
    times_even_share: float = TIMES_EVEN_SHARE,
) -> Partner | None:
    """The word that `query` is joined with most strongly by any head of a kind; special tokens do not count.

    For self-attention leave the word itself out of `key_words`. None if no weight passes the threshold.
    """
    best: Partner | None = None
    for word in key_words:
        if word.is_special:
            continue
        head = strongest_joining_head(
            attention, kind, query.indices, word.indices, times_even_share=times_even_share
        )
        if head is not None and (best is None or head.weight > best.head.weight):
            best = Partner(word, head)
    return best
