"""The words that a person reads, in Korean and English: `viz/words/*.toml` looked up by key.

`ko.toml` and `en.toml` hold the words of the pages, `NAME.ko.toml` and `NAME.en.toml` those of the part NAME, whose
keys then begin with "NAME.". Both languages have the same keys. A text may hold fields, `{count}`; a field with a pair
of Korean particles, `{word:을/를}`, yields the particle that fits the value's last sound.
"""

from __future__ import annotations

import functools
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import streamlit as st

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
WORDS_FOLDER = Path(__file__).parent / "words"

# How digits and single Latin letters are read in Korean: which end in a consonant, and of these, which in ㄹ.
_ENDS_IN_CONSONANT = frozenset("013678" + "lmnrLMNR")
_ENDS_IN_RIEUL = frozenset("178" + "lrLR")
# The same of English words: film 필름, morning 모닝, home 홈, cat 캣, book 북, but teacher 티처 and student 스튜던트.
_WORD = re.compile(r"[A-Za-z]{2,}$")
_WORD_ENDS_IN_CONSONANT = re.compile(r"([lmn]|ng|.[lmn]e|(^|[^aeiou])[aeiouy](ck|[bckpt])|ook|out|oup)$")
_WORD_ENDS_IN_RIEUL = re.compile(r"(l|.le)$")


@dataclass(frozen=True)
class Words:
    """All texts of one language. `words("translate.title", count=3)` looks one up and fills its fields."""

    language: Language
    texts: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key` with its fields filled. KeyError if there is no such text or a field has no value."""
        return _FORMATTER.vformat(self.texts[key], (), values) if values else self.texts[key]


@dataclass(frozen=True)
class Example:
    """A sentence to begin with, what it was chosen to show, and two of its words whose link is looked for."""

    name: str
    text: str
    link: tuple[str, str]
    label: str
    hint: str


def language_for(locale: str | None) -> Language:
    """Korean for a browser set to Korean, English for any other; `locale` is a BCP 47 tag such as "ko-KR"."""
    return "ko" if (locale or "").lower().split("-")[0] == "ko" else "en"


def browser_language() -> Language:
    """The language that the visitor's browser asks for."""
    return language_for(st.context.locale)


@functools.cache
def words_for(language: Language) -> Words:
    """All words of a language, read once."""
    texts = _flatten(_read(WORDS_FOLDER / f"{language}.toml"))
    for path in sorted(WORDS_FOLDER.glob(f"*.{language}.toml")):
        part = path.name.removesuffix(f".{language}.toml")
        texts.update(_flatten(_read(path), f"{part}."))
    return Words(language, texts)


@functools.cache
def examples(language: Language) -> tuple[Example, ...]:
    """The example sentences, the first of which opens the app."""
    return tuple(
        Example(
            name=entry["name"],
            text=entry["text"],
            link=tuple(entry["link"]),
            label=entry["label"][language],
            hint=entry["hint"][language],
        )
        for entry in _read(WORDS_FOLDER / "examples.toml")["example"]
    )


def fitting_particle(word: str, with_consonant: str, with_vowel: str) -> str:
    """The Korean particle that fits the last sound of `word`: ("코끼리", "을", "를") -> "를".

    으로/로 counts ㄹ as a vowel. Signs at the end (quotes, brackets) are passed over; an English word is judged by its
    spelling, which is mostly right, and capitals (LSTM) as letters read one by one.
    """
    spoken = re.sub(r"[\W_]+$", "", word.replace("%", "퍼센트"))
    last = spoken[-1:]
    english = _WORD.search(spoken)
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        ends_in_consonant, ends_in_rieul = final != 0, final == 8
    elif english and not english[0].isupper():
        letters = english[0].lower()
        ends_in_consonant = _WORD_ENDS_IN_CONSONANT.search(letters) is not None
        ends_in_rieul = _WORD_ENDS_IN_RIEUL.search(letters) is not None
    else:
        ends_in_consonant, ends_in_rieul = last in _ENDS_IN_CONSONANT, last in _ENDS_IN_RIEUL
    if ends_in_rieul and with_consonant.startswith("으로"):
        return with_vowel
    return with_consonant if ends_in_consonant else with_vowel


class _ParticleFormatter(string.Formatter):
    """str.format with one more kind of field: `{word:을/를}`."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if "/" in format_spec:
            with_consonant, with_vowel = format_spec.split("/", 1)
            return fitting_particle(str(value), with_consonant, with_vowel)
        return super().format_field(value, format_spec)


_FORMATTER = _ParticleFormatter()


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """{"a": {"b": "text"}} -> {"a.b": "text"}."""
    texts: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            texts.update(_flatten(value, f"{prefix}{key}."))
        else:
            texts[f"{prefix}{key}"] = value
    return texts
