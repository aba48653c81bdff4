"""How fast the explorer answers, beside BertViz's head and model views: `python -m benchmarks.explorer`.

All show the same random weights of a base-size model (6 layers, 8 heads; 40 source and 40 target tokens, and 100 for
the explorer alone) in one headless Chromium that draws with the CPU. A time runs from the event to the end of the
frame that shows its effect, style, layout and painting included; the browser's limit to 60 frames a second is off.
Pages take turns in one run, so that whatever else the machine does meets all of them alike.

On the first run pip and npm put BertViz 1.4.1 and the libraries that it takes from a CDN into runs/bertviz (jQuery
2.1.4 for 2.0.0, which npm lacks); the browser gets them from there.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from playwright.sync_api import Browser, Page, Route, sync_playwright

from model.records import Translation
from tests.browser.browser import CHROMIUM_ARGUMENTS, find_chromium
from tests.records import make_translation
from viz.explorer import explorer

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
CACHE = ROOT / "runs" / "bertviz"
LIBRARIES = {"d3.min.js": ("d3@5.7.0", "dist/d3.min.js"), "jquery.min.js": ("jquery@2.1.4", "dist/jquery.min.js"),
             "require.min.js": ("requirejs@2.3.6", "require.js")}  # fmt: skip
OURS, OURS_LONG, HEAD_VIEW, MODEL_VIEW = "explorer", "explorer, 100 tokens", "BertViz head view", "BertViz model view"

# Resolves when the next frame has been painted; from then on the time of the first complete one is known.
FRAME = """const frame = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel(); channel.port1.onmessage = () => done(); channel.port2.postMessage(0); }));"""
WATCH_FIRST_PAINT = """selector => {FRAME
    const look = () => document.querySelector(selector) ? frame().then(() => (window.firstPaint =
    performance.now())) : requestAnimationFrame(look);
    look(); }"""
TIMED = """async (number) => {{ {frame} const started = performance.now(); {action}; await frame();
    return performance.now() - started; }}"""

_EXPLORER = "const map = document.querySelector('canvas.map'), store = document.querySelector('.explorer').explorer;"
EXPLORER_ACTIONS = {
    "head": "const chips = document.querySelectorAll('.chip'); chips[(number * 3 + 1) % 8].click()",
    "layer": "const s = document.querySelector('.head select'); s.value = number % 6;"
        " s.dispatchEvent(new Event('change'))",
    "kind": "document.querySelectorAll('.head .choice button')[number % 3].click()",
    "view": "document.querySelectorAll('.view .choice button')[number % 3].click()",
    "hover": f"""{_EXPLORER} const box = map.getBoundingClientRect(); map.dispatchEvent(new PointerEvent('pointermove',
        {{pointerType: 'mouse', bubbles: true, clientX: box.left + 260 + (number * 137) % (box.width - 300),
          clientY: box.top + 130 + (number * 71) % (box.height - 160)}}))""",
}
HEAD_ACTIONS = {
    "head": "const boxes = document.querySelectorAll('rect[width=\"20\"]'); boxes[number %"
        " 8].dispatchEvent(new MouseEvent('click', {bubbles: true}))",
    "layer": "const s = document.querySelector('#layer'); s.value = number % 6; s.dispatchEvent(new"
        " Event('change', {bubbles: true}))",
    "kind": "const s = document.querySelector('#filter'); s.value = number % 3; s.dispatchEvent(new"
        " Event('change', {bubbles: true}))",
    "hover": "const words = document.querySelectorAll('#left g'); words[number %"
        " words.length].dispatchEvent(new MouseEvent('mouseover', {bubbles: false}))",
}
MODEL_ACTIONS = {
    "head": "const regions = [...document.querySelectorAll('rect')].filter(r => r.style.opacity === '0'"
        " && r.getAttribute('height') > 20);"
    " regions[(number * 7) % regions.length].dispatchEvent(new MouseEvent('click', {bubbles: true}))",
    "kind": "const s = document.querySelector('#filter'); s.value = number % 3; s.dispatchEvent(new"
        " Event('change', {bubbles: true}))",
}


@dataclass(frozen=True)
class Subject:
    """One page that is timed: its address, what shows that it is complete, what is done on it."""

    name: str
    address: str
    complete: str
    actions: dict[str, str]
    kilobytes: float


@dataclass(frozen=True)
class Timing:
    """Times of one action on one page, in milliseconds."""

    subject: str
    action: str
    times_ms: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)

    @property
    def late_ms(self) -> float:
        """The 95th percentile."""
        return sorted(self.times_ms)[min(len(self.times_ms) - 1, int(0.95 * len(self.times_ms)))]


def fetch_bertviz() -> None:
    """Puts BertViz and its browser libraries into the cache, unless they are there."""
    if not (CACHE / "python" / "bertviz").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(CACHE / "python")]
        subprocess.run([*pip, "--no-deps", "bertviz==1.4.1"], check=True)
        subprocess.run([*pip, "ipython"], check=True)
    for name, (package, member) in LIBRARIES.items():
        if (CACHE / name).exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
                content = archive.extractfile(f"package/{member}")
                assert content is not None
                (CACHE / name).write_bytes(content.read())


def bertviz_page(translation: Translation, view_name: str) -> str:
    """HTML of BertViz's "head_view" or "model_view" with the weights of a Translation."""
    sys.path.append(str(CACHE / "python"))
    try:
        import bertviz  # pyright: ignore[reportMissingImports]
    finally:
        sys.path.remove(str(CACHE / "python"))
    attention = translation.attention
    assert attention is not None
    layers = {f"{kind}_attention": [torch.from_numpy(layer)[None] for layer in attention.of_kind(kind)]
              for kind in ("encoder", "decoder", "cross")}  # fmt: skip
    tokens = {"encoder_tokens": [token.piece for token in translation.source],
              "decoder_tokens": [token.piece for token in translation.decoder_input]}  # fmt: skip
    view: Any = getattr(bertviz, view_name)
    body = view(**layers, **tokens, html_action="return").data
    return f"<!doctype html><meta charset=utf-8><body>{body}</body>"


def subjects(folder: Path) -> list[Subject]:
    """All pages, written to disk."""
    words = {f"explorer.{key}": text for key, text in
             tomllib.loads((ROOT / "viz" / "words" / "explorer.en.toml").read_text("utf-8")).items()}  # fmt: skip
    short, long = (make_translation(n_source=n, n_target=n, layers=6, heads=8) for n in (40, 100))
    pages = []

    def add(name: str, html: str, complete: str, actions: dict[str, str], size: int, address: str = "") -> None:
        file = folder / f"{len(pages)}.html"
        file.write_text(html, "utf-8")
        pages.append(Subject(name, f"{file.as_uri()}{address}", complete, actions, size / 1000))

    for name, translation in ((OURS, short), (OURS_LONG, long)):
        html = explorer.standalone_html(translation, words, language="en", theme="light")
        add(name, html, "canvas.map", EXPLORER_ACTIONS, len(explorer.payload(translation)), "#view=cross.5.0&by=tokens")
    for name, view_name, actions in ((HEAD_VIEW, "head_view", HEAD_ACTIONS), (MODEL_VIEW, "model_view", MODEL_ACTIONS)):
        html = bertviz_page(short, view_name)
        add(name, html, "#vis svg line", actions, len(html.encode()))
    return pages


def serve_library(route: Route) -> None:
    """Answers what BertViz asks of its CDN from the cache."""
    name = route.request.url.rsplit("/", 1)[-1]
    route.fulfill(path=CACHE / name, content_type="text/javascript") if (CACHE / name).exists() else route.abort()


def open_page(browser: Browser, subject: Subject) -> tuple[Page, float, float]:
    """A fresh page, and the times to the first complete paint: from the start of loading, and from having the data."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.route(re.compile("^https://"), serve_library)
    watch = WATCH_FIRST_PAINT.replace("FRAME", FRAME)
    page.add_init_script(f"({watch})({json.dumps(subject.complete)})")
    page.goto(subject.address)
    page.wait_for_function("() => window.firstPaint", timeout=120_000)
    since_data = page.evaluate("window.firstPaint - (performance.getEntriesByName('explorer-data')[0]?.startTime ?? 0)")
    return page, page.evaluate("window.firstPaint"), since_data


def measure(options: argparse.Namespace) -> tuple[list[Subject], list[Timing]]:
    """Times of first paint and of each action, taken in turns."""
    times: dict[tuple[str, str], list[float]] = {}
    flags = [*CHROMIUM_ARGUMENTS, "--disable-frame-rate-limit", "--disable-gpu-vsync"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = subjects(Path(folder))
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        for _ in range(options.openings):
            for subject in pages:
                page, first_paint, since_data = open_page(browser, subject)
                times.setdefault((subject.name, "opening the page"), []).append(first_paint)
                if subject.actions is EXPLORER_ACTIONS:
                    times.setdefault((subject.name, "first paint from the data"), []).append(since_data)
                page.context.close()
        opened = {subject.name: open_page(browser, subject)[0] for subject in pages}
        modes = {"matrix": "[]", "links": "[]", "links of 8 heads": "[1, 2, 3, 4, 5, 6, 7]"}
        for mode, others in modes.items():
            for subject in pages:
                ours = subject.actions is EXPLORER_ACTIONS
                if not ours and mode != "matrix":
                    continue
                if ours:
                    opened[subject.name].evaluate(
                        f"document.querySelector('.explorer').explorer.dispatch(s => ({{...s, kind:"
                        f" 'cross', head: 0, mode: '{mode.split()[0]}', others: {others}}}))"
                    )
            run_actions(pages, opened, mode, options.rounds, times)
        browser.close()
    return pages, [Timing(subject, action, tuple(taken)) for (subject, action), taken in times.items()]


def run_actions(
    pages: Sequence[Subject], opened: dict[str, Page], mode: str, rounds: int, times: dict[tuple[str, str], list[float]]
) -> None:
    """Each action `rounds` times on every page that has it, page after page in every round."""
    for action in EXPLORER_ACTIONS:
        # These belong to the matrix alone: they would leave the view or the heads that are to be timed.
        if mode != "matrix" and action in ("head", "kind", "view") and not (mode == "links" and action == "head"):
            continue
        for number in range(-2, rounds):
            for subject in pages:
                ours = subject.actions is EXPLORER_ACTIONS
                if action not in subject.actions or (not ours and mode != "matrix"):
                    continue
                script = TIMED.format(frame=FRAME, action=subject.actions[action])
                taken = opened[subject.name].evaluate(script, number + 2)
                name = f"{action}, {mode}" if ours and action in ("hover", "layer", "head") else action
                if number >= 0:
                    times.setdefault((subject.name, name), []).append(taken)


def as_table(pages: Sequence[Subject], timings: Sequence[Timing]) -> str:
    """Markdown: one line an action; BertViz's times divided by the explorer's beside them."""
    found = {(timing.subject, timing.action): timing for timing in timings}
    lines = [f"data: {', '.join(f'{page.name} {page.kilobytes:.0f} kB' for page in pages)}", "",
             "| action | explorer, ms: median (95 %) | 100 tokens | BertViz head view | × | BertViz model view | × |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for action in dict.fromkeys(timing.action for timing in timings if timing.subject == OURS):
        ours = found[OURS, action]
        cells = [f"{ours.median_ms:.1f} ({ours.late_ms:.1f})"]
        long = found.get((OURS_LONG, action))
        cells.append(f"{long.median_ms:.1f} ({long.late_ms:.1f})" if long else "")
        for other in (HEAD_VIEW, MODEL_VIEW):
            theirs = found.get((other, action)) or found.get((other, action.split(",")[0]))
            cells += (
                [f"{theirs.median_ms:.0f} ({theirs.late_ms:.0f})", f"{theirs.median_ms / ours.median_ms:.1f}"]
                if theirs
                else ["", ""]
            )
        lines.append(f"| {action} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="times that each action is timed")
    parser.add_argument("--openings", type=int, default=5, help="times that each page is opened")
    options = parser.parse_args(arguments)
    fetch_bertviz()
    pages, timings = measure(options)
    print(as_table(pages, timings))
    RESULTS.mkdir(exist_ok=True)
    result = {
        "benchmark": "explorer", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": platform.machine(),
        "python": platform.python_version(), "kilobytes": {page.name: page.kilobytes for page in pages},
        "timings": [{"subject": each.subject, "action": each.action, "median_ms": each.median_ms,
                     "p95_ms": each.late_ms,
                     "times_ms": each.times_ms} for each in timings],
    }  # fmt: skip
    file = RESULTS / "explorer.json"
    file.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(f"\nwritten to {file}")


if __name__ == "__main__":
    main(sys.argv[1:])
