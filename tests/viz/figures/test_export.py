from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.figures.export import download_config, safe_filename


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("cross", "layer 6", "head 4"), "cross-layer-6-head-4"),
        (("나는 강사 입니다.",), "나는-강사-입니다"),
        (("../../etc/passwd",), "etc-passwd"),
        (('a<b>:"/\\|?*c',), "a-b-c"),
        (("con",), "file-con"),
        (("🐘",), "file-"),
    ],
)
def test_names_are_made_safe(parts, name):
    assert safe_filename(*parts) == name


@given(st.text(max_size=200))
def test_any_text_makes_a_name(text):
    name = safe_filename(text)
    assert 0 < len(name) <= 85
    assert not set(name) & set('/\\:*?"<>|. \n\x00')


def test_the_button_saves_what_was_asked_for():
    config = download_config("나는", "svg")
    assert config["toImageButtonOptions"] == {
        "format": "svg",
        "filename": "나는",
        "scale": 2,
        "width": None,
        "height": None,
    }
    assert config["displaylogo"] is False
    assert config["modeBarButtons"] == [["toImage"]]
