"""A Chromium for the browser tests, a running app, and the sizes and languages that a page is looked at in."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
INSTALLED_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALLED_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# A browser that is tested has nothing to tell to anyone outside.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)

# ---------------------------------------------------------------------------------------------- Chromium


def _runs(executable: str) -> bool:
    """True if it is a browser: some distributions put a script there that only tells how to install one."""
    try:
        done = subprocess.run([executable, "--version"], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"Chrom" in done.stdout


def installed_chromium() -> str | None:
    """Path of a Chromium or Chrome that is installed on this machine."""
    found = [path for name in INSTALLED_NAMES if (path := shutil.which(name))]
    found += [path for path in INSTALLED_PATHS if os.path.exists(path)]
    return next((path for path in found if _runs(path)), None)


def _quietly(*command: str, timeout_s: float) -> bool:
    """True if the command succeeded; its output goes to a log that is shown only on failure."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout_s)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{' '.join(command)}: {error}")
        return False
    if done.returncode != 0:
        print(f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.returncode == 0


def downloaded_chromium() -> str | None:
    """Path of Playwright's own Chromium, downloaded if it is not there yet."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not os.path.exists(path):
        _quietly(sys.executable, "-m", "playwright", "install", "chromium", timeout_s=600)
    return path if os.path.exists(path) and _runs(path) else None


def packaged_chromium() -> str | None:
    """Path of Debian's Chromium, installed with a font for Hangul if this is root on a Debian."""
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        return None
    _quietly("apt-get", "update", timeout_s=300)
    _quietly("apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk", timeout_s=900)
    return installed_chromium()


def find_chromium() -> str | None:
    """Path of a Chromium: installed, else Playwright's, else Debian's; None if none can be had.

    The environment variable ATTENTION_CHROMIUM names one by hand; "none" does without.
    """
    chosen = os.environ.get("ATTENTION_CHROMIUM")
    if chosen:
        return None if chosen == "none" else chosen
    return installed_chromium() or downloaded_chromium() or packaged_chromium()


# --------------------------------------------------------------------------------------------------- App


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_for_health(url: str, process: subprocess.Popen[bytes], log: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    state = f"ended with {process.returncode}" if process.poll() is not None else f"not ready after {timeout_s:.0f} s"
    raise RuntimeError(f"the app is {state}:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")


@contextmanager
def running_app(checkpoint: str | Path, *, timeout_s: float = 120.0) -> Iterator[str]:
    """The app with this checkpoint, as `streamlit run app.py` starts it; gives its address.

    The server has a process of its own, which ends with the block. RuntimeError with its log if it does not start.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
               "--server.address", "127.0.0.1", "--server.port", str(port)]
    environment = {**os.environ, "ATTENTION_CHECKPOINT": str(checkpoint)}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "app.log")
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT)
        try:
            _wait_for_health(url, process, log, timeout_s)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


# -------------------------------------------------------------------------------------------------- View

SIZES = {"desktop": (1440, 900), "phone": (390, 844), "projector": (1280, 720)}
LOCALES = {"ko": "ko-KR", "en": "en-US"}


@dataclass(frozen=True)
class View:
    """How a page is looked at.

    Attributes
    ----------
    size : str
        "desktop", "phone" (touch, two device pixels a pixel) or "projector".
    language : str
        "ko" or "en": what the browser asks for.
    scheme : str
        "light" or "dark".
    """

    size: str = "desktop"
    language: str = "ko"
    scheme: str = "light"

    def __str__(self) -> str:
        return f"{self.size}-{self.language}-{self.scheme}"

    def context_options(self) -> dict[str, Any]:
        """Arguments of Playwright's `Browser.new_context`."""
        width, height = SIZES[self.size]
        options: dict[str, Any] = {
            "viewport": {"width": width, "height": height}, "locale": LOCALES[self.language],
            "color_scheme": self.scheme, "accept_downloads": True,
        }
        if self.size == "phone":
            options |= {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
        return options


# Each size, language and scheme at least once, in five looks instead of twelve.
VIEWS = (
    View("desktop", "ko", "light"), View("desktop", "en", "dark"), View("projector", "ko", "dark"),
    View("phone", "ko", "light"), View("phone", "en", "dark"),
)


def wait_for_app(page: Page, *, timeout_s: float = 60.0) -> None:
    """Returns when the app's script has run to its end: it also counts as not running before its first run, without
    any element on the page."""
    page.wait_for_selector("[data-testid=stMain] [data-testid=stElementContainer]", state="attached",
                           timeout=timeout_s * 1000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=timeout_s * 1000)


def open_app(page: Page, url: str, path: str = "", **query: str) -> None:
    """Opens a page of the app with query parameters and waits until it has run.

    `open_app(page, app_url, "position", lang="en")`.
    """
    page.goto(f"{url}/{path}" + (f"?{urlencode(query)}" if query else ""))
    wait_for_app(page)


STEADY = """
([script, milliseconds]) => {
    const values = eval(script)();
    const before = window.lastSeen?.values;
    const same = before?.length === values.length && values.every((value, index) => Object.is(value, before[index]));
    if (!same) window.lastSeen = {values, since: performance.now(), looks: 0};
    const seen = window.lastSeen;
    seen.looks += 1; // a page that stands still looks the same too, until it goes on
    return !values.includes(null) && seen.looks > 10 && performance.now() - seen.since >= milliseconds;
}
"""


def wait_until_steady(page: Page, script: str, *, quiet_s: float = 0.5, timeout_s: float = 60.0) -> None:
    """Returns when what a function in JavaScript gives has been the same for a while.

    It gives an array of elements, numbers and texts; as long as there is a null among them, something is missing.
    """
    page.evaluate("() => { delete window.lastSeen; }")
    page.wait_for_function(STEADY, arg=[script, quiet_s * 1000], timeout=timeout_s * 1000)


def wait_until_drawn(page: Page, selector: str) -> None:
    """Returns when the first element of the selector has been the same for a while.

    Plotly draws a figure a second time a moment after the first, when the script has long ended: what was found in it
    before is then no longer on the page.
    """
    wait_until_steady(page, f"() => [document.querySelector({json.dumps(selector)})]")


def wait_until_figures_are_drawn(page: Page) -> None:
    """Returns when each figure of the page has been drawn for the last time, in the width that it keeps."""
    wait_until_steady(page, FIGURES)


# Of each figure what is drawn, and how wide.
FIGURES = """() => [...document.querySelectorAll("[class*=st-key-figure-]")].flatMap((frame) => {
  const drawn = frame.querySelector(".main-svg");
  return [drawn, drawn && drawn.getBoundingClientRect().width];
})"""


class Watch:
    """What went wrong in a page while it was looked at: uncaught errors, and requests that left the machine."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost"):
            self.outside.append(url)
