"""What every page owes to every visitor, in each size, language and colour scheme."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser import VIEWS, View, open_app, wait_until_figures_are_drawn

PAGES = ("", "position", "model", "glossary")
every_view = pytest.mark.parametrize("page", VIEWS, indirect=True, ids=str)
every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "translate")


@every_view
@every_page
def test_a_page_opens_without_an_error_and_fits_its_width(page: Page, app_url: str, path: str):
    open_app(page, app_url, path)
    assert page.locator("[data-testid=stException]").count() == 0
    wait_until_figures_are_drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(("page", "script"), [(View(language="ko"), "Hangul"), (View(language="en"), "Latin")],
                         indirect=["page"], ids=["ko", "en"])
def test_the_page_speaks_the_language_of_the_browser(page: Page, app_url: str, script: str):
    open_app(page, app_url)
    tab = page.locator("[data-testid=stTopNavLink]").first.inner_text()
    assert any("가" <= character <= "힣" for character in tab) == (script == "Hangul")


@pytest.mark.parametrize("page", [View(scheme="light"), View(scheme="dark")], indirect=True, ids=str)
def test_the_page_has_the_font_that_is_shipped(page: Page, app_url: str):
    open_app(page, app_url)
    expect(page.locator("[data-testid=stApp]")).to_have_css("font-family", re.compile('^"Noto Sans KR"'))
    page.wait_for_function(
        "[...document.fonts].some(font => font.status == 'loaded' && font.family.includes('Noto Sans KR'))")
