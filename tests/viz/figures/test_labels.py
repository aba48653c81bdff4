from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.figures.labels import escape, percent_text, shorten, text_width_px, word_label, wrap
from viz.figures.palette import LIGHT
from viz.measures.words import Word

TEXT = st.text(st.sampled_from("ab 나는<&>.WĀ"), max_size=60)


def test_tags_are_shown_and_not_read():
    assert escape("<b>R&D</b>") == "&lt;b&gt;R&amp;D&lt;/b&gt;"


def test_control_characters_become_spaces():
    assert escape("a\nb\tc\x00") == "a b c "


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100"),
        (0.9996, "100"),
        (0.612, "61"),
        (0.0996, "10"),
        (0.0994, "9.9"),
        (0.032, "3.2"),
        (0.001, "0.1"),
        (0.0002, "< 0.1"),
        (0.0, "0"),
    ],
)
def test_percent_has_no_more_figures_than_it_needs(share, text):
    assert percent_text(share) == text


def test_hangul_is_wider_than_latin():
    assert text_width_px("나는", 10) == 20
    assert text_width_px("in", 10) < 20


@given(TEXT, st.floats(2, 30))
def test_a_shortened_text_fits_and_says_that_it_was_cut(text, limit):
    short = shorten(text, limit)
    assert short == text or short.endswith("…")
    assert text_width_px(short, 1.0) <= limit + 1e-9


@given(TEXT, st.integers(30, 300))
def test_wrapping_loses_nothing_and_fits(text, width):
    lines = wrap(text, width, 14)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width_px(line, 14) <= width for line in lines)


def test_a_word_without_spaces_is_broken():
    assert wrap("가나다라", 30, 14) == ["가나", "다라"]


def test_a_special_token_is_grey_and_smaller():
    label = word_label(Word("⏹", (0,), 0, 0, True), LIGHT.source, LIGHT, font_px=16, special_px=14, limit_em=9)
    assert LIGHT.muted in label
    assert LIGHT.source not in label
    assert "font-size:14px" in label


def test_a_word_has_its_colour_and_is_escaped():
    label = word_label(Word("<b>", (0,), 0, 3, False), LIGHT.source, LIGHT, font_px=16, special_px=14, limit_em=9)
    assert label == f'<span style="color:{LIGHT.source};font-size:16px">&lt;b&gt;</span>'
