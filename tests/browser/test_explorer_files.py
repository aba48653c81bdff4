"""Address and history, saved files, and the page that is saved from the page."""

from __future__ import annotations

import io
import re
import struct
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from playwright.sync_api import expect

from model.records import HeadRef
from tests.browser.browser import View
from tests.browser.explorer_page import (
    DESKTOP_VIEWS,
    VIEWS,
    cell_point,
    open_explorer,
    open_head,
    settle,
    state,
    wait_for_address,
    word_button,
    words,
)  # fmt: skip
from tests.records import make_translation
from viz.measures.maps import average_map
from viz.measures.tables import map_csv

TRANSLATION = make_translation(n_source=15, n_target=12, layers=3, heads=4)
BOTH = pytest.mark.parametrize("page", [VIEWS[0], VIEWS[-1]], indirect=True, ids=str)


@pytest.fixture
def view(request) -> View:
    """The View that `page` was opened with."""
    return request.node.callspec.params["page"]


def expect_pinned(page, *texts: str) -> None:
    expect(page.locator(".word[aria-pressed=true]")).to_have_text(texts)


def save(page, language: str, format_name: str, folder):
    page.get_by_text(words(language)["explorer.save"], exact=True).click()
    with page.expect_download() as started:
        page.locator(f"button[data-format={format_name}]").click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file


def texts_of(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The texts of an SVG."""
    return list(root.iter("{http://www.w3.org/2000/svg}text"))


def remarks_of(text: str) -> list[str]:
    """The comment lines of a CSV."""
    return [line for line in text.splitlines() if line.startswith("#")]


def table_of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), comment="#", keep_default_na=False)


@BOTH
def test_browser_back_undoes_pins_and_forward_does_them_again(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    word_button(page, "source", "나는").click()
    settle(page)
    word_button(page, "target", "elephant").click()
    settle(page)
    expect_pinned(page, "나는", "elephant")
    page.go_back()
    expect_pinned(page, "나는")
    page.go_back()
    expect_pinned(page)
    page.go_forward()
    expect_pinned(page, "나는")


@BOTH
def test_a_head_and_a_mode_make_no_entry_in_the_history(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    entries = page.evaluate("history.length")
    page.locator(".chip[data-head='2']").click()
    page.locator(".choice button[data-value=links]").click()
    wait_for_address(page)
    assert page.evaluate("history.length") == entries
    address = page.evaluate("location.hash")
    assert "view=cross.2.2" in address
    assert "mode=links" in address


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
    wait_for_address(page)
    other = new_page(view)
    other.goto(page.evaluate("location.href"))
    other.wait_for_selector("canvas.map")
    assert open_head(other) == HeadRef("decoder", 2, 3)
    for name in ("mode", "grouping", "pins", "tray"):
        assert state(other, name) == state(page, name)
    expect_pinned(other, "phant")


@BOTH
def test_pins_of_another_sentence_are_not_taken_over(page, tmp_path, view):
    open_explorer(
        page, tmp_path, TRANSLATION, language=view.language, address="view=cross.1.1&of=zzz&source=1.2&step=3"
    )
    assert open_head(page) == HeadRef("cross", 1, 1)
    expect_pinned(page)
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
    written = [element.text for element in texts_of(root)]
    assert TRANSLATION.source_text in written
    assert "elephant" in written
    assert any(TRANSLATION.checkpoint_id in (text or "") and TRANSLATION.decoding in (text or "") for text in written)
    assert (root.find(".//{http://www.w3.org/2000/svg}pattern") is not None) == (mode == "matrix")


@BOTH
@pytest.mark.parametrize(
    ("head", "by"),
    [(HeadRef("encoder", 1, 2), "tokens"), (HeadRef("decoder", 0, 3), "words"), (HeadRef("cross", 2, -1), "words")],
)
def test_csv_is_the_one_of_the_single_map(page, tmp_path, view, head, by):
    layer, column = head.layer, "a" if head.head < 0 else head.head
    address = f"view={head.kind}.{layer}.{column}&by={by}"
    open_explorer(page, tmp_path, TRANSLATION, language=view.language, address=address)
    got = save(page, view.language, "csv", tmp_path).read_bytes().decode("utf-8-sig")
    chosen = average_map(
        TRANSLATION, head.kind, layer=layer, head=None if head.head < 0 else head.head, words=by == "words"
    )
    expected = map_csv(TRANSLATION, chosen)
    precision = "# precision: weights were kept as multiples of 1/65535"
    assert remarks_of(got) == [*remarks_of(expected), precision]
    assert_frame_equal(table_of(got), table_of(expected), check_exact=False, rtol=0, atol=5e-5)
    assert '"⏹"' in got


@BOTH
def test_csv_without_special_tokens_keeps_the_places_of_the_others(page, tmp_path, view):
    address = "view=decoder.1.0&by=tokens&special=0"
    open_explorer(page, tmp_path, TRANSLATION, language=view.language, address=address)
    table = table_of(save(page, view.language, "csv", tmp_path).read_bytes().decode("utf-8-sig"))
    # ▶ at place 0 is hidden, and the row that has read nothing else has no other cell.
    assert table.iloc[0].tolist()[:5] == [1, "I", "am", 1, "I"]
    assert max(table["query"].tolist()) == len(TRANSLATION.target) - 2


@BOTH
def test_file_names_count_from_zero_as_the_files_do(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language, address="view=cross.2.0&by=tokens")
    stem = f"attention-cross-layer-2-head-0-{TRANSLATION.checkpoint_id}"
    assert save(page, view.language, "csv", tmp_path).name == f"{stem}.csv"
    assert save(page, view.language, "svg", tmp_path).name == f"{stem}.svg"
    page.locator(".chip[data-head='-1']").click()
    settle(page)
    assert save(page, view.language, "csv", tmp_path).name == f"{stem.replace('head-0', 'head-mean')}.csv"


@BOTH
def test_svg_holds_its_texts_to_the_widths_they_were_laid_out_with(page, tmp_path, view):
    open_explorer(page, tmp_path, TRANSLATION, language=view.language)
    file = save(page, view.language, "svg", tmp_path)
    root = ElementTree.fromstring(file.read_text("utf-8"))
    assert "Noto Sans KR" in root.attrib["font-family"]
    assert root.attrib["font-family"].endswith("sans-serif")
    assert all("textLength" in text.attrib for text in texts_of(root))
    assert file.stat().st_size < 200_000


@BOTH
def test_signs_of_special_tokens_are_never_slanted(page, tmp_path, view):
    translation = make_translation(n_source=40, n_target=40)
    open_explorer(page, tmp_path, translation, language=view.language, address="view=decoder.0.0&by=tokens")
    root = ElementTree.fromstring(save(page, view.language, "svg", tmp_path).read_text("utf-8"))
    slanted = {text.text for text in texts_of(root) if re.match(r"matrix\((?!1 0 )", text.get("transform", ""))}
    signs = {"▶", "■"}
    assert slanted
    assert not signs & slanted
    assert signs <= {text.text for text in texts_of(root)}


@pytest.mark.parametrize("page", DESKTOP_VIEWS, indirect=True, ids=str)
@pytest.mark.parametrize(("scale", "share"), [("root", 0.5), ("linear", 0.25)])
def test_the_scale_has_a_quarter_where_its_ramp_has_it(page, tmp_path, view, scale, share):
    address = f"view=cross.1.1&scale={scale}"
    open_explorer(page, tmp_path, TRANSLATION, language=view.language, address=address)
    root = ElementTree.fromstring(save(page, view.language, "svg", tmp_path).read_text("utf-8"))
    place = {text.text: float(text.attrib["x"]) for text in texts_of(root) if text.text in ("0", "0.25", "1")}
    assert (place["0.25"] - place["0"]) / (place["1"] - place["0"]) == pytest.approx(share, abs=0.01)


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
    expect_pinned(other, "치킨")
    again = tmp_path / "again"
    again.mkdir()
    twice = save(other, view.language, "html", again)
    assert twice.read_text("utf-8").count("<script") == saved.read_text("utf-8").count("<script")
    third = new_page(view)
    third.goto(twice.as_uri())
    third.wait_for_selector("canvas.map")
    expect_pinned(third, "치킨")
