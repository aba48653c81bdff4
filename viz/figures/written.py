"""The translation as HTML: each word with its probability, unsure ones marked, and what else was possible on hover.

The classes are styled by `viz/assets/app.css`. Every text from outside is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from model.records import Translation
from viz.figures.labels import percent_text
from viz.measures.confidence import WrittenWord, written_words

# Below this probability a word is marked as unsure.
UNSURE_BELOW = 0.5


@dataclass(frozen=True)
class WrittenTexts:
    """The words around a translation; {names} in braces are filled in."""

    probability: str = "probability {percent} %"
    chosen_piece: str = "“{piece}” was chosen at {percent} %"
    alternatives: str = "Other candidates"
    end: str = "end of sentence"


def written_html(translation: Translation, texts: WrittenTexts | None = None) -> str:
    """The translation, its end token included, as one block of HTML."""
    texts = texts or WrittenTexts()
    parts, end_before = [], 0
    for entry in written_words(translation):
        word = entry.word
        # A span may hold the space before its word, or leave it out.
        after_space = word.start > end_before or translation.target_text[word.start : word.end][:1].isspace()
        parts.append(" " if after_space or word.is_special else "")
        parts.append(_word_html(entry, texts))
        end_before = word.end
    return f'<div class="written" lang="en">{"".join(parts).strip()}</div>'


def _word_html(entry: WrittenWord, texts: WrittenTexts) -> str:
    classes = ["word"]
    if entry.probability < UNSURE_BELOW:
        classes.append("unsure")
    if entry.word.is_special:
        classes.append("special")
    percent = escape(percent_text(entry.probability))
    return (
        f'<span class="{" ".join(classes)}" tabindex="0" data-percent="{percent} %">'
        f'<span class="text">{escape(entry.word.text)}</span>{_card_html(entry, texts)}</span>'
    )


def _card_html(entry: WrittenWord, texts: WrittenTexts) -> str:
    name = texts.end if entry.word.is_special else entry.word.text
    probability = texts.probability.format(percent=percent_text(entry.probability))
    parts = [f"<b>{escape(name)}</b> · {escape(probability)}"]
    if len(entry.word.indices) > 1:
        chosen = texts.chosen_piece.format(piece=entry.piece, percent=percent_text(entry.piece_probability))
        parts.append(f"<br>{escape(chosen)}")
    if entry.alternatives:
        rows = "".join(
            f"<tr><td>{escape(other.text)}</td><td>{escape(percent_text(other.probability))} %</td></tr>"
            for other in entry.alternatives
        )
        parts.append(f"<br>{escape(texts.alternatives)}<table>{rows}</table>")
    return f'<span class="card">{"".join(parts)}</span>'
