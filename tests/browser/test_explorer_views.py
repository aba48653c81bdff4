"""What a person sees and does in the explorer: overview, main view, one selection, tray, decoding, words, keyboard."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from playwright.sync_api import expect

from model.records import AttentionRecord, BeamNode, BeamTree, HeadRef
from tests.browser.browser import View
from tests.browser.explorer_page import (
    DESKTOP_VIEWS,
    VIEWS,
    cell_point,
    count_near,
    open_explorer,
    open_head,
    pixels,
    run,
    settle,
    state,
    thumbnail_point,
    touch_or_click,
    wait_for_address,
    word_button,
    words,
)  # fmt: skip
from tests.records import asymmetric_translation, make_translation, translation_of
from viz.figures.palette import DARK, LIGHT, linear_rgb

TRANSLATION = make_translation(n_source=15, n_target=12, layers=3, heads=4)


def looks(views):
    """Both languages and sizes each time; the other pairs of them are left to the slow run."""
    first = {VIEWS[0], VIEWS[-1]} if len(views) == len(VIEWS) else set(views)
    return [view if view in first else pytest.param(view, marks=pytest.mark.slow) for view in views]


everywhere = pytest.mark.parametrize("page", looks(VIEWS), indirect=True, ids=str)
with_mouse = pytest.mark.parametrize("page", looks(DESKTOP_VIEWS), indirect=True, ids=str)


@pytest.fixture
def view(request) -> View:
    """The View that `page` was opened with."""
    return request.node.callspec.params["page"] if hasattr(request.node, "callspec") else View()


def rgb(colour: str) -> str:
    return ",".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2)."""
    return float(linear_rgb(colour) @ [0.2126, 0.7152, 0.0722])


def open_with(page, tmp_path, view, translation=TRANSLATION, address="", **settings):
    open_explorer(page, tmp_path, translation, language=view.language, address=address, **settings)


# ------------------------------------------------------------------------------------------- 1 Overview


@everywhere
def test_a_click_or_tap_on_a_small_map_opens_that_head(page, tmp_path, view):
    open_with(page, tmp_path, view)
    for ref in (
        HeadRef("encoder", 0, 3),
        HeadRef("decoder", 2, 1),
        HeadRef("cross", 1, -1),
        HeadRef("encoder", -1, -1),
    ):
        touch_or_click(page, view, *thumbnail_point(page, ref))
        settle(page)
        assert open_head(page) == ref


@everywhere
def test_shift_click_or_a_second_tap_puts_a_head_into_the_tray(page, tmp_path, view):
    open_with(page, tmp_path, view)
    point = thumbnail_point(page, HeadRef("encoder", 1, 2))
    if view.size == "phone":
        touch_or_click(page, view, *point)
        settle(page)
        assert state(page, "tray") == []
        touch_or_click(page, view, *thumbnail_point(page, HeadRef("encoder", 1, 2)))
        settle(page)
    else:
        page.keyboard.down("Shift")
        page.mouse.click(*point)
        settle(page)
        page.keyboard.up("Shift")
    assert state(page, "tray") == [{"kind": "encoder", "layer": 1, "head": 2}]
    assert page.locator(".tray").is_visible()


@with_mouse
def test_the_pin_button_of_a_small_map_puts_it_into_the_tray(page, tmp_path, view):
    open_with(page, tmp_path, view)
    page.mouse.move(*thumbnail_point(page, HeadRef("cross", 0, 1)))
    page.locator(".pin-tile").click()
    settle(page)
    assert state(page, "tray") == [{"kind": "cross", "layer": 0, "head": 1}]


@with_mouse
def test_hover_on_a_small_map_shows_its_figures(page, tmp_path, view):
    open_with(page, tmp_path, view)
    page.mouse.move(*thumbnail_point(page, HeadRef("encoder", 2, 0)))
    assert TRANSLATION.attention is not None
    weights = TRANSLATION.attention.encoder[2, 0].astype(float)
    entropy = -(weights * np.log(weights)).sum(axis=1).mean()
    distance = (weights * np.abs(np.subtract.outer(range(15), range(15)))).sum(axis=1).mean()
    card = page.locator(".card")
    expect(card).to_contain_text(f"{entropy:.2f}")
    expect(card).to_contain_text(f"{distance:.1f}")


@everywhere
def test_the_filter_dims_or_hides_heads_outside_of_it(page, tmp_path, view):
    open_with(page, tmp_path, view)
    draw = "return document.querySelector('.overview canvas').toDataURL()"
    whole = run(page, draw)
    page.locator(".filter summary").click()
    settle(page)
    low = page.locator(".filter input[type=range]").first
    low.fill("0.6")
    settle(page)
    dimmed = run(page, draw)
    page.locator(".filter input[type=checkbox]").check()
    settle(page)
    hidden = run(page, draw)
    assert len({whole, dimmed, hidden}) == 3


# ------------------------------------------------------------------------------------------ 2 Main view


@everywhere
def test_a_cell_shows_its_weight_from_row_to_column_and_not_the_other_way(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=cross.0.0&by=tokens")
    for (row, column), weight in {(1, 2): "0.910", (1, 0): "0.020", (0, 1): "0.180"}.items():
        point = cell_point(page, row, column)
        page.touchscreen.tap(*point) if view.size == "phone" else page.mouse.move(*point)
        expect(page.locator(".card .weight")).to_have_text(weight)
    expect(page.locator(".card .pair")).to_contain_text("▶ → I")
    expect(page.locator(".card .pair")).to_contain_text("는")


@everywhere
def test_the_card_says_the_weight_in_words(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=cross.0.0&by=tokens")
    point = cell_point(page, 0, 0)
    page.touchscreen.tap(*point) if view.size == "phone" else page.mouse.move(*point)
    expected = "‘I’를 예측할 때 ‘나’를 70 % 봐요." if view.language == "ko" else "When predicting “I”, 70 % on “나”."
    expect(page.locator(".card")).to_contain_text(expected)


@everywhere
def test_masked_cells_are_hatched_and_called_masked(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=decoder.0.0&by=tokens")
    geometry = run(
        page,
        "const g = store.main.geometry(); return {left: g.left, top: g.top, wide: g.cellWidth, tall: g.cellHeight}",
    )
    def inner(row, column):
        return (
            geometry["left"] + column * geometry["wide"] + 3,
            geometry["top"] + row * geometry["tall"] + 3,
            geometry["wide"] - 8,
            geometry["tall"] - 8,
        )
    assert len(set(pixels(page, "canvas.map", *inner(0, 1)))) > 1, "the masked cell has lines"
    point = cell_point(page, 0, 1)
    page.touchscreen.tap(*point) if view.size == "phone" else page.mouse.move(*point)
    expect(page.locator(".card")).to_contain_text(words(view.language)["explorer.masked"])
    assert page.locator(".card .weight").count() == 0


@everywhere
def test_a_cell_of_weight_one_has_the_full_colour_and_of_zero_the_background(page, tmp_path, view):
    attention = AttentionRecord(
        encoder=np.eye(3, dtype=np.float32)[None, None], decoder=np.eye(2, dtype=np.float32)[None, None],
        cross=np.array([[[[0, 1, 0], [0, 0, 1]]]], dtype=np.float32),
    )  # fmt: skip
    open_with(page, tmp_path, view, translation_of(("▁나", "는"), ("▁I",), attention), "view=cross.0.0&by=tokens")
    palette = DARK if view.scheme == "dark" else LIGHT
    geometry = run(
        page,
        "const g = store.main.geometry(); return {left: g.left, top: g.top, wide: g.cellWidth, tall: g.cellHeight}",
    )
    def corner(column):
        return pixels(
            page, "canvas.map", geometry["left"] + column * geometry["wide"] + 3, geometry["top"] + 3, 2, 2
        )
    assert set(corner(1)) == {rgb(palette.weight)}
    assert set(corner(0)) == {rgb(palette.background)}


@everywhere
def test_links_of_several_heads_keep_their_colours_and_strength(page, tmp_path, view):
    cross = np.zeros((1, 2, 2, 3), dtype=np.float32)
    cross[0, 0, :, 0] = 1
    cross[0, 1, :, 2] = 1
    attention = AttentionRecord(
        np.eye(3, dtype=np.float32)[None, None].repeat(2, 1),
        np.eye(2, dtype=np.float32)[None, None].repeat(2, 1),
        cross,
    )
    open_with(
        page, tmp_path, view, translation_of(("▁나", "는"), ("▁I",), attention), "view=cross.0.0&by=tokens&mode=links"
    )
    palette = DARK if view.scheme == "dark" else LIGHT

    def count(head: int) -> int:
        return count_near(page, "canvas.map", palette.heads[head])

    alone = count(0)
    assert alone > 100
    assert count(1) == 0
    page.locator(".chip[data-head='1']").click()
    settle(page)
    assert count(0) > 0.8 * alone
    assert count(1) > 100


@everywhere
def test_chips_add_heads_and_a_double_click_shows_one_alone(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.1.0&mode=links")
    page.locator(".chip[data-head='2']").click()
    page.locator(".chip[data-head='3']").click()
    assert (state(page, "head"), state(page, "others")) == (0, [2, 3])
    page.locator(".chip[data-head='2']").dblclick()
    assert (state(page, "head"), state(page, "others")) == (2, [])


@with_mouse
def test_hover_on_a_line_shows_its_weight(page, tmp_path, view):
    cross = np.zeros((1, 1, 2, 3), dtype=np.float32)
    cross[0, 0, 0, 0] = cross[0, 0, 1, 2] = 1
    attention = AttentionRecord(np.eye(3, dtype=np.float32)[None, None], np.eye(2, dtype=np.float32)[None, None], cross)
    open_with(
        page, tmp_path, view, translation_of(("▁나", "는"), ("▁I",), attention), "view=cross.0.0&by=tokens&mode=links"
    )
    point = run(page, """const g = store.main.geometry(); const b = store.main.canvas.getBoundingClientRect();
        return [b.left + (g.x1 + g.x2) / 2,
        b.top + (g.left.start + g.left.step / 2 + g.right.start + g.right.step / 2) / 2];""")  # fmt: skip
    page.mouse.move(*point)
    expect(page.locator(".card .weight")).to_have_text("1.000")
    expect(page.locator(".card .pair")).to_contain_text("나")


# -------------------------------------------------------------------------------------- 3 One selection


@everywhere
def test_a_pinned_word_is_marked_in_the_sentence_and_in_all_three_maps(page, tmp_path, view):
    open_with(page, tmp_path, view)
    word_button(page, "target", "elephant").click()
    settle(page)
    assert word_button(page, "target", "elephant").get_attribute("aria-pressed") == "true"
    marks = run(page, """return Object.fromEntries(Object.entries(store.marks).map(([kind, m]) => [kind,
        {rows: [...m.pinnedRows].map(i => m.rows[i].text),
        columns: [...m.pinnedColumns].map(i => m.columns[i].text)}]));""")  # fmt: skip
    assert marks == {
        "encoder": {"rows": [], "columns": []},
        "decoder": {"rows": ["elephant"], "columns": ["elephant"]},
        "cross": {"rows": ["elephant"], "columns": []},
    }
    shaded = page.locator(".sentence.source .word").evaluate_all(
        "all => all.filter(e => e.style.backgroundColor).length"
    )
    assert shaded > 0, "source words are shaded by what the pinned word looks at"


@with_mouse
def test_a_word_under_the_hand_lights_up_everywhere_and_lets_go(page, tmp_path, view):
    open_with(page, tmp_path, view)
    drawing = "return ['.overview canvas', 'canvas.map'].map(q => document.querySelector(q).toDataURL())"
    before = run(page, drawing)
    word_button(page, "source", "치킨을").hover()
    settle(page)
    during = run(page, drawing)
    assert all(a != b for a, b in zip(before, during, strict=True))
    page.mouse.move(5, 5)
    settle(page)
    assert run(page, drawing) == before


@everywhere
def test_weights_of_several_pinned_words_are_summed(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=cross.0.0&by=tokens")
    word_button(page, "source", "나").click()
    settle(page)
    word_button(page, "source", "는").click()
    settle(page)
    assert run(page, "return [...store.scene.sums]") == pytest.approx([0.88, 0.09], abs=1e-4)
    assert words(view.language)["explorer.note_sums"] == page.locator(".note").inner_text()


@everywhere
def test_one_pinned_word_has_no_sums_that_only_repeat_its_column(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=encoder.0.0&by=tokens")
    word_button(page, "source", "나").click()
    settle(page)
    assert run(page, "return [store.scene.sums, store.scene.means]") == [None, None]
    assert not page.locator(".note").is_visible()


@everywhere
def test_sums_and_means_stay_in_sight_beside_a_map_that_scrolls(page, tmp_path, view):
    open_with(page, tmp_path, view, make_translation(n_source=60, n_target=60), "view=encoder.0.0&by=tokens")
    for place in (1, 2):
        page.locator(".sentence.source .word").nth(place).click()
    settle(page)
    assert page.locator(".main").evaluate("e => e.scrollWidth > e.clientWidth && e.scrollHeight > e.clientHeight")
    for key in ("note_sums", "note_means"):
        assert words(view.language)[f"explorer.{key}"] in page.locator(".note").inner_text()
    geometry = run(page, "const g = store.main.geometry(); return {left: g.left, top: g.top, sums: g.sumsWidth,"
                   " means: g.meansHeight}")  # fmt: skip
    box = page.locator("canvas.map").bounding_box()
    background = rgb((DARK if view.scheme == "dark" else LIGHT).background)
    right, bottom = box["width"] - geometry["sums"] / 2, box["height"] - geometry["means"] / 2
    sums = pixels(page, "canvas.map", right - 15, geometry["top"], 30, 60)
    means = pixels(page, "canvas.map", geometry["left"] - 30, bottom - 8, 24, 16)
    assert len(set(sums)) > 3
    assert set(means) - {background}, "the row of means has its name"
    point = (box["x"] + right, box["y"] + geometry["top"] + 8)
    touch_or_click(page, view, *point)
    assert state(page, "hover")["cell"] is None, "a sum is no cell"


@everywhere
def test_a_second_click_lets_go_and_escape_lets_go_of_all(page, tmp_path, view):
    open_with(page, tmp_path, view)
    word_button(page, "source", "나는").click()
    settle(page)
    word_button(page, "source", "많이").click()
    settle(page)
    word_button(page, "source", "나는").click()
    settle(page)
    assert page.locator(".word[aria-pressed=true]").all_inner_texts() == ["많이"]
    page.keyboard.press("Escape")
    settle(page)
    assert page.locator(".word[aria-pressed=true]").count() == 0


@everywhere
def test_a_cell_pins_its_two_words(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0")
    touch_or_click(page, view, *cell_point(page, 3, 2))
    settle(page)
    if view.size == "phone":
        assert page.locator(".word[aria-pressed=true]").count() == 0, "the first tap shows"
        touch_or_click(page, view, *cell_point(page, 3, 2))
        settle(page)
    assert page.locator(".word[aria-pressed=true]").all_inner_texts() == ["치킨을", "elephant"]


@everywhere
def test_the_chain_begins_at_the_word_that_is_pinned(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.1.2&mode=chain")
    word_button(page, "target", "ate").click()
    settle(page)
    assert run(page, "const c = t.chainOf(store.model, store.state); return c.rows[c.row].text") == "ate"
    assert words(view.language)["explorer.about_chain"] == page.locator(".about").inner_text()


# ------------------------------------------------------------------------------------------------ 4 Tray


@everywhere
def test_the_tray_holds_four_heads_and_no_fifth(page, tmp_path, view):
    open_with(page, tmp_path, view)
    for head in range(4):
        page.locator(f".chip[data-head='{head}']").click()
        page.locator("button.pin").click()
        settle(page)
    page.locator(".choice button[data-value=encoder]").click()
    settle(page)
    assert page.locator("button.pin").is_disabled()
    assert len(state(page, "tray")) == 4
    page.locator(".tray .close").first.click()
    settle(page)
    assert len(state(page, "tray")) == 3


@with_mouse
def test_hover_is_the_same_in_all_maps_of_one_kind(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&by=tokens&tray=cross.0.1,cross.1.3,encoder.0.0")
    page.mouse.move(*cell_point(page, 4, 6))
    assert TRANSLATION.attention is not None
    cross = TRANSLATION.attention.cross
    expect(page.locator(".tray figure[data-head='cross.0.1'] output")).to_have_text(f"{cross[0, 1, 4, 6]:.3f}")
    expect(page.locator(".tray figure[data-head='cross.1.3'] output")).to_have_text(f"{cross[1, 3, 4, 6]:.3f}")
    expect(page.locator(".tray figure[data-head='encoder.0.0'] output")).to_have_text("")
    expected = float(cross[0, 1, 4, 6] - cross[1, 3, 4, 6])
    shown = page.locator(".tray .difference output").inner_text()
    assert float(shown.replace("−", "-")) == pytest.approx(expected, abs=2e-3)
    assert shown[0] == ("−" if expected < 0 else "+")


@everywhere
def test_two_heads_of_one_kind_show_their_distance(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&tray=cross.0.1,encoder.0.0,cross.1.3")
    assert TRANSLATION.attention is not None
    a, b = TRANSLATION.attention.cross[0, 1].astype(float), TRANSLATION.attention.cross[1, 3].astype(float)
    middle = (a + b) / 2
    divergence = (a * np.log2(a / middle) + b * np.log2(b / middle)).sum(axis=1) / 2
    assert f"{np.sqrt(divergence).mean():.3f}" in page.locator(".tray .distance").inner_text()
    assert page.locator(".tray .difference option").count() == 2


@everywhere
def test_the_difference_says_which_head_looks_more_at_which_end_of_its_scale(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&tray=cross.0.1,cross.1.3")
    left, right = page.locator(".tray .legend span").all_inner_texts()
    assert left.startswith("← ") and "2.4" in left
    assert right.endswith(" →") and "1.2" in right
    page.locator(".tray .difference select").select_option("1-0")
    settle(page)
    assert "1.2" in page.locator(".tray .legend span").first.inner_text()
    palette = DARK if view.scheme == "dark" else LIGHT
    width = page.locator(".tray .legend canvas").bounding_box()["width"]
    ends = [pixels(page, ".tray .legend canvas", x, 5, 1, 1)[0] for x in (2, width - 3)]
    for colour, end in zip(ends, (palette.negative, palette.positive), strict=True):
        assert max(abs(int(a) - int(b)) for a, b in zip(colour.split(","), rgb(end).split(","), strict=True)) < 20


@everywhere
def test_two_heads_chosen_for_the_difference_stay_chosen_while_both_are_in_the_tray(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&tray=cross.0.0,cross.0.1,cross.0.2,cross.0.3")
    choice = page.locator(".tray .difference select option:checked")
    page.locator(".tray .difference select").select_option("3-2")
    settle(page)
    chosen = choice.inner_text()
    assert chosen.endswith("1.4 − 1.3")
    page.locator(".tray figure[data-head='cross.0.1'] .close").click()
    settle(page)
    assert choice.inner_text() == chosen
    wait_for_address(page)
    page.reload()
    page.wait_for_selector(".tray .difference")
    assert choice.inner_text() == chosen, "it stands in the address"
    page.locator(".tray figure[data-head='cross.0.3'] .close").click()
    settle(page)
    assert choice.inner_text().endswith("1.1 − 1.3")


@everywhere
def test_the_choice_of_two_heads_is_read_whole(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&tray=encoder.0.1,encoder.1.3")
    room, text = page.locator(".tray .difference select").evaluate(
        "select => { const style = getComputedStyle(select); const pen = document.createElement('canvas')"
        ".getContext('2d'); pen.font = style.font; return [select.clientWidth"
        " - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),"
        " pen.measureText(select.selectedOptions[0].text).width]; }"
    )
    assert text + 16 <= room, "the arrow has 16 pixels"


@everywhere
def test_maps_of_the_tray_have_labels_where_they_fit(page, tmp_path, view):
    attention = make_translation(n_source=3, n_target=2, layers=1, heads=2).attention
    short = translation_of(("▁나", "는"), ("▁I",), attention)
    open_with(page, tmp_path, view, short, "view=cross.0.0&by=tokens&tray=encoder.0.0,encoder.0.1")
    palette = DARK if view.scheme == "dark" else LIGHT
    assert count_near(page, ".tray figure canvas", palette.source) > 20
    assert not page.locator(".tray .axes").is_visible()


@everywhere
def test_where_labels_do_not_fit_the_tray_says_how_to_see_the_words(page, tmp_path, view):
    long = make_translation(n_source=40, n_target=40, layers=1, heads=2)
    open_with(page, tmp_path, view, long, "view=cross.0.0&by=tokens&tray=encoder.0.0,encoder.0.1")
    assert page.locator(".tray .axes").is_visible()


@everywhere
def test_heads_of_different_kinds_have_no_difference(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&tray=cross.0.1,encoder.0.0")
    assert page.locator(".tray figure").count() == 2
    assert page.locator(".tray .difference").count() == 0


# ------------------------------------------------------------------------------------------- 5 Decoding

BEAM = BeamTree(
    tuple(
        (
            BeamNode(0 if step else -1, token.piece, token.id, -0.5 * step, True),
            BeamNode(0 if step else -1, "▁other", 7, -3.0 - step, False),
        )
        for step, token in enumerate(TRANSLATION.target)
    )
)


@everywhere
def test_stepping_marks_the_word_in_play_and_fades_the_future(page, tmp_path, view):
    open_with(page, tmp_path, view)
    page.get_by_role("button", name=words(view.language)["explorer.step_next"]).click()
    page.get_by_role("button", name=words(view.language)["explorer.step_next"]).click()
    settle(page)
    assert page.locator(".word.playing").inner_text() == "am"
    assert page.locator(".word.future").count() == page.locator(".sentence.target .word").count() - 2
    assert run(page, "return store.scene.play") == 1


@everywhere
def test_each_step_shows_its_five_candidates_with_the_chosen_one_marked(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&by=tokens")
    page.get_by_role("button", name=words(view.language)["explorer.step_next"]).click()
    settle(page)
    assert page.locator(".candidates li").count() == 5
    chosen = page.locator(".candidates li.chosen").inner_text()
    probability = float(np.exp(TRANSLATION.log_probs[0]))
    assert chosen.startswith("✓ I")
    assert f"{100 * probability:.0f} %" in chosen or f"{100 * probability:.1f} %" in chosen


@everywhere
def test_what_beam_search_kept_and_dropped_is_shown(page, tmp_path, view):
    open_with(page, tmp_path, view, dataclasses.replace(TRANSLATION, beam=BEAM), "view=cross.2.0&by=tokens")
    for _ in range(3):
        page.get_by_role("button", name=words(view.language)["explorer.step_next"]).click()
    settle(page)
    items = page.locator(".beam li").all_inner_texts()
    assert words(view.language)["explorer.state_kept"] in items[0] and "I am an" in items[0] and "−1.00" in items[0]
    assert words(view.language)["explorer.state_dropped"] in items[1] and "I am other" in items[1]
    page.keyboard.press("Escape")
    page.get_by_role("button", name=words(view.language)["explorer.step_back"]).click()
    settle(page)
    assert page.locator(".beam li .text").first.inner_text().endswith("■")


@everywhere
def test_playing_goes_on_by_itself_to_the_end(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=cross.0.0&by=tokens")
    page.locator("button.play").click()
    settle(page)
    page.wait_for_function("() => document.querySelector('.explorer').explorer.state.step === 1")
    page.wait_for_function("() => !document.querySelector('.explorer').explorer.state.playing")
    assert state(page, "step") == 1


# -------------------------------------------------------------------------- 6 Words, thresholds, colours


@everywhere
def test_words_or_tokens_and_special_tokens_on_or_off(page, tmp_path, view):
    open_with(page, tmp_path, view)
    assert page.locator(".sentence.source .word").all_inner_texts()[:2] == ["나는", "무지막지하게"]
    page.locator(".choice button[data-value=tokens]").click()
    settle(page)
    assert page.locator(".sentence.source .word").all_inner_texts()[:3] == ["나", "는", "무지"]
    assert page.locator(".word.special").count() == 2
    page.get_by_label(words(view.language)["explorer.special"]).uncheck()
    settle(page)
    assert page.locator(".word.special").count() == 0
    assert run(page, "return store.scene.columns.some(unit => unit.special)") is False


@everywhere
def test_the_threshold_hides_weaker_cells(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=cross.0.0&by=tokens")
    page.locator(".threshold input").fill("0.5")
    settle(page)
    assert run(page, "return store.state.threshold.value") == 0.25
    assert run(page, "return [...store.scene.kept]") == [1, 0, 0, 0, 0, 1]


@everywhere
def test_the_scale_can_be_linear(page, tmp_path, view):
    open_with(page, tmp_path, view)
    before = run(page, "return document.querySelector('canvas.map').toDataURL()")
    page.get_by_label(words(view.language)["explorer.linear"]).check()
    settle(page)
    assert run(page, "return document.querySelector('canvas.map').toDataURL()") != before


@everywhere
def test_numbers_on_cells_and_chips_have_a_contrast_of_4_5(page, tmp_path, view):
    open_with(page, tmp_path, view)
    inks = "const c = store.look.colours; return c.weight.map((colour, step) => [colour, c.weightInk[step]])"
    colours = run(page, inks)
    chips = page.locator(".chip").evaluate_all(
        "all => all.map(e => [e.style.getPropertyValue('--chip'), e.style.getPropertyValue('--ink')])"
    )
    for background, ink in [*colours, *chips]:
        light, dark = sorted((luminance(background), luminance(ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (background, ink)


@everywhere
def test_light_and_dark_follow_the_system(page, tmp_path, view):
    open_with(page, tmp_path, view)
    palette = DARK if view.scheme == "dark" else LIGHT
    assert set(pixels(page, "canvas.map", 1, 1, 2, 2)) == {rgb(palette.background)}


@everywhere
def test_nothing_is_wider_than_the_window(page, tmp_path, view):
    open_with(
        page,
        tmp_path,
        view,
        make_translation(n_source=40, n_target=40, layers=6, heads=8),
        "view=cross.5.0&by=tokens&tray=cross.0.1,cross.1.3",
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_middle_keeps_to_its_column_on_a_tablet(page, tmp_path, view):
    page.set_viewport_size({"width": 800, "height": 1000})
    open_with(page, tmp_path, view, make_translation(layers=2, heads=8), "view=cross.1.0&tray=cross.0.1,cross.1.3")
    edge = page.locator(".tray").bounding_box()["x"]
    parts = page.locator(".middle > *").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
    assert max(parts) <= edge


@everywhere
def test_text_is_at_least_14_pixels(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&step=3&tray=cross.0.1,cross.1.3")
    small = page.locator(".explorer").evaluate(
        "root => [...root.querySelectorAll('*')].filter(e => [...e.childNodes].some(n => n.nodeType ==="
        " 3 && n.data.trim())"
        " && e.tagName !== 'STYLE' && parseFloat(getComputedStyle(e).fontSize) < 14).map(e => e.outerHTML)"
    )
    assert small == []


# ------------------------------------------------------------------------------- 7 Keyboard and access


@with_mouse
def test_keys_move_pin_play_step_and_let_go(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.1.1")
    page.locator("canvas.map").focus()
    page.keyboard.press("ArrowUp")
    settle(page)
    page.keyboard.press("ArrowRight")
    settle(page)
    assert open_head(page) == HeadRef("cross", 0, 2)
    page.keyboard.press("p")
    settle(page)
    assert state(page, "tray") == [{"kind": "cross", "layer": 0, "head": 2}]
    page.keyboard.press("1")
    settle(page)
    assert state(page, "kind") == "encoder"
    page.keyboard.press("Space")
    settle(page)
    assert state(page, "playing") is True
    page.keyboard.press("Space")
    settle(page)
    assert state(page, "playing") is False
    paused_at = state(page, "step")
    page.keyboard.press("PageDown")
    settle(page)
    assert state(page, "step") == paused_at + 1
    page.keyboard.press("Escape")
    settle(page)
    assert state(page, "step") is None


@with_mouse
def test_cells_can_be_read_and_pinned_by_keyboard(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=cross.0.0&by=tokens")
    page.locator("canvas.map").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(f"Shift+{key}")
    settle(page)
    assert page.locator(".card .weight").inner_text() == "0.070"
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator(".word[aria-pressed=true]").all_inner_texts() == ["는", "■"]


@with_mouse
def test_everything_is_reached_by_tab_with_a_visible_focus(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation())
    seen, unmarked = set(), []
    for _ in range(80):
        page.keyboard.press("Tab")
        settle(page)
        name, outlined = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.className + '|' + e.tagName + '|' + e.textContent.slice(0, 12),"
            " parseFloat(s.outlineWidth) > 1 && s.outlineStyle !== 'none']; }"
        )
        if name.endswith("BODY|") or "|BODY|" in name:
            break
        seen.add(name)
        if not outlined:
            unmarked.append(name)
    assert unmarked == []
    for part in ("word", "map|CANVAS", "chip", "play", "SUMMARY", "SELECT"):
        assert any(part in name for name in seen), f"{part} is not reached"


@everywhere
def test_the_numbers_are_there_as_a_table(page, tmp_path, view):
    open_with(page, tmp_path, view, asymmetric_translation(), "view=cross.0.0&by=tokens")
    page.get_by_role("button", name=words(view.language)["explorer.table_show"]).click()
    table = page.locator(".numbers table")
    assert table.locator("th[scope=row]").first.inner_text().endswith("→ I")
    assert table.locator("tbody tr").nth(1).locator("td").all_inner_texts() == ["0.020", "0.070", "0.910"]


@everywhere
def test_every_control_and_picture_has_a_name_in_the_language(page, tmp_path, view):
    open_with(page, tmp_path, view, address="view=cross.2.0&step=2&tray=cross.0.1,cross.1.3")
    unnamed = page.locator(".explorer").evaluate(
        "root => [...root.querySelectorAll('button, select, input, canvas, summary')].filter(e =>"
        " !(e.getAttribute('aria-label')"
        " || e.textContent.trim() || e.labels?.[0]?.textContent.trim())).map(e =>"
        " e.outerHTML).filter(html => !html.includes('hidden'))"
    )
    assert unnamed == []
    assert page.locator("section.explorer").get_attribute("lang") == view.language
    kind = words(view.language)["explorer.kind_cross"]
    assert page.locator("canvas.map").get_attribute("aria-label").startswith(kind)
    page.locator(".chip[data-head='1']").click()
    settle(page)
    assert kind in page.locator(".live").inner_text()


# ------------------------------------------------------------------------------------- 9 Text of a user


@everywhere
def test_markup_in_a_sentence_is_shown_as_text(page, tmp_path, view):
    evil = ("▁<img", "▁src=x", "▁onerror=document.title='broken'>", "▁<b>나는</b>")
    attention = make_translation(n_source=5, n_target=5, layers=1, heads=2).attention
    translation = translation_of(evil, evil, attention)
    open_with(page, tmp_path, view, translation, "view=cross.0.0&by=tokens&step=1&tray=cross.0.1")
    page.get_by_role("button", name=words(view.language)["explorer.table_show"]).click()
    touch_or_click(page, view, *cell_point(page, 0, 0))
    settle(page)
    assert page.locator(".explorer img, .explorer b").count() == 0
    assert "<b>나는</b>" in page.locator(".sentence.source").inner_text()
    assert "broken" not in page.title().replace("document.title='broken'", "")
