"""The explorer's view in the address of the app, which Streamlit rewrites too: links, Back, another sentence."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser import View

SHORT = "나는 강사 입니다"
WAIT_MS = 60_000
VIEW = "view=cross.3.0&tray=encoder.2.4,encoder.3.4"

in_english = pytest.mark.parametrize("page", [View(language="en")], indirect=True, ids=str)


def open_link(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(".explorer canvas.map", timeout=WAIT_MS)


def write_sentence(page: Page, text: str) -> None:
    page.locator(".st-key-text input").fill(text)
    page.locator(".st-key-text input").press("Enter")


def pinned(page: Page):
    return page.locator(".explorer .word[aria-pressed=true]")


def tray(page: Page):
    return page.locator(".explorer .tray figure[data-head]")


def wait_for_sentence(page: Page, text: str) -> None:
    expect(page.locator(".explorer .sentence.source")).to_contain_text(text, timeout=WAIT_MS)


def wait_for_place(page: Page, place: str) -> None:
    """Waits for what the address has after the path: the explorer writes its part a moment after it has changed."""
    page.wait_for_function("place => location.search + location.hash === place", arg=place)


def made_link(page: Page, app_url: str) -> str:
    """What stands after # once a word is pinned and two heads are in the tray; the word is the only one pinned."""
    open_link(page, f"{app_url}/#{VIEW}")
    page.locator(".explorer .sentence.source .word").nth(2).click()
    expect(pinned(page)).to_have_count(1)
    page.wait_for_function("location.hash.includes('source=')")
    return page.evaluate("location.hash")


@in_english
def test_a_link_with_the_browsers_own_language_restores_view_pins_and_tray(page: Page, app_url: str, new_page) -> None:
    """Streamlit drops `lang=en` in an English browser, and all after # with it, before there is an explorer."""
    made = made_link(page, app_url)
    other = new_page(View(language="en"))
    open_link(other, f"{app_url}/?lang=en{made}")
    wait_for_place(other, made)
    expect(tray(other)).to_have_count(2)
    expect(pinned(other)).to_have_text(pinned(page).all_inner_texts())
    other.locator(".explorer .sentence.source .word").nth(0).click()
    expect(pinned(other)).to_have_count(2)
    other.go_back()
    expect(pinned(other)).to_have_text(pinned(page).all_inner_texts())


@in_english
def test_the_view_of_a_link_does_not_come_back_once_it_was_left(page: Page, app_url: str) -> None:
    open_link(page, f"{app_url}/?lang=en{made_link(page, app_url)}")
    expect(tray(page)).to_have_count(2)
    links = page.get_by_test_id("stTopNavLink")
    links.nth(1).click()
    page.wait_for_selector(".explorer", state="detached", timeout=WAIT_MS)
    links.nth(0).click()
    page.wait_for_selector(".explorer canvas.map", timeout=WAIT_MS)
    expect(tray(page)).to_have_count(0)


def test_back_from_a_typed_sentence_restores_pins_and_tray(page: Page, app_url: str) -> None:
    made = made_link(page, app_url)
    words = pinned(page).all_inner_texts()
    for _ in range(2):
        write_sentence(page, SHORT)
        wait_for_sentence(page, "강사")
        expect(tray(page)).to_have_count(0)
        page.mouse.move(700, 300)
        page.go_back()
        wait_for_sentence(page, "치킨을")
        expect(tray(page)).to_have_count(2)
        expect(pinned(page)).to_have_text(words)
        wait_for_place(page, made)
    page.go_forward()
    wait_for_sentence(page, "강사")
    expect(tray(page)).to_have_count(0)


def test_back_from_a_typed_sentence_keeps_the_language_chosen_before_it(page: Page, app_url: str) -> None:
    open_link(page, f"{app_url}/#{VIEW}")
    page.locator(".st-key-lang button").nth(1).click()
    page.wait_for_selector(".explorer[lang=en]", timeout=WAIT_MS)
    write_sentence(page, SHORT)
    wait_for_sentence(page, "강사")
    page.go_back()
    wait_for_sentence(page, "치킨을")
    page.wait_for_function("location.search === '?lang=en'")
    expect(tray(page)).to_have_count(2)
    expect(page.locator(".explorer")).to_have_attribute("lang", "en")


def test_back_from_an_example_restores_pins_and_tray_in_one_press(page: Page, app_url: str) -> None:
    made_link(page, app_url)
    words = pinned(page).all_inner_texts()
    page.locator(".st-key-example-word_order button").first.click()
    wait_for_sentence(page, "강사")
    expect(tray(page)).to_have_count(0)
    page.go_back()
    wait_for_sentence(page, "치킨을")
    expect(tray(page)).to_have_count(2)
    expect(pinned(page)).to_have_text(words)
