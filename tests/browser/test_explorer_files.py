"""Address and history, saved files, and the page that is saved from the page."""

from __future__ import annotations

import csv
import io
import re
import struct
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from model.records import HeadRef
from tests.browser.browser import View
from tests.browser.explorer_page import VIEWS, cell_point, open_explorer, open_head, settle, state, word_button, words
from tests.records import asymmetric_translation, make_translation

TRANSLATION = make_translation(n_source=15, n_target=12, layers=3, heads=4)
BOTH = pytest.mark.parametrize("page", [VIEWS[0], VIEWS[-1]], indirect=True, ids=str)


@pytest.fixture
def view(request) -> View:
    """The View that `page` was opened with."""
    return request.node.callspec.params["page"]


def pinned(page) -> list[str]:
    settle(page)
    return page.locator(".word[aria-pressed=true]").all_inner_texts()


def save(page, language: str, format_name: str, folder):
    page.get_by_text(words(language)["explorer.save"], exact=True).click()
    with page.expect_download() as started:
        page.locator(f"button[data-format={format_name}]").click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file


@BOTH
def test_browser_back_undoes_pins_and_forward_does_them_again(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    word_button(page, "source", "나는").click()
    settle(page)
    word_button(page, "target", "elephant").click()
    settle(page)
    assert pinned(page) == ["나는", "elephant"]
    page.go_back()
    assert pinned(page) == ["나는"]
    page.go_back()
    assert pinned(page) == []
    page.go_forward()
    assert pinned(page) == ["나는"]


@BOTH
def test_a_head_and_a_mode_make_no_entry_in_the_history(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    entries = page.evaluate("history.length")
    page.locator(".chip[data-head='2']").click()
    page.locator(".choice button[data-value=links]").click()
    page.wait_for_timeout(600)
    assert page.evaluate("history.length") == entries
    assert "view=cross.2.2" in page.url
    assert "mode=links" in page.url


@BOTH
def test_a_copied_address_restores_the_view(page, new_page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    page.locator(".choice button[data-value=decoder]").click()
    page.locator(".chip[data-head='3']").click()
    page.locator("button.pin").click()
    settle(page)
    page.locator(".choice button[data-value=tokens]").click()
    word_button(page, "target", "phant").click()
    settle(page)
    page.locator(".choice button[data-value=links]").click()
    page.wait_for_timeout(600)
    other = new_page(view)
    other.goto(page.url)
    other.wait_for_selector("canvas.map")
    assert open_head(other) == HeadRef("decoder", 2, 3)
    for name in ("mode", "grouping", "pins", "tray"):
        assert state(other, name) == state(page, name)
    assert pinned(other) == ["phant"]


@BOTH
def test_pins_of_another_sentence_are_not_taken_over(page, tmp_path, view):
    open_explorer(
        page, tmp_path, TRANSLATION, language=view.language, address="view=cross.1.1&of=zzz&source=1.2&step=3"
    )
    assert open_head(page) == HeadRef("cross", 1, 1)
    assert pinned(page) == []
    assert state(page, "step") is None


@BOTH
def test_changing_head_view_and_hover_asks_for_nothing(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for selector in (".chip[data-head='1']", ".choice button[data-value=encoder]", ".choice button[data-value=links]"):
        page.locator(selector).click()
        settle(page)
    page.mouse.move(*cell_point(page, 2, 2))
    word_button(page, "source", "나는").click()
    settle(page)
    assert requests == []


@BOTH
def test_png_is_the_whole_view_in_twice_the_resolution(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    data = save(page, view.language, "png", tmp_path).read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    assert width >= 2 * 640
    assert height > 800


@BOTH
@pytest.mark.parametrize("mode", ["matrix", "links", "chain"])
def test_svg_is_well_formed_and_holds_words_sentence_and_origin(page, tmp_path, view, mode):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language, address=f"view=decoder.1.1&mode={mode}")
    root = ElementTree.fromstring(save(page, view.language, "svg", tmp_path).read_text("utf-8"))
    written = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert TRANSLATION.source_text in written
    assert "elephant" in written
    assert any(TRANSLATION.checkpoint_id in (text or "") and TRANSLATION.decoding in (text or "") for text in written)
    assert (root.find(".//{http://www.w3.org/2000/svg}pattern") is not None) == (mode == "matrix")


@BOTH
def test_csv_holds_the_open_map_and_says_that_it_counts_from_zero(page, tmp_path, view):
    open_explorer(page, tmp_path, asymmetric_translation(), language=view.language, address="view=cross.0.0&by=tokens")
    text = save(page, view.language, "csv", tmp_path).read_bytes().decode("utf-8-sig")
    remarks = [line for line in text.splitlines() if line.startswith("#")]
    rows = list(csv.reader(io.StringIO("\n".join(line for line in text.splitlines() if not line.startswith("#")))))
    assert rows[0] == ["", "나", "는", "■"]
    assert rows[1][0] == "▶ → I"
    np.testing.assert_allclose(
        np.array([row[1:] for row in rows[1:]], float), [[0.70, 0.18, 0.12], [0.02, 0.07, 0.91]], atol=1e-4
    )
    assert any("from zero" in line and "layer: 0; head: 0" in line for line in remarks)
    assert any("checkpoint: 0123456789ab" in line for line in remarks)


@BOTH
def test_npz_is_read_by_numpy(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    with np.load(save(page, view.language, "npz", tmp_path), allow_pickle=False) as file:
        assert TRANSLATION.attention is not None
        np.testing.assert_allclose(file["decoder"], TRANSLATION.attention.decoder, atol=1e-5)


@BOTH
def test_the_saved_page_works_from_disk_and_saves_itself_again(page, new_page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language, address="view=encoder.1.2&by=tokens")
    word_button(page, "source", "치킨").click()
    settle(page)
    saved = save(page, view.language, "html", tmp_path)
    assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/2000/svg", "", saved.read_text("utf-8"))
    other = new_page(view)
    other.goto(saved.as_uri())
    other.wait_for_selector("canvas.map")
    assert open_head(other) == HeadRef("encoder", 1, 2)
    assert pinned(other) == ["치킨"]
    again = tmp_path / "again"
    again.mkdir()
    twice = save(other, view.language, "html", again)
    assert twice.read_text("utf-8").count("<script") == saved.read_text("utf-8").count("<script")
    third = new_page(view)
    third.goto(twice.as_uri())
    third.wait_for_selector("canvas.map")
    assert pinned(third) == ["치킨"]
