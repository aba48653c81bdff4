"""What the browser sends back is checked before anyone uses it."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.records import HeadRef
from tests.records import make_translation
from viz.explorer.view import AVERAGE, View, parse_view

TRANSLATION = make_translation(n_source=8, n_target=7, layers=2, heads=4)
VIEW = View(HeadRef("decoder", 1, AVERAGE), "links", (0, 7), (0, 7), (HeadRef("cross", 0, 3),))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(VIEW.to_json())), inner),
    max_leaves=12,
)


def test_a_view_comes_back_as_it_went():
    assert parse_view(json.loads(json.dumps(VIEW.to_json())), TRANSLATION) == VIEW


@given(json_values)
def test_anything_else_gives_none_or_a_valid_view(value):
    view = parse_view(value, TRANSLATION)
    assert view is None or parse_view(view.to_json(), TRANSLATION) == view


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "self"), ("kind", ["cross"]), ("layer", 2), ("layer", -2), ("layer", True), ("layer", 0.5),
        ("layer", float("nan")), ("layer", "0"), ("head", 4), ("head", None), ("mode", "pie"), ("pins", None),
        ("pins", {"source": [8], "target": []}), ("pins", {"source": [], "target": [8]}),
        ("pins", {"source": "0", "target": []}), ("tray", None), ("tray", [None]),
        ("tray", [{"kind": "cross", "layer": 0, "head": 0}] * 5),
    ],
)  # fmt: skip
def test_one_wrong_value_is_enough_to_refuse_a_view(key, value):
    assert parse_view({**VIEW.to_json(), key: value}, TRANSLATION) is None


def test_nothing_fits_a_translation_without_weights():
    assert parse_view(VIEW.to_json(), dataclasses.replace(TRANSLATION, attention=None)) is None
