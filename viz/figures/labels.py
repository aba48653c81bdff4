"""Text in figures: escaped, shortened, measured, coloured.

Plotly reads a subset of HTML in every text of a figure; whatever a user typed is escaped here.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

from viz.figures.palette import Palette
from viz.measures.words import Word

# Of the font's size: what Pretendard and Noto Sans KR take on average, a little generous.
_WIDE_EM, _NARROW_EM = 1.0, 0.58


def escape(text: str) -> str:
    """Text that Plotly shows as it is, tags and all. Control characters become spaces."""
    visible = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    return html.escape(visible, quote=False)


def text_width_px(text: str, font_px: float) -> float:
    """Estimated width of one line, in pixels: there is no browser here to measure it."""
    return font_px * sum(_character_em(character) for character in text)


def shorten(text: str, limit_em: float) -> str:
    """The text, cut with … at the end if it is wider than `limit_em` times the size of its font."""
    if text_width_px(text, 1.0) <= limit_em:
        return text
    width, kept = 1.0, ""
    for character in text:
        width += _character_em(character)
        if width > limit_em:
            break
        kept += character
    return kept.rstrip() + "…"


def wrap(text: str, width_px: float, font_px: float) -> list[str]:
    """Lines no wider than `width_px`, broken at spaces, and inside a word that is wider than a line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if text_width_px(joined, font_px) <= width_px:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and text_width_px(lines[-1] + character, font_px) > width_px:
                lines.append("")
            lines[-1] += character
    return lines


def coloured(text: str, colour: str, font_px: float) -> str:
    """Escaped text in a colour and size."""
    return f'<span style="color:{colour};font-size:{font_px:g}px">{escape(text)}</span>'


def word_label(
    word: Word, colour: str, palette: Palette, *, font_px: float, special_px: float, limit_em: float
) -> str:
    """A word in its colour and size, shortened; a special token grey and in the size for those."""
    if word.is_special:
        return coloured(word.text, palette.muted, special_px)
    return coloured(shorten(word.text, limit_em), colour, font_px)


def percent_text(share: float) -> str:
    """A share of 0 to 1 as a number of percent without the sign: "61", "3.2", "< 0.1", "0"."""
    percent = 100 * share
    if percent >= 9.95:
        return f"{percent:.0f}"
    if percent >= 0.095:
        return f"{percent:.1f}"
    return "< 0.1" if percent > 0 else "0"


def join_lines(lines: Iterable[str]) -> str:
    """Lines that are escaped already, one under the other."""
    return "<br>".join(lines)


def _character_em(character: str) -> float:
    return _WIDE_EM if unicodedata.east_asian_width(character) in "WF" or ord(character) >= 0x2190 else _NARROW_EM
