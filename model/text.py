"""Texts as people type them: what can be translated, and where sentences end."""

from __future__ import annotations

import re
import unicodedata

from model.errors import EmptyTextError, NothingToTranslateError, TextTooLongError

MAX_CHARACTERS = 5_000

# After . ! ? … 。 with closing quotes and brackets, if a blank follows; a line break ends a sentence in any case.
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])[\"'”’」』)\]]*\s+|\s*[\r\n\u2028\u2029]+\s*")
_SHORT_FORMS = re.compile(r"(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|[A-Z]|\d{1,3})\.$")


def is_invisible(character: str) -> bool:
    """True for control, formatting and surrogate characters, which mean nothing to the model.

    False for line breaks and tabs (they are blanks) and for the joiner inside an emoji.
    """
    return character not in "\n\r\t\u200d" and unicodedata.category(character) in ("Cc", "Cf", "Cs")


def clean(text: str) -> str:
    """The text without invisible characters."""
    return "".join(c for c in text if not is_invisible(c))


def check_text(text: str) -> None:
    """Raise an InputError that fits if a text cannot be translated.

    Raises
    ------
    TextTooLongError
        More than MAX_CHARACTERS characters.
    EmptyTextError
        Nothing but blanks.
    NothingToTranslateError
        No letter and no digit.
    """
    if len(text) > MAX_CHARACTERS:
        raise TextTooLongError(len(text), MAX_CHARACTERS, "characters")
    if not text.strip():
        raise EmptyTextError("the text is empty: type a sentence")
    if not any(c.isalnum() for c in text):
        raise NothingToTranslateError("the text has no letter and no digit: type a sentence")


def has_hangul(text: str) -> bool:
    """True if a text has a Hangul syllable or letter, composed or not."""
    return any("가" <= c <= "힣" or "ㄱ" <= c <= "ㆎ" or "\u1100" <= c <= "\u11ff" for c in text)


def split_sentences(text: str) -> list[str]:
    """Sentences of a text in order, without blanks around them; parts without a letter or digit join the one before.

    Raises
    ------
    InputError
        As `check_text`.
    """
    text = clean(text)
    check_text(text)
    sentences: list[str] = []
    for part in _parts(text):
        if any(c.isalnum() for c in part) or not sentences:
            sentences.append(part)
        else:
            sentences[-1] += f" {part}"
    if not any(c.isalnum() for c in sentences[0]) and len(sentences) > 1:
        sentences[:2] = [f"{sentences[0]} {sentences[1]}"]
    return sentences


def _parts(text: str) -> list[str]:
    """Cut after each sentence end; "Dr." and "3." end none."""
    parts: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        part = text[start : match.end()].strip()
        breaks_line = any(c in match.group() for c in "\r\n\u2028\u2029")
        if part and (breaks_line or not _SHORT_FORMS.search(part)):
            parts.append(part)
            start = match.end()
    rest = text[start:].strip()
    return [*parts, rest] if rest else parts
