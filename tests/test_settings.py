""".streamlit/config.toml: nothing leaves the machine, nobody is asked, and the page has the colours of the figures."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from viz.figures.palette import DARK, LIGHT

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def test_nothing_is_sent_and_nobody_is_asked():
    assert SETTINGS["browser"]["gatherUsageStats"] is False
    assert SETTINGS["server"]["showEmailPrompt"] is False
    # Without it, a start without a screen asks a server on the internet for this machine's address.
    assert SETTINGS["browser"]["serverAddress"] == "localhost"


def test_the_key_c_clears_no_caches_in_front_of_a_class():
    assert SETTINGS["client"]["toolbarMode"] == "viewer"


@pytest.mark.parametrize(("name", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_page_and_figures_have_the_same_ground(name, palette):
    assert SETTINGS["theme"][name]["backgroundColor"] == palette.background
    assert SETTINGS["theme"][name]["textColor"] == palette.text


def test_each_font_is_a_file_that_is_served():
    assert SETTINGS["server"]["enableStaticServing"] is True
    for face in SETTINGS["theme"]["fontFaces"]:
        assert (ROOT / face["url"].removeprefix("app/")).is_file()


def test_every_requirement_is_pinned():
    lines = [line for file in ("requirements.txt", "requirements-dev.txt")
             for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
             if line and not line.startswith(("#", "-r"))]
    assert lines and all("==" in line for line in lines)
