"""Which source word each target word looks at most, and how far the two orders cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viz.measures.maps import AttentionMap


@dataclass(frozen=True)
class Crossings:
    """Pairs of target words by the order of the source words that they look at most.

    Attributes
    ----------
    straight, crossed : int
        Pairs that look at two source words in the same order, and in the reverse order. Pairs that look at the same
        word are in neither.
    """

    straight: int
    crossed: int


def strongest_keys(attention_map: AttentionMap) -> tuple[int, ...]:
    """For each row of a map the key with the largest weight; of equal ones the first."""
    return tuple(int(key) for key in attention_map.weights.argmax(axis=1))


def crossings(attention_map: AttentionMap) -> Crossings:
    """Count the pairs of target words whose source words stand in the same and in the reverse order.

    Special tokens, on either side, are left out.

    Parameters
    ----------
    attention_map : of cross-attention, by words
    """
    assert attention_map.predicted is not None
    places = [
        key
        for word, key in zip(attention_map.predicted, strongest_keys(attention_map), strict=True)
        if not word.is_special and not attention_map.keys[key].is_special
    ]
    return Crossings(straight=_pairs_in_order(places), crossed=_pairs_in_order(places[::-1]))


def _pairs_in_order(places: Sequence[int]) -> int:
    return sum(first < second for place, first in enumerate(places) for second in places[place + 1 :])
