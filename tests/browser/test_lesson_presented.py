"""The lesson in presenter mode, in a real Chromium: nothing is cut off, and keys scroll and turn it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser import View, open_app, wait_for_app, wait_until_figures_are_drawn
from tests.browser.test_app import WAIT_MS, parameters, saved
from tests.browser.test_lesson import NAMES, arrive

PROJECTOR = pytest.mark.parametrize("page", [View("projector", "ko", "light")], indirect=True, ids=str)

# What scrolls sideways: the page, and everything in it that has more to show than room for it. Plotly measures texts in
# boxes of no width, KaTeX has formulas for screen readers, a list's field scrolls with the caret.
# A figure's box clips the room that the figure would take undiminished: FIGURES looks at what is drawn.
SIDEWAYS = """() => [document.scrollingElement, ...document.querySelectorAll(
    "[data-testid=stMain], .st-key-lesson-presented *")]
  .filter((e) => e.clientWidth > 1 && e.scrollWidth > e.clientWidth
    && ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(e).overflowX)
    && !e.closest("svg, .katex-mathml, input, [data-testid=stSelectbox]") && !e.matches("[class*=st-key-plot-]"))
  .map((e) => `${e.className}: ${e.scrollWidth} > ${e.clientWidth}`)"""


# Width of each figure as it is drawn, and as wide as it would be and the page is.
FIGURES = """() => [...document.querySelectorAll("[class*=st-key-figure-]")].map((frame) => {
  const style = getComputedStyle(frame.querySelector("[class*=st-key-plot-]"));
  const [own, room] = [parseFloat(style.getPropertyValue("--figure-width")), frame.clientWidth];
  return [frame.querySelector(".main-svg").getBoundingClientRect().width, Math.min(own || room, room)];
})"""


def assert_all_in_view(page: Page) -> None:
    page.evaluate("document.fonts.ready.then(() => {})")
    wait_until_figures_are_drawn(page)
    assert page.evaluate(SIDEWAYS) == []
    for drawn, room in page.evaluate(FIGURES):
        assert drawn == pytest.approx(room, abs=3)


def present(page: Page, url: str, place: int) -> None:
    open_app(page, url, "lesson", step=NAMES[place], present="1")
    arrive(page, place, "ko")
    page.wait_for_selector("html[data-lesson-keys=presenting]", state="attached", timeout=WAIT_MS)
    wait_for_app(page)


def scrolled_px(page: Page) -> float:
    return page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")


def wait_until_scrolled(page: Page, comparison: str) -> None:
    page.wait_for_function(f"document.querySelector('[data-testid=stMain]').scrollTop {comparison}", timeout=WAIT_MS)


@pytest.mark.parametrize("place", range(len(NAMES)), ids=NAMES)
@PROJECTOR
def test_nothing_is_cut_off_and_the_picture_begins_on_the_first_screen(page: Page, app_url: str, place: int) -> None:
    present(page, app_url, place)
    # The step on adding opens with a sum in numbers, that on padding with its batch.
    pictures = {"adding": ".katex-display", "padding": ".lesson-batch"}
    picture = page.locator(f".st-key-lesson-presented {pictures.get(NAMES[place], '.js-plotly-plot')}").first
    expect(picture).to_be_visible(timeout=WAIT_MS)
    assert_all_in_view(page)
    box = picture.bounding_box()
    assert box is not None and box["y"] < 0.8 * 720


@PROJECTOR
def test_maps_of_a_long_sentence_are_drawn_as_wide_as_the_page(page: Page, app_url: str) -> None:
    present(page, app_url, 0)
    page.locator("[data-testid=stSlider] input").first.focus()
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    wait_for_app(page)
    page.wait_for_function("parseFloat(getComputedStyle(document.querySelector('[class*=st-key-plot-]'))"
                           ".getPropertyValue('--figure-width')) > 1300", timeout=WAIT_MS)
    assert_all_in_view(page)


@PROJECTOR
def test_keys_scroll_without_a_click_and_the_next_step_begins_at_its_top(page: Page, app_url: str) -> None:
    present(page, app_url, 0)
    expect(page.locator(".st-key-lesson-presented .js-plotly-plot").first).to_be_visible(timeout=WAIT_MS)
    wait_until_figures_are_drawn(page)
    assert scrolled_px(page) == 0
    page.keyboard.press("ArrowDown")
    wait_until_scrolled(page, "> 0")
    page.keyboard.press("ArrowUp")
    wait_until_scrolled(page, "== 0")
    page.keyboard.press("Space")
    wait_until_scrolled(page, "> 300")
    page.keyboard.press("PageDown")
    arrive(page, 1, "ko")
    wait_until_scrolled(page, "== 0")
    wait_until_figures_are_drawn(page)
    page.keyboard.press("Space")
    wait_until_scrolled(page, "> 300")
    page.keyboard.press("Shift+Space")
    wait_until_scrolled(page, "== 0")


@PROJECTOR
def test_a_clicker_pressed_quickly_turns_as_many_steps(page: Page, app_url: str) -> None:
    present(page, app_url, 0)
    for key, there in (("PageDown", 4), ("PageUp", 1)):
        for _ in range(abs(there - NAMES.index(parameters(page)["step"][0]))):
            page.keyboard.press(key)
            page.wait_for_timeout(120)
        arrive(page, there, "ko")
        page.wait_for_timeout(1000)
        assert parameters(page)["step"] == [NAMES[there]]


@PROJECTOR
def test_space_on_a_button_presses_it(page: Page, app_url: str) -> None:
    present(page, app_url, NAMES.index("word-order"))
    words = page.locator(".st-key-lesson-presented .lesson-words").nth(1)
    before = words.inner_text()
    page.locator(".st-key-word-order-again button").focus()
    page.keyboard.press("Space")
    expect(words).not_to_have_text(before, timeout=WAIT_MS)
    assert scrolled_px(page) == 0


@PROJECTOR
def test_a_figure_that_is_drawn_smaller_is_saved_whole(page: Page, app_url: str, tmp_path: Path) -> None:
    present(page, app_url, 0)
    page.locator("[data-testid=stSlider] input").first.focus()
    page.keyboard.press("End")
    plot = "[class*=st-key-plot-]"
    page.wait_for_function(f"parseFloat(getComputedStyle(document.querySelector('{plot}'))"
                           ".getPropertyValue('--figure-width')) > 1300", timeout=WAIT_MS)
    wait_until_figures_are_drawn(page)
    own, shown = page.locator(f"{plot} .main-svg").first.evaluate(
        "svg => [svg.width.baseVal.value, svg.getBoundingClientRect().width]")
    assert shown < 0.95 * own, "nothing is drawn smaller here, so nothing is tested"
    _, svg = saved(page, "[class*=st-key-pictures-] button >> nth=1", tmp_path)
    text = svg.decode("utf-8")
    assert f'viewBox="0 0 {round(own)} ' in text
    assert re.search(r"<text[^>]*>체크포인트 [0-9a-f]{12} · greedy", text), "it says where it comes from"
