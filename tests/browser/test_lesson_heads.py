"""The step "Many heads" in a real Chromium: a click on a small map enlarges its head."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.browser import open_app, wait_for_app, wait_until_drawn
from tests.browser.test_app import SHORT, WAIT_MS


def click_tile(page: Page, head: int) -> None:
    """Clicks into the middle of a head's map; two of them stand in a row."""
    frames = ".st-key-plot-heads-tiles[data-stale=false] .shapelayer path"
    wait_until_drawn(page, frames)
    frame = page.locator(frames).nth(head)
    frame.evaluate("frame => frame.scrollIntoView({block: 'center'})")
    box = frame.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 - 4, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_click_on_a_map_enlarges_its_head_and_so_does_its_number(page: Page, app_url: str) -> None:
    open_app(page, app_url, "lesson", step="heads", text=SHORT)
    chosen = page.locator(".st-key-heads-head [aria-checked=true]")
    expect(chosen).to_have_text("1", timeout=WAIT_MS)
    wait_for_app(page)
    enlarged = page.locator(".st-key-plot-heads-enlarged[data-stale=false]")
    for head in (1, 4):
        click_tile(page, head)
        expect(chosen).to_have_text(str(head + 1), timeout=WAIT_MS)
        expect(enlarged).to_contain_text(f"{head + 1}번 헤드", timeout=WAIT_MS)
        wait_for_app(page)
    page.locator(".st-key-heads-head button").nth(2).click()
    expect(enlarged).to_contain_text("3번 헤드", timeout=WAIT_MS)
