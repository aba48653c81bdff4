"""The view that the explorer begins at, as the program in the browser takes it."""

from __future__ import annotations

import json

from model.records import HeadRef
from viz.explorer.view import AVERAGE, View


def test_a_view_goes_as_json_with_every_part_under_its_name():
    view = View(HeadRef("decoder", 1, AVERAGE), "links", (0, 7), (2,), (HeadRef("cross", 0, 3),))
    assert json.loads(json.dumps(view.to_json())) == {
        "kind": "decoder", "layer": 1, "head": -1, "mode": "links",
        "pins": {"source": [0, 7], "target": [2]},
        "tray": [{"kind": "cross", "layer": 0, "head": 3}],
    }
