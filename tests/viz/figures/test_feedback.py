from __future__ import annotations

import re
from itertools import pairwise

import pytest

from viz.figures.feedback import feedback_html

INPUTS = ("▶", "I", "am", "a", "<b>")
OUTPUTS = ("I", "am", "a", "<b>", "⏹")


def tokens(html: str) -> list[tuple[str, str]]:
    """What each step that is shown reads and puts out."""
    found = re.findall(r'<span class="token(?: written)?" lang="en">(.*?)</span>', html)
    return list(zip(found[::2], found[1::2], strict=True))


@pytest.mark.parametrize("step", range(len(INPUTS)))
def test_what_a_step_puts_out_the_next_one_reads(step: int):
    shown = tokens(feedback_html(INPUTS, OUTPUTS, step))
    for (_, written), (read, _) in pairwise(shown):
        assert read == written


def test_steps_up_to_the_chosen_one_and_the_next_with_an_open_output():
    assert tokens(feedback_html(INPUTS, OUTPUTS, 2)) == [("▶", "I"), ("I", "am"), ("am", "a"), ("a", "?")]
    assert tokens(feedback_html(INPUTS, OUTPUTS, 3)) == [
        ("I", "am"), ("am", "a"), ("a", "&lt;b&gt;"), ("&lt;b&gt;", "?")
    ]


def test_nothing_follows_the_last_step():
    assert tokens(feedback_html(INPUTS, OUTPUTS, 4))[-1] == ("&lt;b&gt;", "⏹")
    assert tokens(feedback_html(("▶",), ("⏹",), 0)) == [("▶", "⏹")]


def test_the_chosen_step_is_marked_and_numbered_from_one():
    html = feedback_html(INPUTS, OUTPUTS, 1)
    assert html.count("chosen") == 1
    assert re.search(r'chosen">.*?step 2', html)


def test_an_arrow_between_each_two_steps():
    for step in range(len(INPUTS)):
        html = feedback_html(INPUTS, OUTPUTS, step)
        assert html.count("↗") == len(tokens(html)) - 1
