"""The harness itself: which browser is taken, and that a look at a page notices what goes wrong."""

from __future__ import annotations

import http.server
import os
import stat
import threading
from pathlib import Path

import pytest

from tests.browser import browser
from tests.browser.browser import VIEWS, View, Watch


def executable(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.skipif(os.name == "nt", reason="shell scripts stand in for browsers")
def test_an_installed_browser_is_taken_before_any_download(monkeypatch, tmp_path):
    real = executable(tmp_path / "google-chrome", "echo Google Chrome 150")
    executable(tmp_path / "chromium-browser", "echo 'install the snap'; exit 1")  # what Ubuntu puts there
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ATTENTION_CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "INSTALLED_PATHS", ())
    monkeypatch.setattr(browser, "downloaded_chromium", lambda: pytest.fail("downloaded"))
    assert browser.installed_chromium() == real
    assert browser.find_chromium() == real


def test_without_an_installed_one_the_download_comes_before_the_package(monkeypatch):
    monkeypatch.delenv("ATTENTION_CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "installed_chromium", lambda: None)
    monkeypatch.setattr(browser, "packaged_chromium", lambda: "/packaged")
    monkeypatch.setattr(browser, "downloaded_chromium", lambda: "/downloaded")
    assert browser.find_chromium() == "/downloaded"
    monkeypatch.setattr(browser, "downloaded_chromium", lambda: None)
    assert browser.find_chromium() == "/packaged"


def test_views_cover_each_size_language_and_scheme():
    assert {view.size for view in VIEWS} == {"desktop", "phone", "projector"}
    assert {(view.size, view.language) for view in VIEWS} >= {("desktop", "ko"), ("phone", "ko"), ("phone", "en")}
    assert {view.scheme for view in VIEWS} == {"light", "dark"}


@pytest.mark.parametrize("page", [View("phone", "en", "dark")], indirect=True, ids=str)
def test_a_page_has_the_size_language_and_scheme_of_its_view(page):
    page.set_content("<meta name=viewport content='width=device-width'><p>text</p>")
    assert page.evaluate("[innerWidth, navigator.language, matchMedia('(prefers-color-scheme: dark)').matches]") == [
        390, "en-US", True]


def test_an_uncaught_error_is_noticed(chromium):
    context = chromium.new_context()
    watch = Watch(page := context.new_page())
    with page.expect_event("pageerror"):
        page.set_content("<script>throw new Error('broken')</script>")
    context.close()
    assert watch.errors == ["broken"]


def test_a_request_that_leaves_the_machine_is_noticed(chromium):
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.handle_request, daemon=True).start()
    context = chromium.new_context()
    context.route("**/*.css", lambda route: route.abort())
    watch = Watch(page := context.new_page())
    page.goto(f"http://127.0.0.1:{server.server_port}/nothing")
    with page.expect_request("https://cdn.example/style.css"):
        page.set_content("<link rel=stylesheet href='https://cdn.example/style.css'>")
    context.close()
    server.server_close()
    assert watch.outside == ["https://cdn.example/style.css"]
