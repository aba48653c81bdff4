"""The glossary: read by its page in the app, and written to docs/glossary.md by `python -m viz.words.glossary`."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("glossary.toml")
DOCUMENT = Path(__file__).parents[2] / "docs" / "glossary.md"


@dataclass(frozen=True)
class Term:
    """A term with what it means, in Korean and English. `key` is its name in links and in the code."""

    key: str
    ko: str
    en: str
    explanation_ko: str
    explanation_en: str


@functools.cache
def glossary() -> tuple[Term, ...]:
    """All terms, in the order in which they are best learned. TypeError if an entry has too few fields or too many."""
    with SOURCE.open("rb") as file:
        return tuple(Term(**entry) for entry in tomllib.load(file)["term"])


def as_markdown(terms: Sequence[Term]) -> str:
    """The text of docs/glossary.md."""
    lines = [
        "# Glossary · 용어",
        "",
        "Written by `make glossary` from `viz/words/glossary.toml`, like the glossary page of the app.",
        "",
        "| English | 한국어 | Explanation | 설명 |",
        "|---|---|---|---|",
    ]
    lines += [f"| {term.en} | {term.ko} | {term.explanation_en} | {term.explanation_ko} |" for term in terms]
    return "\n".join(lines).replace("<", "&lt;") + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(as_markdown(glossary()), encoding="utf-8", newline="\n")
