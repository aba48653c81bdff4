"""The decoder's steps as HTML: what each reads and what it puts out, which the next one reads.

The classes are styled by `viz/assets/app.css`. Every text from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class FeedbackTexts:
    """The words around the tokens; {names} in braces are filled in."""

    reads: str = "in"
    decoder: str = "step {number}"
    writes: str = "out"


def feedback_html(
    inputs: Sequence[str],
    outputs: Sequence[str],
    step: int,
    texts: FeedbackTexts | None = None,
    *,
    before: int = 2,
) -> str:
    """A few steps up to the chosen one, and the next, whose output is still open.

    Parameters
    ----------
    inputs, outputs : sequence of str, length T
        What each step reads and puts out: inputs[t + 1] is outputs[t].
    step : int
        The chosen one, counted from zero.
    before : int
        How many steps before it are shown.
    """
    texts = texts or FeedbackTexts()
    first, last = max(0, step - before), min(step + 1, len(inputs) - 1)
    names = f"<span>{escape(texts.reads)}</span><span></span><span>{escape(texts.writes)}</span>"
    columns = []
    for place in range(first, last + 1):
        # On a phone only the step before the chosen one has room.
        early = "early " if place < step - 1 else ""
        kind = f"{early}column{' chosen' if place == step else ''}"
        columns.append(_column(inputs[place], outputs[place] if place <= step else "?", place, kind, texts))
        if place < last:
            columns.append(f'<div class="{early}arrow" aria-hidden="true">↗</div>')
    return f'<div class="lesson-feedback"><div class="names">{names}</div>{"".join(columns)}</div>'


def _column(read: str, written: str, place: int, classes: str, texts: FeedbackTexts) -> str:
    decoder = texts.decoder.format(number=place + 1)
    return (
        f'<div class="{classes}"><span class="token" lang="en">{escape(read)}</span>'
        f'<span class="decoder">{escape(decoder)} ↓</span>'
        f'<span class="token written" lang="en">{escape(written)}</span></div>'
    )
