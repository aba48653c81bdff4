"""Fixtures of the browser tests: `app_url`, `page`, `new_page`.

    from tests.browser.browser import VIEWS, View, open_app

    def test_opens(page, app_url):                                  # desktop, Korean, light
        open_app(page, app_url)

    @pytest.mark.parametrize("page", [View("phone", "en", "dark")], indirect=True, ids=str)
    def test_fits_a_phone(page, app_url): ...

All tests of this folder carry the mark `browser`, run after the others, and are skipped where no Chromium can be had.
After each test its pages must have raised no uncaught error and have sent nothing out of the machine; when a test
fails, its pages are kept as pictures in runs/browser/.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.browser import CHROMIUM_ARGUMENTS, ROOT, View, Watch, find_chromium, running_app

HERE = Path(__file__).parent
NO_CHROMIUM = "no Chromium can be had"
# As long as for other actions: on a machine that does other things too, 5 s go by quickly.
expect.set_options(timeout=30_000)
REPORT = pytest.StashKey[pytest.TestReport]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder, and puts them last.

    Playwright keeps an event loop running in the thread of the tests from its start to its end, in which others cannot
    start theirs.
    """
    browser_tests = [item for item in items if HERE in item.path.parents]
    for item in browser_tests:
        item.add_marker(pytest.mark.browser)
    items[:] = [item for item in items if item not in browser_tests] + browser_tests


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that names the tests that did not run for want of a browser."""
    skipped = [report.nodeid for report in terminalreporter.stats.get("skipped", [])
               if NO_CHROMIUM in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"NOT RUN, {NO_CHROMIUM}: {', '.join(skipped)}", yellow=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; skips the test where none can be had."""
    path = find_chromium()
    if path is None:
        pytest.skip(f"{NO_CHROMIUM}: install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app_url(chromium: Browser) -> Iterator[str]:
    """Address of the running app with the checkpoint that ATTENTION_CHECKPOINT names, the shipped one by default.

    It asks for the browser first: without one there is nothing to start an app for.
    """
    with running_app(os.environ.get("ATTENTION_CHECKPOINT", "checkpoints/ko-en")) as url:
        yield url


@pytest.fixture
def new_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[[View], Page]]:
    """Opens pages, each with storage of its own: `new_page(View("phone"))`. All are closed after the test."""
    pages: list[tuple[View, Page, Watch]] = []

    def open_page(view: View) -> Page:
        page = chromium.new_context(**view.context_options()).new_page()
        pages.append((view, page, Watch(page)))
        return page

    yield open_page
    report = request.node.stash.get(REPORT, None)
    for number, (view, page, _) in enumerate(pages):
        if report is not None and report.failed and not page.is_closed():
            _keep_picture(page, f"{request.node.nodeid}-{number}-{view}")
        page.context.close()
    assert [error for _, _, watch in pages for error in watch.errors] == [], "uncaught errors in the page"
    assert [url for _, _, watch in pages for url in watch.outside] == [], "requests that left the machine"


def _keep_picture(page: Page, name: str) -> None:
    folder = ROOT / "runs" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', name)}.png")


@pytest.fixture
def page(new_page: Callable[[View], Page], request: pytest.FixtureRequest) -> Page:
    """An empty page; a View as its (indirect) parameter says the size, language and colour scheme."""
    return new_page(getattr(request, "param", View()))
