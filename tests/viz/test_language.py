"""Words: both languages complete and alike, particles, and what is chosen from a browser's locale."""

from __future__ import annotations

import string

import pytest

from viz.language import LANGUAGES, examples, fitting_particle, language_for, words_for

# Korean counts in ten thousands, English in thousands and millions.
COUNTS = {
    "lesson-adding.count", "lesson-adding.count_millions", "lesson-look-ahead-mask.training",
    "lesson-look-ahead-mask.training_own", "training.summary",
}
# English texts that quote the Korean sentence or add words to it.
KOREAN_IN_ENGLISH = {"lesson-lstm.filler", "lesson-lstm.question.text"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert words_for("ko").texts.keys() == words_for("en").texts.keys()


def test_both_languages_fill_the_same_fields() -> None:
    korean, english = words_for("ko").texts, words_for("en").texts
    assert {key for key in korean if fields(korean[key]) != fields(english[key])} - COUNTS == set()


def test_no_text_is_empty_or_left_in_the_other_language() -> None:
    for language in LANGUAGES:
        assert [key for key, text in words_for(language).texts.items() if not text.strip()] == []
    hangul = {key for key, text in words_for("en").texts.items() if any("가" <= sign <= "힣" for sign in text)}
    assert hangul - KOREAN_IN_ENGLISH == set()


def test_words_of_a_part_have_its_name_before_their_keys() -> None:
    assert "explorer.title" in words_for("ko").texts


def test_an_unknown_key_or_a_missing_field_is_an_error() -> None:
    words = words_for("en")
    with pytest.raises(KeyError):
        words("no.such.key")
    with pytest.raises(KeyError):
        words("errors.too_long_tokens", got=101)


@pytest.mark.parametrize(
    ("word", "particle"),
    [
        ("코끼리", "를"), ("치킨", "을"), ("'나는'", "을"), ("elephant", "를"), ("model", "을"), ("1200kg", "를"),
        ("3", "을"), ("2", "를"), ("", "를"), ("😀", "를"), ("teacher", "를"), ("morning.", "을"), ("‘table’", "을"),
        ("home", "을"), ("book", "을"), ("music", "을"), ("not", "을"), ("weight", "를"), ("I", "를"),
        ("LSTM", "을"), ("R", "을"), ("50%", "를"), ("club", "을"), ("about", "을"), ("group", "을"),
    ],
)
def test_particle_fits_the_last_sound(word: str, particle: str) -> None:
    assert fitting_particle(word, "을", "를") == particle


@pytest.mark.parametrize(
    ("word", "particle"),
    [
        ("서울", "로"), ("부산", "으로"), ("학교", "로"), ("8", "로"), ("3", "으로"), ("table", "로"), ("film", "으로"),
        ("model", "로"),
    ],
)
def test_after_rieul_the_direction_has_no_vowel_before_it(word: str, particle: str) -> None:
    assert fitting_particle(word, "으로", "로") == particle


def test_a_text_takes_the_particle_of_its_word() -> None:
    text = words_for("ko")("seen.joined", query="나는", key="코끼리", layer=1, head=2, weight="0.5", times="9")
    assert "‘나는’에서 ‘코끼리’를" in text


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("ko", "ko"), ("ko-KR", "ko"), ("KO-kr", "ko"), ("en-US", "en"), ("de", "en"), (None, "en"), ("", "en"),
        ("kok", "en"),
    ],
)
def test_language_of_a_locale(locale: str | None, language: str) -> None:
    assert language_for(locale) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_hold_the_words_whose_link_they_ask_for(language: str) -> None:
    found = examples(language)  # pyright: ignore[reportArgumentType]
    assert found[0].text == "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다"
    assert [example.name for example in found if not all(word in example.text for word in example.link)] == []
    assert len({example.name for example in found}) == len(found)
