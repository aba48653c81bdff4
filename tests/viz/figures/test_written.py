"""The translation as HTML."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from model.records import Candidate
from tests.records import translation_of
from viz.figures.written import WrittenTexts, written_html


def plain(html: str) -> str:
    """What is read without hovering: words and the spaces between them."""
    without_cards = re.sub(r'<span class="card">.*?</span></span>', "</span>", html)
    return re.sub(r"<[^>]*>", "", without_cards)


def example(pieces=("▁ele", "phant", ",", "▁yes", ".")):
    made = translation_of(("▁나",), pieces, None)
    return replace(made, log_probs=np.full(len(made.target), np.log(0.9), dtype=np.float32))


def test_words_are_spaced_as_in_the_translation() -> None:
    made = example()
    assert plain(written_html(made)) == f"{made.target_text} ⏹"


def test_spans_may_leave_the_space_out() -> None:
    made = example()
    tight = tuple(
        replace(token, start=token.start + 1) if made.target_text[token.start : token.end].startswith(" ") else token
        for token in made.target
    )
    assert plain(written_html(replace(made, target=tight))) == f"{made.target_text} ⏹"


def test_only_unsure_words_are_marked() -> None:
    made = example(("▁I", "▁eat"))
    html = written_html(replace(made, log_probs=np.log(np.array([0.9, 0.3, 0.95], dtype=np.float32))))
    assert re.findall(r'<span class="word( unsure)?(?: special)?"[^>]*data-percent="([^"]*)"', html) == [
        ("", "90 %"), (" unsure", "30 %"), ("", "95 %")
    ]


def test_markup_from_the_model_is_escaped() -> None:
    made = example(("▁<b>", "▁&"))
    candidates = tuple((Candidate("<img src=x>", 999, 0.2),) for _ in made.target)
    html = written_html(replace(made, candidates=candidates), WrittenTexts(end="<end>"))
    assert "<img" not in html and "<b></" not in html and "<end>" not in html
    assert "&lt;img src=x&gt;" in html and "&lt;b&gt;" in html
