"""Other numbers, months, names and Latin words on both sides of a pair: what is copied must not be learnt by heart.

A number or a capitalised Latin word that stands as often in one sentence as in the other becomes another one in both;
so do an amount in ten thousands (3만, 30,000), a month (11월, November) and the name of a person, whose new Latin form
follows the Revised Romanization syllable by syllable, as people write their names. What English grammar ties to its
number or sound stays: 1, ordinals, decades, and what follows "a" or "an". The new numbers need not be likely: an hour
may be 83.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
SURNAMES = {"김": "Kim", "이": "Lee", "박": "Park", "최": "Choi", "정": "Jung", "강": "Kang", "조": "Cho", "윤": "Yoon",
            "장": "Jang", "임": "Lim", "한": "Han", "오": "Oh", "서": "Seo", "신": "Shin", "권": "Kwon", "황": "Hwang",
            "안": "Ahn", "송": "Song", "홍": "Hong", "문": "Moon"}
FIRST_SYLLABLES = "가건경규나다도동미민보상서성세소수승시아연영예우유윤은재정주준지진채태하해현혜효"
LAST_SYLLABLES = "경규나람랑린미민별빈서석선섭성솔수슬식아연영우욱원윤율은이인정주준지진찬철태현혁호환훈희"
LATIN_NAMES = {"톰": "Tom", "메리": "Mary", "존": "John"}
LATIN_NAME_SHARE = 0.3  # how often one of these changes: they are in thousands of pairs
NOT_NAMES = ("경주", "나주", "보성", "상주", "성주", "소주", "수원", "영주", "진주")  # towns, and a drink
SURNAME_SHARE = 0.2
LONGER_SHARE = 0.4  # numbers of one digit that become longer ones: 1200 kg is rare, 5 kg is not
TYPED_IN_LATIN_SHARE = 0.15  # names that the Korean side, too, has in Latin letters

_INITIALS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_VOWELS = ("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu",
           "eu", "ui", "i")
_FINALS = ("", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t",
           "ng", "t", "t", "k", "t", "p", "t")

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_KOREAN_MONTH = re.compile(r"(?<![\d.,:])(1[0-2]|[1-9])월")
_TEN_THOUSANDS = re.compile(r"(?<![\d.,])([2-9]|\d\d)만(?! ?[\d일이삼사오육칠팔구천백십])")
_LATIN_WORD = re.compile(r"(?<![A-Za-z0-9À-ÿ])(?:[A-Z][a-z]{2,}|[A-Z]{2,})(?![A-Za-z0-9À-ÿ])")
_ONSETS = ("b", "br", "c", "ch", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w",
           "z")
_LATIN_FINALS = ("n", "l", "m", "ng", "ck")  # read with a final consonant in Korean, too
_GIVEN_NAME = re.compile(rf"(?<![가-힣])(?!{'|'.join(NOT_NAMES)})"
                         rf"(?:[{FIRST_SYLLABLES}][{LAST_SYLLABLES}]|{'|'.join(LATIN_NAMES)})")


def has_substitutes(korean: str) -> bool:
    """False for most sentences: nothing in them can be exchanged, and the English side need not be looked at."""
    return any(pattern.search(korean) for pattern in (_NUMBER, _GIVEN_NAME, _LATIN_WORD))


def shares_number(korean: str, english: str) -> bool:
    """True if a number stands in both sentences."""
    return not set(_NUMBER.findall(korean)).isdisjoint(_NUMBER.findall(english))


def substituted(korean: str, english: str, rng: random.Random) -> tuple[str, str]:
    """The pair with other numbers, another month, names and Latin words; unchanged if the sides share none."""
    korean, english = _other_latin_words(korean, english, rng)
    korean, english = _other_name(korean, english, rng)
    korean, english = _other_numbers(korean, english, rng)
    korean, english = _other_ten_thousands(korean, english, rng)
    return _other_month(korean, english, rng)


def romanized(name: str) -> str:
    """A Korean name in Latin letters, each syllable for itself: 수빈 is Subin, 하윤 Hayun."""
    return "".join(_romanized_syllable(syllable) for syllable in name).capitalize()


def _romanized_syllable(syllable: str) -> str:
    index = ord(syllable) - ord("가")
    return _INITIALS[index // 588] + _VOWELS[index % 588 // 28] + _FINALS[index % 28]


def _ends_in_consonant(name: str) -> bool:
    return (ord(name[-1]) - ord("가")) % 28 != 0


def _shared(pattern: re.Pattern[str], korean: str, english: str) -> list[str]:
    """What a pattern finds equally often on both sides, but for what follows "a" or "an": another might not fit."""
    ours, theirs = Counter(pattern.findall(korean)), Counter(pattern.findall(english))
    return sorted(found for found, times in ours.items()
                  if times == theirs[found] and not re.search(rf"\b[Aa]n? {re.escape(found)}", english))


def _replace(pattern: re.Pattern[str], text: str, new: dict[str, str]) -> str:
    """All that the pattern finds exchanged at once."""
    return pattern.sub(lambda match: new.get(match.group(), match.group()), text)


def _other_name(korean: str, english: str, rng: random.Random) -> tuple[str, str]:
    for name in _GIVEN_NAME.findall(korean):
        ours = re.compile(rf"(?<![가-힣]){name}")
        theirs = re.compile(rf"\b{LATIN_NAMES.get(name) or romanized(name)}\b")
        if len(ours.findall(korean)) == len(theirs.findall(english)):
            break
    else:
        return korean, english
    if name in LATIN_NAMES and rng.random() > LATIN_NAME_SHARE:
        return korean, english
    new, new_latin = _random_name(rng, _ends_in_consonant(name))
    return ours.sub(new, korean), theirs.sub(new_latin, english)


def _random_name(rng: random.Random, ends_in_consonant: bool) -> tuple[str, str]:
    """A name that takes the same particles (은 or 는, 이 or 가), now and then with a surname or in Latin letters."""
    if rng.random() < TYPED_IN_LATIN_SHARE:
        word = _random_latin_word(rng, ends_in_consonant)
        return word, word
    given = rng.choice(FIRST_SYLLABLES) + rng.choice([s for s in LAST_SYLLABLES
                                                      if _ends_in_consonant(s) == ends_in_consonant])
    if rng.random() < SURNAME_SHARE:
        surname = rng.choice(list(SURNAMES))
        return surname + given, f"{SURNAMES[surname]} {romanized(given)}"
    return given, romanized(given)


def _other_latin_words(korean: str, english: str, rng: random.Random) -> tuple[str, str]:
    new = {word: _like_latin_word(word, korean, rng) for word in _shared(_LATIN_WORD, korean, english)}
    return _replace(_LATIN_WORD, korean, new), _replace(_LATIN_WORD, english, new)


def _like_latin_word(word: str, korean: str, rng: random.Random) -> str:
    """Other capitals, or another word that takes the same Korean particle."""
    if word.isupper():
        return "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=len(word)))
    return _random_latin_word(rng, bool(re.search(rf"{word}(?:은|을|과|이(?!다))", korean)))


def _random_latin_word(rng: random.Random, ends_in_consonant: bool) -> str:
    """A word that looks like the name of a person, place or firm anywhere: Marton, Velisa."""
    syllables = (rng.choice(_ONSETS) + rng.choice("aeiou") for _ in range(rng.choice((2, 2, 3))))
    return ("".join(syllables) + (rng.choice(_LATIN_FINALS) if ends_in_consonant else "")).capitalize()


def _other_numbers(korean: str, english: str, rng: random.Random) -> tuple[str, str]:
    new = {number: _like_number(number, korean, rng) for number in _shared(_NUMBER, korean, english)
           if not _is_tied(number, korean, english)}
    return _replace(_NUMBER, korean, new), _replace(_NUMBER, english, new)


def _is_tied(number: str, korean: str, english: str) -> bool:
    """True for 1, which has a singular, months, thousands in words (5천), ordinals (5th) and decades (1990s)."""
    return (number == "1" or re.search(rf"(?<!\d){number}(?:월|[천백만억])", korean) is not None
            or re.search(rf"(?<!\d){number}(?:st|nd|rd|th|'?s)\b", english) is not None)


def _like_number(number: str, korean: str, rng: random.Random) -> str:
    """A number like another: the same separators; a plain one of any length up to five digits; half of them round."""
    if len(number) == 4 and f"{number}년" in korean:
        return str(rng.randint(1900, 2030))
    pattern = number
    if number.isdigit() and number[0] != "0" and (len(number) > 1 or rng.random() < LONGER_SHARE):
        pattern = "9" * rng.choice((2, 3, 3, 4, 4, 5))
    n_digits = sum(c.isdigit() for c in pattern)
    n_free = rng.randint(1, n_digits) if rng.random() < 0.5 else n_digits
    digits = [rng.choice("0123456789") for _ in range(n_free)] + ["0"] * (n_digits - n_free)
    digits[0] = "0" if pattern[0] == "0" else rng.choice("23456789" if n_digits == 1 else "123456789")
    return _fill(pattern, digits)


def _fill(pattern: str, digits: Iterable[str]) -> str:
    """The pattern with its digits exchanged for others."""
    following = iter(digits)
    return "".join(next(following) if c.isdigit() else c for c in pattern)


def _other_ten_thousands(korean: str, english: str, rng: random.Random) -> tuple[str, str]:
    """3만 is 30,000: what every price is made of."""
    amounts = _TEN_THOUSANDS.findall(korean)
    if len(amounts) != 1 or english.count(old := f"{int(amounts[0]) * 10_000:,}") != 1:
        return korean, english
    new = rng.randint(2, 99)
    return _TEN_THOUSANDS.sub(f"{new}만", korean), english.replace(old, f"{new * 10_000:,}")


def _other_month(korean: str, english: str, rng: random.Random) -> tuple[str, str]:
    months = _KOREAN_MONTH.findall(korean)
    if len(months) != 1:
        return korean, english
    old = re.compile(rf"\b{MONTHS[int(months[0]) - 1]}\b")
    if len(old.findall(english)) != 1:
        return korean, english
    new = rng.randrange(12)
    return _KOREAN_MONTH.sub(f"{new + 1}월", korean), old.sub(MONTHS[new], english)
