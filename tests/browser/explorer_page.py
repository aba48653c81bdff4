"""The explorer as a saved page, opened from disk, and where things are on it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from model.records import HeadRef, Translation
from tests.browser.browser import ROOT, View
from viz.explorer import explorer

VIEWS = (
    View("desktop", "ko", "light"),
    View("desktop", "en", "dark"),
    View("phone", "ko", "light"),
    View("phone", "en", "dark"),
)
DESKTOP_VIEWS = VIEWS[:2]


def words(language: str) -> dict[str, str]:
    """Texts of one language by their full keys."""
    path = ROOT / "viz" / "words" / f"explorer.{language}.toml"
    return {f"explorer.{key}": text for key, text in tomllib.loads(path.read_text("utf-8")).items()}


def open_explorer(
    page: Page, folder: Path, translation: Translation, *, language: str = "ko", address: str = "", **settings: Any
) -> None:
    """Saves the explorer of a translation as one file and opens it with what stands after # in the address."""
    file = folder / "explorer.html"
    file.write_text(explorer.standalone_html(translation, words(language), language=language, **settings), "utf-8")
    page.goto(f"{file.as_uri()}#{address}" if address else file.as_uri())
    page.wait_for_selector(".explorer canvas.map")
    settle(page)


def settle(page: Page) -> None:
    """Waits until what has changed is drawn."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def wait_for_address(page: Page) -> None:
    """Waits until the view stands in the address, where it is written a moment after it has changed."""
    page.wait_for_function(
        "() => { const { state, data } = document.querySelector('.explorer').explorer;"
        " return location.hash === `#${explorerProgram.testing.addressOf(state, data)}`; }"
    )


def state(page: Page, name: str) -> Any:
    """A value of the explorer's state."""
    settle(page)
    return page.evaluate("name => document.querySelector('.explorer').explorer.state[name]", name)


def open_head(page: Page) -> HeadRef:
    """The head that is open."""
    return HeadRef(state(page, "kind"), state(page, "layer"), state(page, "head"))


def cell_point(page: Page, row: int, column: int) -> tuple[float, float]:
    """A point within a cell of the matrix view, on the screen."""
    page.locator("canvas.map").scroll_into_view_if_needed()
    settle(page)
    place = page.evaluate(
        "cell => document.querySelector('.explorer').explorer.main.pointOfCell(cell)", {"row": row, "column": column}
    )
    settle(page)
    return place["x"], place["y"] - 6


def thumbnail_point(page: Page, ref: HeadRef) -> tuple[float, float]:
    """The middle of a small map of the overview, on the screen."""
    page.locator(".overview canvas").scroll_into_view_if_needed()
    find = "ref => document.querySelector('.explorer').explorer.overview.pointOfHead(ref)"
    target = {"kind": ref.kind, "layer": ref.layer, "head": ref.head}
    place = page.evaluate(find, target)
    page.evaluate(
        "x => { const strip = document.querySelector('.overview'); if (x < 0 || x > innerWidth)"
        " strip.scrollLeft += x - innerWidth / 2; }",
        place["x"],
    )
    page.evaluate("y => { if (y < 0 || y > innerHeight) scrollBy(0, y - innerHeight / 2); }", place["y"])
    settle(page)
    place = page.evaluate(find, target)
    return place["x"], place["y"]


def touch_or_click(page: Page, view: View, x: float, y: float) -> None:
    """A click of the mouse, or a tap on a phone."""
    if view.size == "phone":
        page.touchscreen.tap(x, y)
    else:
        page.mouse.click(x, y)
    settle(page)


def word_button(page: Page, side: str, text: str):
    """A word of a sentence."""
    return page.locator(f".sentence.{side} .word").get_by_text(text, exact=True).first


def pixels(page: Page, selector: str, x: float, y: float, width: float, height: float) -> list[str]:
    """Colours "r,g,b" in a rectangle of a canvas, in CSS pixels from its own corner."""
    script = """([selector, x, y, width, height]) => {
        const canvas = document.querySelector(selector);
        const ratio = canvas.width / parseFloat(canvas.style.width);
        const box = [x, y, width, height].map((value) => Math.round(value * ratio));
        const data = canvas.getContext('2d').getImageData(...box).data;
        return Array.from({length: data.length / 4}, (_, i) => data.slice(4 * i, 4 * i + 3).join(','));
    }"""
    return page.evaluate(script, [selector, x, y, width, height])


def count_near(page: Page, selector: str, colour: str, tolerance: int = 24) -> int:
    """How many pixels of a canvas have about the colour "#rrggbb"."""
    script = """([selector, colour, tolerance]) => {
        const canvas = document.querySelector(selector);
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0;
        for (let i = 0; i < data.length; i += 4) {
            if (colour.every((channel, c) => Math.abs(data[i + c] - channel) <= tolerance)) count += 1;
        }
        return count;
    }"""
    channels = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return page.evaluate(script, [selector, channels, tolerance])


def run(page: Page, script: str, argument: Any = None) -> Any:
    """Runs JavaScript with `t` (the pure functions) and `store`; the script is the body of a function of `a`."""
    return page.evaluate(
        f"a => {{ const t = explorerProgram.testing; const store ="
        f" document.querySelector('.explorer').explorer; {script} }}",
        argument,
    )
