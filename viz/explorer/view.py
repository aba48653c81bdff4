"""Where a person is in the explorer: what an address holds and what the browser sends back, checked on arrival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from model.records import ATTENTION_KINDS, AttentionKind, HeadRef, Translation

Mode = Literal["matrix", "links", "chain"]
MODES: tuple[Mode, ...] = get_args(Mode)
# The layer or head of an average over layers or heads.
AVERAGE = -1
MAX_TRAY = 4


@dataclass(frozen=True)
class View:
    """A place in the explorer.

    Attributes
    ----------
    head : HeadRef
        Layer and head from zero, or AVERAGE.
    mode : "matrix" | "links" | "chain"
    source_pins : tuple of int
        Pinned source tokens, from zero.
    target_pins : tuple of int
        Pinned target tokens by their place in the decoder's sequence: 0 is the beginning token, t + 1 is target[t].
    tray : tuple of HeadRef
        Heads put aside to compare, at most four.
    """

    head: HeadRef
    mode: Mode = "matrix"
    source_pins: tuple[int, ...] = ()
    target_pins: tuple[int, ...] = ()
    tray: tuple[HeadRef, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the program in the browser takes it."""
        return {
            "kind": self.head.kind,
            "layer": self.head.layer,
            "head": self.head.head,
            "mode": self.mode,
            "pins": {"source": list(self.source_pins), "target": list(self.target_pins)},
            "tray": [{"kind": ref.kind, "layer": ref.layer, "head": ref.head} for ref in self.tray],
        }


def parse_view(value: object, translation: Translation) -> View | None:
    """A view that the browser reported, or None if anything in it does not fit the translation.

    Parameters
    ----------
    value : object
        What the trigger "view" held: untrusted.
    translation : Translation
        The one that is shown, made with capture.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("pins"), Mapping):
        return None
    head = _head(value, translation)
    mode: Mode | None = next((mode for mode in MODES if mode == value.get("mode")), None)
    source_pins = _indices(value["pins"].get("source"), len(translation.source))
    target_pins = _indices(value["pins"].get("target"), len(translation.target) + 1)
    tray = _tray(value.get("tray"), translation)
    if head is None or mode is None or source_pins is None or target_pins is None or tray is None:
        return None
    return View(head, mode, source_pins, target_pins, tray)


def _head(value: object, translation: Translation) -> HeadRef | None:
    if translation.attention is None or not isinstance(value, Mapping):
        return None
    kind: AttentionKind | None = next((kind for kind in ATTENTION_KINDS if kind == value.get("kind")), None)
    if kind is None:
        return None
    layers, heads = translation.attention.of_kind(kind).shape[:2]
    layer, head = value.get("layer"), value.get("head")
    if not (_is_index(layer, AVERAGE, layers) and _is_index(head, AVERAGE, heads)):
        return None
    return HeadRef(kind, int(layer), int(head))  # type: ignore[arg-type]


def _tray(value: object, translation: Translation) -> tuple[HeadRef, ...] | None:
    if not isinstance(value, list) or len(value) > MAX_TRAY:
        return None
    refs = [_head(each, translation) for each in value]
    return None if None in refs else tuple(ref for ref in refs if ref is not None)


def _indices(value: object, count: int) -> tuple[int, ...] | None:
    if not isinstance(value, list) or len(value) > count or not all(_is_index(each, 0, count) for each in value):
        return None
    return tuple(int(each) for each in value)


def _is_index(value: object, low: int, high: int) -> bool:
    """A whole number from low up to, not including, high. JSON numbers may arrive as floats; booleans are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value and abs(value) < 1e9 and int(value) == value and low <= value < high
