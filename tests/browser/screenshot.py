"""`python -m tests.browser.screenshot`: take the README's picture of the app anew."""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from tests.browser.browser import CHROMIUM_ARGUMENTS, ROOT, View, find_chromium, open_app, running_app

PICTURE = ROOT / "docs" / "screenshot.png"
SIZE = {"width": 1280, "height": 1180}


def main() -> None:
    """Open the app with the shipped checkpoint and the elephant sentence, and take a picture once all is drawn."""
    with running_app("checkpoints/ko-en") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
        page = browser.new_context(**{**View("desktop", "en").context_options(), "viewport": SIZE}).new_page()
        open_app(page, url)
        page.wait_for_selector(".written .word")
        page.wait_for_timeout(2000)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
