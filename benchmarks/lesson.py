"""How fast the lesson's figures follow a change: `python -m benchmarks.lesson`.

Every step of the lesson is opened on the running app with the shipped checkpoint, in a headless Chromium that draws
with the CPU, and one of its controls is changed again and again; where a step has several views, turning to another
view is timed too. A time runs from the event to the end of the frame that shows the last change of the figure, the
way to the server and back included. What the server computes once for all visitors is there already: each state of a
control has been on the page before it is timed. The changes take turns in one run, visit by visit, so that whatever
else the machine does meets all of them alike; one page is open at a time. The browser's limit to 60 frames a second is
off.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.browser.browser import CHROMIUM_ARGUMENTS, find_chromium, running_app, wait_for_app

RESULTS = Path(__file__).parent / "results"
SHIPPED = Path(__file__).parents[1] / "checkpoints" / "ko-en"
LIMIT_MS = 300
# Turns of a visit: those before the timed ones bring every state of a control onto the page.
UNTIMED, TIMED = 3, 4
SENTENCE = "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다."


@dataclass(frozen=True)
class Change:
    """One control of a step.

    Attributes
    ----------
    step : str
        Name of the step in the address.
    what : str
        The control.
    clicks : tuple of str
        CSS selectors of what is clicked in turn; with `keys`, what has the focus.
    keys : tuple of str
        Keys that are pressed in turn, if it is not by a click that it changes.
    before : str
        What is clicked once to get to it: a CSS selector, or "" if it is there when the step opens.
    menu : str
        What is clicked before each turn, outside of the time: a CSS selector, or "".
    """

    step: str
    what: str
    clicks: tuple[str, ...]
    keys: tuple[str, ...] = ()
    before: str = ""
    menu: str = ""


@dataclass(frozen=True)
class Timing:
    """Times of one change, in milliseconds."""

    change: Change
    times_ms: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)

    @property
    def late_ms(self) -> float:
        """The 95th percentile."""
        return sorted(self.times_ms)[min(len(self.times_ms) - 1, int(0.95 * len(self.times_ms)))]


def buttons(key: str, *places: int) -> tuple[str, ...]:
    """Some of a row of buttons."""
    return tuple(f".st-key-{key} button >> nth={place}" for place in places)


def toggle(key: str) -> tuple[str]:
    """A switch."""
    return (f".st-key-{key} label",)


def slider(key: str) -> tuple[str]:
    """The thumb of a slider. Its key may go on after what is given."""
    return (f"[class*='st-key-{key}'] input[type=range]",)


def menu(key: str) -> str:
    """A closed list. Its key may go on after what is given."""
    return f"[class*='st-key-{key}'] [role=combobox]"


OPTIONS = ("[role=option] >> nth=1", "[role=option] >> nth=0")
TO_AND_FRO = ("ArrowRight", "ArrowLeft")


# Of each step what changes its figure most, and its views.
CHANGES = (
    Change("lstm", "measure", buttons("lstm-measure", 1, 0)),
    Change("word-order", "positions", toggle("word-order-positions")),
    Change("position", "position", slider("position-step-pos"), TO_AND_FRO),
    Change("position", "view", buttons("position-step-view", 1, 2, 3)),
    Change("adding", "view", buttons("adding-view", 1, 2)),
    Change("query-key-value", "kind", buttons("query-key-value-kind", 2, 0)),
    Change("scaling", "d_k", slider("scaling-d-k"), TO_AND_FRO),
    Change("heads", "kind", buttons("heads-kind", 2, 0)),
    Change("encoder-block", "word", OPTIONS, menu=menu("encoder-block-word")),
    Change("encoder-block", "view", buttons("encoder-block-view", 1, 2, 0)),
    Change("encoder-block", "sentences", toggle("encoder-block-swap"), before=buttons("encoder-block-view", 2)[0]),
    Change("padding", "mask", toggle("padding-mask")),
    Change("padding", "view", buttons("padding-view", 1, 2, 0)),
    Change("look-ahead-mask", "mask", toggle("look-ahead-mask-on")),
    Change("look-ahead-mask", "view", buttons("look-ahead-mask-view", 1, 2, 0)),
    Change("cross-attention", "layer", OPTIONS, menu=menu("cross-attention-layer")),
    Change("output", "step", slider("output-step-"), TO_AND_FRO),
    Change("output", "view", buttons("output-view", 1, 2, 0)),
)

# Starts a watch that resolves to the time from the next click or key to the last change within a figure, once the app
# has run and nothing has changed for a while. A change is a node that comes or goes or another shape or picture, not a
# colour that fades.
WATCH = """() => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done();
        channel.port2.postMessage(0);
    }));
    const FIGURE = '[class*="st-key-figure-"]';
    const ofFigure = (node) => node.nodeType === 1 && (node.closest(FIGURE) || node.querySelector(FIGURE));
    const running = () => document.querySelector('[data-testid=stApp][data-test-script-state=running]');
    let started = 0, seen = 0, shown = 0;
    const start = () => (started ||= performance.now());
    for (const event of ['click', 'keydown']) addEventListener(event, start, {capture: true, once: true});
    const observer = new MutationObserver((changes) => {
        const changed = changes.some((one) => ofFigure(one.target) || [...one.addedNodes].some(ofFigure));
        if (!started || !changed) return;
        seen = performance.now();
        frame().then(() => (shown = performance.now()));
    });
    observer.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true,
        attributeFilter: ['d', 'points', 'transform', 'x', 'y', 'width', 'height', 'href']});
    const until = async (condition) => {
        const limit = performance.now() + 60000;
        while (!condition() && performance.now() < limit) await new Promise((done) => setTimeout(done, 20));
        if (!condition()) throw new Error('no figure changed');
    };
    const settled = () => seen && shown > seen && !running() && performance.now() - shown > 400;
    window.shownAfter = until(settled).then(() => (observer.disconnect(), shown - started));
    window.shownAfter.catch(() => {});
}"""


def open_step(browser: Browser, url: str, change: Change) -> Page:
    """A page of its own with the step, ready for the change."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ko-KR").new_page()
    page.goto(f"{url}/lesson?{urlencode({'step': change.step, 'lang': 'ko', 'text': SENTENCE})}")
    page.wait_for_selector(f".st-key-guess-{change.step}", timeout=120_000)
    # The first visitor of a step waits for what is computed once.
    wait_for_app(page, timeout_s=240)
    if change.before:
        page.click(change.before)
        page.wait_for_timeout(500)
        wait_for_app(page)
    return page


def take_turn(page: Page, change: Change, number: int) -> float:
    """Milliseconds from a change to the figure that shows it. RuntimeError if none does."""
    try:
        if change.menu:
            page.click(change.menu)
            page.wait_for_selector("[role=option]")
        if change.keys:
            page.focus(change.clicks[0])
        page.evaluate(WATCH)
        if change.keys:
            page.keyboard.press(change.keys[number % len(change.keys)])
        else:
            page.click(change.clicks[number % len(change.clicks)])
        return page.evaluate("window.shownAfter")
    except Error as error:
        raise RuntimeError(f"step {change.step}, change of {change.what}, turn {number}: {error}") from error


def measure(url: str, changes: Sequence[Change], visits: int) -> list[Timing]:
    """Times of every change, taken in turns."""
    flags = [*CHROMIUM_ARGUMENTS, "--disable-frame-rate-limit", "--disable-gpu-vsync"]
    times: dict[Change, list[float]] = {change: [] for change in changes}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        for _ in range(visits):
            for change in changes:
                page = open_step(browser, url, change)
                taken = [take_turn(page, change, number) for number in range(UNTIMED + TIMED)]
                times[change] += taken[UNTIMED:]
                page.context.close()
        browser.close()
    return [Timing(change, tuple(taken)) for change, taken in times.items()]


def as_table(timings: Sequence[Timing]) -> str:
    """Markdown: one line a change, with its share of the time that a class is to wait at most."""
    lines = [f"| step | change | median, ms | 95 %, ms | median : {LIMIT_MS} ms |", "|---|---|---|---|---|"]
    lines += [
        f"| {timing.change.step} | {timing.change.what} | {timing.median_ms:.0f} | {timing.late_ms:.0f} |"
        f" {timing.median_ms / LIMIT_MS:.2f} |"
        for timing in timings
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=3, help=f"of each page; a change is timed {TIMED} times in each")
    parser.add_argument("--steps", nargs="+", help="names of the steps to time; all if left out")
    options = parser.parse_args(arguments)
    changes = [change for change in CHANGES if options.steps is None or change.step in options.steps]
    with running_app(SHIPPED) as url:
        timings = measure(url, changes, options.visits)
    print(as_table(timings))
    RESULTS.mkdir(exist_ok=True)
    result = {
        "benchmark": "lesson", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": platform.machine(),
        "python": platform.python_version(), "sentence": SENTENCE, "limit_ms": LIMIT_MS,
        "timings": [{"step": each.change.step, "change": each.change.what, "median_ms": each.median_ms,
                     "p95_ms": each.late_ms, "times_ms": each.times_ms} for each in timings],
    }  # fmt: skip
    file = RESULTS / "lesson.json"
    file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"\nwritten to {file}")


if __name__ == "__main__":
    main(sys.argv[1:])
