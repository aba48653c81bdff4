"""The lesson in a real Chromium: walked from the first to the last step, presented, linked to."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser import View, open_app, wait_for_app, wait_until_figures_are_drawn
from tests.browser.test_app import SHORT, WAIT_MS, overflow_px, parameters
from viz.language import words_for
from viz.pages.steps import STEPS

NAMES = [step.name for step in STEPS]
WALKS = (
    View("projector", "ko", "light"), View("projector", "en", "dark"),
    View("phone", "ko", "dark"), View("phone", "en", "light"),
)


def title(page: Page) -> str:
    return page.locator("[data-testid=stMain] h2").first.inner_text().strip()


def expected_title(place: int, language: str) -> str:
    return f"{place + 1}. {words_for(language)(f'{STEPS[place].part}.title')}"  # pyright: ignore[reportArgumentType]


def arrive(page: Page, place: int, language: str) -> None:
    """Waits for a step and for its figure."""
    expect(page.locator("[data-testid=stMain] h2").first).to_have_text(
        expected_title(place, language), timeout=WAIT_MS)
    wait_for_app(page)


@pytest.mark.slow
@pytest.mark.parametrize("page", WALKS, indirect=True, ids=str)
def test_the_lesson_can_be_walked_from_the_first_to_the_last_step(
    page: Page, app_url: str, request: pytest.FixtureRequest
) -> None:
    language = request.node.callspec.params["page"].language
    open_app(page, app_url, "lesson")
    for place, name in enumerate(NAMES):
        arrive(page, place, language)
        assert page.locator("[data-testid=stAlertContentError], [data-testid=stException]").count() == 0, name
        # The step on adding opens with a sum in numbers.
        figure = ".katex-display" if name == "adding" else ".js-plotly-plot"
        expect(page.locator(f".st-key-lesson {figure}").first).to_be_attached(timeout=WAIT_MS)
        wait_until_figures_are_drawn(page)
        assert overflow_px(page) <= 0, name
        if place + 1 < len(NAMES):
            page.locator(".st-key-lesson-next button").first.click()
    expect(page.locator(".st-key-lesson-next button").first).to_be_disabled()


def test_a_link_opens_its_step_and_back_returns_to_the_one_before(page: Page, app_url: str) -> None:
    open_app(page, app_url, "lesson", step=NAMES[2], text=SHORT)
    arrive(page, 2, "ko")
    page.locator(".st-key-lesson-next button").first.click()
    arrive(page, 3, "ko")
    assert parameters(page)["step"] == [NAMES[3]]
    page.go_back()
    arrive(page, 2, "ko")


def test_an_unknown_step_is_the_first(page: Page, app_url: str) -> None:
    open_app(page, app_url, "lesson", step="no-such-step")
    arrive(page, 0, "ko")


@pytest.mark.parametrize("page", [View("projector", "ko", "light")], indirect=True, ids=str)
def test_one_key_presents_and_a_clicker_turns_the_steps(page: Page, app_url: str) -> None:
    open_app(page, app_url, "lesson", text=SHORT)
    arrive(page, 0, "ko")
    page.wait_for_selector("html[data-lesson-keys=ready]", state="attached", timeout=WAIT_MS)
    page.keyboard.press("PageDown")
    page.wait_for_timeout(500)
    assert title(page) == expected_title(0, "ko")
    page.keyboard.press("p")
    page.wait_for_selector(".st-key-lesson-presented", timeout=WAIT_MS)
    page.wait_for_selector("html[data-lesson-keys=presenting]", state="attached", timeout=WAIT_MS)
    wait_for_app(page)
    expect(page.locator(".st-key-text input")).to_be_hidden()
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 22
    page.keyboard.press("PageDown")
    arrive(page, 1, "ko")
    page.keyboard.press("PageUp")
    arrive(page, 0, "ko")
    page.keyboard.press("PageUp")
    page.wait_for_timeout(500)
    assert title(page) == expected_title(0, "ko")
    page.keyboard.press("p")
    page.wait_for_selector(".st-key-lesson", timeout=WAIT_MS)
    expect(page.locator(".st-key-text input")).to_be_visible()


@pytest.mark.parametrize("page", [View("projector", "ko", "light")], indirect=True, ids=str)
def test_an_answer_that_was_clicked_leaves_the_arrows_to_the_steps(page: Page, app_url: str) -> None:
    open_app(page, app_url, "lesson", step=NAMES[1], text=SHORT, present="1")
    arrive(page, 1, "ko")
    page.wait_for_selector("html[data-lesson-keys=presenting]", state="attached", timeout=WAIT_MS)
    page.locator(".st-key-lesson-question label").filter(has_text=words_for("ko")(
        f"lesson-{NAMES[1]}.question.a")).click()
    expect(page.locator(".st-key-lesson-question [role=radio][aria-checked=true], "
                        ".st-key-lesson-question input:checked")).to_have_count(1, timeout=WAIT_MS)
    wait_for_app(page)
    page.keyboard.press("ArrowRight")
    arrive(page, 2, "ko")


def test_typing_p_in_the_sentence_does_not_present(page: Page, app_url: str) -> None:
    open_app(page, app_url, "lesson", text=SHORT)
    arrive(page, 0, "ko")
    page.wait_for_selector("html[data-lesson-keys=ready]", state="attached", timeout=WAIT_MS)
    page.locator(".st-key-text input").press_sequentially("p")
    page.wait_for_timeout(500)
    assert page.locator(".st-key-lesson-presented").count() == 0


def test_a_guess_is_answered_with_the_models_numbers(page: Page, app_url: str) -> None:
    open_app(page, app_url, "lesson", step="word-order", text=SHORT)
    wait_for_app(page)
    question = page.locator(".st-key-lesson-question")
    expect(question).not_to_contain_text(words_for("ko")("lesson.right"))
    question.locator("label").filter(has_text=words_for("ko")("lesson-word-order.question.a")).click()
    expect(question).to_contain_text(words_for("ko")("lesson.right"), timeout=WAIT_MS)
