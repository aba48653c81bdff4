"""Where a person begins in the explorer, unless the address says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from model.records import HeadRef

Mode = Literal["matrix", "links", "chain"]
# The layer or head of an average over layers or heads.
AVERAGE = -1


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
