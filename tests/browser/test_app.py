"""The app in a real Chromium: what a person types, sees, saves and links to."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser import (
    VIEWS,
    View,
    open_app,
    wait_for_app,
    wait_until_drawn,
    wait_until_figures_are_drawn,
    wait_until_steady,
)

ELEPHANT = "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다"
SHORT = "나는 강사 입니다"
N_PAGES = 5
WAIT_MS = 60_000


def box(page: Page):
    return page.locator(".st-key-text input")


def send(page: Page, text: str) -> None:
    """Types a text as a person does."""
    box(page).fill(text)
    box(page).press("Enter")


def type_sentence(page: Page, text: str) -> None:
    """Types a sentence that can be translated, and waits until the page shows what comes of it."""
    send(page, text)
    expect(page.locator(".spoken")).to_have_text([text], timeout=WAIT_MS)
    wait_for_app(page)


def translation(page: Page) -> str:
    """The words of the translation."""
    page.wait_for_selector(".written .word", timeout=WAIT_MS)
    return " ".join(page.locator(".written .word > .text").all_inner_texts())


def heatmap(page: Page):
    return page.locator(".st-key-figure-attention-map .js-plotly-plot").last


def parameters(page: Page) -> dict[str, list[str]]:
    """Those of the address now; `page.url` comes to know a moment later."""
    return parse_qs(urlsplit(page.evaluate("location.href")).query)


def overflow_px(page: Page) -> int:
    """How far the page reaches past the right edge of the screen, or of the part of it that scrolls."""
    return page.evaluate(
        "Math.max(...[document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map(element => element.scrollWidth - element.clientWidth))"
    )


@pytest.mark.parametrize("page", [View("phone", "ko"), View("phone", "en")], indirect=True, ids=str)
def test_on_a_phone_the_translation_stands_on_the_first_screen(page: Page, app_url: str) -> None:
    open_app(page, app_url)
    page.wait_for_selector(".written .word", timeout=WAIT_MS)
    expect(page.locator(".written .word").last).to_be_in_viewport()
    links = page.locator(".st-key-small-navigation a")
    assert links.count() == N_PAGES
    assert len({link.bounding_box()["y"] for link in links.all()}) == 1  # type: ignore[index]


@pytest.mark.parametrize("page", VIEWS, indirect=True, ids=str)
def test_typing_the_elephant_sentence_shows_its_translation_and_heatmap(page: Page, app_url: str) -> None:
    open_app(page, app_url, text=SHORT)
    assert translation(page)
    type_sentence(page, ELEPHANT)
    assert translation(page).endswith("⏹")
    expect(heatmap(page)).to_contain_text("코끼리", timeout=WAIT_MS)
    expect(heatmap(page)).to_contain_text(ELEPHANT.split()[1])
    wait_until_figures_are_drawn(page)
    assert overflow_px(page) <= 0


def test_an_enter_that_ends_a_syllable_does_not_send(page: Page, app_url: str) -> None:
    open_app(page, app_url, text=SHORT)
    before = translation(page)
    box(page).fill("")
    box(page).click()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "고양이", "selectionStart": 3, "selectionEnd": 3})
    box(page).evaluate(
        "input => input.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', keyCode: 13, isComposing: true, bubbles: true}))"
    )
    page.wait_for_timeout(500)
    assert parameters(page)["text"] == [SHORT]
    assert translation(page) == before
    devtools.send("Input.insertText", {"text": "고양이"})
    box(page).press("Enter")
    page.wait_for_function("location.search.includes(encodeURIComponent('고양이'))", timeout=WAIT_MS)


def test_what_cannot_be_translated_leaves_the_old_result_in_both_languages(page: Page, app_url: str) -> None:
    for language, sign in (("ko", "한글"), ("en", "Hangul")):
        open_app(page, app_url, text=SHORT, lang=language)
        before = translation(page)
        send(page, "hello")
        expect(page.locator("[data-testid=stAlert]")).to_contain_text(sign, timeout=WAIT_MS)
        wait_for_app(page)
        assert translation(page) == before


def test_markup_in_a_sentence_is_shown_as_it_was_typed(page: Page, app_url: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    open_app(page, app_url)
    type_sentence(page, "나는 <img src=x onerror=alert(1)> <b>강사</b> 입니다")
    assert translation(page)
    expect(heatmap(page)).to_contain_text("<b>강사</b>", timeout=WAIT_MS)
    type_sentence(page, SHORT)
    expect(page.locator(".st-key-history button").first).to_contain_text("<img")
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("[...document.querySelectorAll('b')].filter(b => b.textContent === '강사').length") == 0


def test_a_link_restores_sentence_and_language(page: Page, app_url: str, new_page) -> None:
    open_app(page, app_url)
    type_sentence(page, SHORT)
    page.locator(".st-key-lang button").nth(1).click()
    page.wait_for_function("location.search.includes('lang=en')", timeout=WAIT_MS)
    wait_for_app(page)
    assert parameters(page) == {"text": [SHORT], "lang": ["en"]}
    other = new_page(View(language="ko"))
    other.goto(page.url)
    wait_for_app(other)
    expect(box(other)).to_have_value(SHORT, timeout=WAIT_MS)
    expect(other.get_by_test_id("stTopNavLink").first).to_have_text("Translate")
    assert translation(other) == translation(page)


def test_one_press_of_back_undoes_a_change_of_page(page: Page, app_url: str) -> None:
    open_app(page, app_url)
    type_sentence(page, SHORT)
    before = translation(page)
    page.get_by_test_id("stTopNavLink").nth(2).click()
    page.wait_for_selector("h1", timeout=WAIT_MS)
    wait_for_app(page)
    page.go_back()
    expect(page.locator("h1")).to_have_count(0, timeout=WAIT_MS)
    assert translation(page) == before
    assert box(page).input_value() == SHORT


@pytest.mark.parametrize("page", [View("phone")], indirect=True, ids=str)
def test_every_page_is_one_tap_away_on_a_phone(page: Page, app_url: str) -> None:
    open_app(page, app_url)
    links = page.locator(".st-key-small-navigation a")
    expect(links).to_have_count(N_PAGES)
    links.nth(3).tap()
    page.wait_for_function("location.pathname.endsWith('/model')", timeout=WAIT_MS)


def test_examples_and_earlier_sentences_are_one_tap_away(page: Page, app_url: str) -> None:
    open_app(page, app_url)
    page.locator(".st-key-example-word_order button").first.click()
    expect(box(page)).to_have_value(SHORT)
    wait_for_app(page)
    page.locator(".st-key-history button").first.click()
    expect(box(page)).to_have_value(ELEPHANT)


def test_an_unsure_word_shows_what_else_was_possible(page: Page, app_url: str) -> None:
    open_app(page, app_url)
    translation(page)
    word = page.locator(".written .word").first
    card = word.locator(".card")
    expect(card).to_be_hidden()
    word.hover()
    expect(card).to_be_visible()
    expect(card).to_contain_text("%")


def saved(page: Page, button: str, folder: Path) -> tuple[str, bytes]:
    """What a button saves: the file's name and content."""
    with page.expect_download(timeout=WAIT_MS) as download:
        page.locator(button).first.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path.name, path.read_bytes()


@pytest.mark.parametrize("page", [View(), View(scheme="dark", language="en")], indirect=True, ids=str)
def test_a_map_is_saved_with_where_it_comes_from(page: Page, app_url: str, tmp_path: Path) -> None:
    open_app(page, app_url, text=SHORT)
    wait_until_drawn(page, ".st-key-figure-attention-map .main-svg")
    pictures = ".st-key-pictures-attention-map button >> nth={}"
    svg_name, svg = saved(page, pictures.format(1), tmp_path)
    text = svg.decode("utf-8")
    checkpoint = re.search(r"attention-cross-layer-\d+-head-mean-([0-9a-f]{12})\.svg", svg_name)
    assert checkpoint is not None
    assert all(word in text for word in (*SHORT.split(), checkpoint[1], "beam_size=4", "@font-face"))
    png_name, png = saved(page, pictures.format(0), tmp_path)
    assert png_name == svg_name.replace(".svg", ".png")
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width >= 600 and height >= 600
    _, csv = saved(page, ".st-key-csv-attention-map button", tmp_path)
    lines = csv.decode("utf-8-sig").splitlines()
    assert f"# sentence: {SHORT}" in lines
    assert f"# checkpoint: {checkpoint[1]}" in lines
    assert any(line.startswith("# decoding: beam_size=4") for line in lines)
    assert "count from zero" in "\n".join(lines[:8])


def test_kind_layer_and_head_change_the_map(page: Page, app_url: str) -> None:
    open_app(page, app_url, text=SHORT)
    for place, title in enumerate(("인코더 셀프 어텐션", "디코더 셀프 어텐션", "크로스 어텐션")):
        page.locator(".st-key-map-kind button").nth(place).click()
        page.locator(".st-key-map-head button").nth(1).click()
        expect(heatmap(page)).to_contain_text(title, timeout=WAIT_MS)
        expect(heatmap(page)).to_contain_text("2번 헤드", timeout=WAIT_MS)


# It stands in a shadow tree, where document.querySelector does not look.
EXPLORER = """[...document.querySelectorAll("*")].map((e) => e.shadowRoot?.querySelector(".explorer")?.explorer)
  .find(Boolean)"""
EXPLORER_STATE = f"""() => {{
  const {{ kind, layer, head, pins }} = ({EXPLORER}).state;
  return [kind, layer, head, pins.source.length];
}}"""


def explorer_state(page: Page, *, of: str) -> tuple[list[object], int]:
    """The head that is open and the number of pinned source tokens, once the explorer shows a sentence."""
    page.wait_for_function(f"text => ({EXPLORER})?.data.sourceText === text", arg=of, timeout=WAIT_MS)
    # The view that it is led to comes by a message of its own.
    wait_until_steady(page, EXPLORER_STATE)
    kind, layer, head, pins = page.evaluate(EXPLORER_STATE)
    return [kind, layer, head], pins


def test_the_explorer_follows_to_the_next_sentence_until_the_reader_moves(page: Page, app_url: str) -> None:
    """At the head and word that the page speaks of, it goes on to those of the next sentence; elsewhere it stays."""
    open_app(page, app_url, text=ELEPHANT)
    page.wait_for_selector(".explorer canvas.map", timeout=WAIT_MS)
    assert explorer_state(page, of=ELEPHANT)[1] > 0
    type_sentence(page, SHORT)
    opened, pins = explorer_state(page, of=SHORT)
    assert pins > 0
    page.locator(".explorer canvas.map").focus()
    page.keyboard.press("ArrowRight")
    moved, _ = explorer_state(page, of=SHORT)
    assert moved != opened
    type_sentence(page, ELEPHANT)
    assert explorer_state(page, of=ELEPHANT) == (moved, 0)


@pytest.mark.parametrize("page", [View("projector", "ko"), View("desktop", "en", "dark")], indirect=True, ids=str)
def test_presenter_mode_shows_the_map_and_both_sentences_alone_and_gives_all_back(page: Page, app_url: str) -> None:
    open_app(page, app_url, text=ELEPHANT)
    opened = explorer_state(page, of=ELEPHANT)
    hash_before = page.evaluate("location.hash")
    page.locator(".st-key-translate-present button").first.click()
    expect(page.locator(".explorer .overview")).to_be_hidden(timeout=WAIT_MS)
    for hidden in (".st-key-text input", ".written", ".seen", ".st-key-beam", ".st-key-translate-map"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator(".explorer canvas.map")).to_be_in_viewport()
    word = page.locator(".explorer .sentence .word").first
    assert word.evaluate("word => parseFloat(getComputedStyle(word).fontSize)") >= 22
    page.wait_for_function("hash => location.hash === hash", arg=hash_before, timeout=WAIT_MS)
    page.wait_for_selector("html[data-lesson-keys=presenting]", state="attached", timeout=WAIT_MS)
    page.keyboard.press("PageDown")
    expect(page.locator(".explorer .sentence.target .word.playing")).to_have_count(1)
    page.keyboard.press("PageUp")
    page.keyboard.press("p")
    expect(page.locator(".explorer .overview")).to_be_visible(timeout=WAIT_MS)
    expect(box(page)).to_have_value(ELEPHANT)
    assert explorer_state(page, of=ELEPHANT) == opened
    assert page.locator(".explorer .tray figure").count() == 0, "the key that leaves pins nothing"


@pytest.mark.parametrize("page", [View("phone", "ko")], indirect=True, ids=str)
def test_a_phone_finds_out_of_a_presented_link(page: Page, app_url: str) -> None:
    open_app(page, app_url, text=SHORT, present="1")
    expect(box(page)).to_be_hidden(timeout=WAIT_MS)
    page.locator(".st-key-translate-present button >> visible=true").tap()
    expect(box(page)).to_be_visible(timeout=WAIT_MS)


@pytest.mark.parametrize("page", [View("phone", "ko"), View("phone", "en")], indirect=True, ids=str)
def test_nothing_scrolls_sideways_on_a_narrow_phone(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 360, "height": 780})
    open_app(page, app_url, text=ELEPHANT)
    explorer_state(page, of=ELEPHANT)
    wait_until_figures_are_drawn(page)
    assert overflow_px(page) <= 0
    page.locator(".explorer .menu summary").click()
    menu = page.locator(".explorer .menu .list").bounding_box()
    assert menu is not None and menu["x"] >= 0 and menu["x"] + menu["width"] <= 360
    assert overflow_px(page) <= 0


@pytest.mark.parametrize("page", [View("phone", "ko")], indirect=True, ids=str)
def test_the_card_of_a_tapped_cell_goes_when_the_page_scrolls(page: Page, app_url: str) -> None:
    open_app(page, app_url, text=ELEPHANT)
    explorer_state(page, of=ELEPHANT)
    wait_until_figures_are_drawn(page)
    page.locator(".explorer canvas.map").tap(position={"x": 200, "y": 200})
    card = page.locator(".explorer .card")
    expect(card).to_be_visible()
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollBy(0, 100)")
    expect(card).to_be_hidden()


def test_a_link_opens_in_presenter_mode(page: Page, app_url: str) -> None:
    open_app(page, app_url, text=SHORT, present="1")
    expect(page.locator(".explorer canvas.map")).to_be_visible(timeout=WAIT_MS)
    expect(box(page)).to_be_hidden()
    page.wait_for_selector("html[data-lesson-keys=presenting]", state="attached", timeout=WAIT_MS)
    # Wherever the focus is: on the page, beside the map, in the list of layers.
    playing = page.locator(".explorer .sentence.target .word.playing")
    page.keyboard.press("PageDown")
    expect(playing).to_have_count(1)
    first = playing.inner_text()
    page.mouse.click(1, 300)
    page.keyboard.press("PageDown")
    expect(playing).not_to_have_text(first)
    page.locator(".explorer .head select").focus()
    page.keyboard.press("PageUp")
    expect(playing).to_have_text(first)
    page.mouse.click(1, 300)
    page.keyboard.press("Escape")
    expect(box(page)).to_be_visible(timeout=WAIT_MS)
    assert "present" not in parameters(page)
