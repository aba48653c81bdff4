from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from benchmarks.lesson import CHANGES, Change, Timing, as_table, take_turn
from tests.browser.browser import CHROMIUM_ARGUMENTS, ROOT, find_chromium
from viz.pages.steps import STEPS

# A figure that follows a click 50 ms later in two parts, and the app's mark of having run.
PAGE = """
<div data-testid="stApp" data-test-script-state="notRunning">
  <div class="st-key-control"><button>one</button><button>other</button></div>
  <p>text</p>
  <div class="st-key-figure-x"><svg><path d="M0,0"></path><text>0</text></svg></div>
</div>
<script>
  const path = document.querySelector('path'), buttons = document.querySelectorAll('button');
  buttons.forEach((button, place) => button.onclick = () => {
    setTimeout(() => path.setAttribute('d', `M0,${place}`), 50);
    setTimeout(() => (document.querySelector('text').textContent = place), 150);
    setTimeout(() => (document.querySelector('p').textContent = place), 300);
  });
</script>
"""


def test_every_step_has_a_change() -> None:
    assert list(dict.fromkeys(change.step for change in CHANGES)) == [step.name for step in STEPS]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.step}-{change.what}")
def test_its_control_is_one_of_the_step(change: Change) -> None:
    """The key stands in the source of the step: a control that is renamed is found here and not after minutes."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "viz" / "pages" / "steps").glob("*.py"))
    selector = change.menu or change.clicks[0]
    key = re.search(r"st-key-([a-z-]+)", selector)
    assert key is not None
    names = (key[1], key[1].replace(change.step, "{prefix}"))
    assert any(f'key="{name}' in source or f'key=f"{name}' in source for name in names)


def test_the_table_gives_medians_and_their_share_of_the_limit() -> None:
    table = as_table([Timing(Change("padding", "mask", (".a",)), (100.0, 150.0, 900.0))])
    assert "| padding | mask | 150 | 900 | 0.50 |" in table


@pytest.fixture
def page() -> Iterator[Page]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium can be had")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        yield browser.new_page()
        browser.close()


def test_the_time_ends_with_the_figures_last_change(page: Page) -> None:
    page.set_content(PAGE)
    change = Change("any", "button", (".st-key-control button >> nth=1", ".st-key-control button >> nth=0"))
    # After the second change of the figure at 150 ms; no timer fires early.
    for number in range(2):
        assert take_turn(page, change, number) >= 150
        assert page.text_content("text") == str(1 - number)


def test_a_change_that_no_figure_follows_is_an_error(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import lesson

    monkeypatch.setattr(lesson, "WATCH", lesson.WATCH.replace("60000", "300"))
    page.set_content(PAGE.replace("st-key-figure-x", "elsewhere"))
    with pytest.raises(RuntimeError, match="no figure changed"):
        take_turn(page, Change("any", "button", (".st-key-control button >> nth=1",)), 0)
