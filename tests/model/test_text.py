from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import EmptyTextError, InputError, NothingToTranslateError, TextTooLongError
from model.text import MAX_CHARACTERS, check_text, clean, has_hangul, is_invisible, split_sentences


@pytest.mark.parametrize(("text", "expected"), [
    ("나는 강사입니다.", ["나는 강사입니다."]),
    ("안녕하세요. 저는 학생이에요! 정말요? 네…", ["안녕하세요.", "저는 학생이에요!", "정말요?", "네…"]),
    ("첫 줄\n둘째 줄\r\n셋째 줄", ["첫 줄", "둘째 줄", "셋째 줄"]),
    ("첫 줄\n\n\n  둘째 줄  ", ["첫 줄", "둘째 줄"]),
    ("\"가자.\" 그가 말했다.", ["\"가자.\"", "그가 말했다."]),
    ("(그렇다.) 그래서 갔다.", ["(그렇다.)", "그래서 갔다."]),
    ("3.14는 원주율이다.", ["3.14는 원주율이다."]),
    ("1. 물을 끓인다. 2. 면을 넣는다.", ["1. 물을 끓인다.", "2. 면을 넣는다."]),
    ("Dr. Kim은 의사다. Mr. Lee는 강사다.", ["Dr. Kim은 의사다.", "Mr. Lee는 강사다."]),
    ("www.example.com에 가세요", ["www.example.com에 가세요"]),
    ("정말?! 네.", ["정말?!", "네."]),
    ("네. 🙂", ["네. 🙂"]),
    ("네.\n🙂\n!!", ["네. 🙂 !!"]),
    ("🙂\n네.", ["🙂 네."]),
    ("그래... 가자", ["그래...", "가자"]),
    ("日本語。次の文。 終わり", ["日本語。次の文。", "終わり"]),
    ("첫째\u2028둘째", ["첫째", "둘째"]),
])
def test_sentences(text, expected):
    assert split_sentences(text) == expected


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u3000\u00a0", "\x00\x07", "\u200b\ufeff", "\ud83d"])
def test_blanks_and_what_nobody_sees_are_empty(text):
    with pytest.raises(EmptyTextError) as caught:
        split_sentences(text)
    assert caught.value.reason == "empty"


@pytest.mark.parametrize("text", ["🙂", "👩\u200d👩\u200d👧", "?!", "...", "♥ ♥", "🇰🇷", "٪", "→"])
def test_emoji_and_punctuation_have_nothing_to_translate(text):
    with pytest.raises(NothingToTranslateError) as caught:
        split_sentences(text)
    assert caught.value.reason == "nothing"


def test_ten_thousand_characters_are_too_long_and_the_error_says_by_how_much():
    with pytest.raises(TextTooLongError) as caught:
        check_text("가" * 10_000)
    assert (caught.value.got, caught.value.limit, caught.value.unit) == (10_000, MAX_CHARACTERS, "characters")
    assert caught.value.reason == "too_long"


def test_the_limit_itself_is_allowed():
    check_text("가" * MAX_CHARACTERS)
    with pytest.raises(TextTooLongError):
        check_text("가" * (MAX_CHARACTERS + 1))


def test_right_to_left_text_is_left_as_it_is():
    assert split_sentences("مرحبا بالعالم. שלום עולם") == ["مرحبا بالعالم.", "שלום עולם"]


def test_control_characters_go_and_line_breaks_stay():
    assert clean("가\x00나\u202e다\ud800라\n마\t바") == "가나다라\n마\t바"
    assert not is_invisible("\u200d") and not is_invisible("가") and is_invisible("\u200b")


@pytest.mark.parametrize(("text", "expected"), [("abc 한", True), ("ㅋㅋ", True), ("\u1112\u1161\u11ab", True),
                                                ("漢字 かな abc", False), ("", False)])
def test_hangul_is_found(text, expected):
    assert has_hangul(text) is expected


@settings(max_examples=300, deadline=None)
@given(st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from("가나. !?…\n\r\u2028\"')🙂3A\x00 ")),
               max_size=40))
def test_any_text_is_split_without_loss_or_is_an_input_error(text):
    try:
        sentences = split_sentences(text)
    except InputError:
        assert not any(c.isalnum() for c in text) or len(text) > MAX_CHARACTERS
        return
    assert "".join("".join(sentences).split()) == "".join(clean(text).split())
    for sentence in sentences:
        assert sentence == sentence.strip()
        assert any(c.isalnum() for c in sentence)


@pytest.mark.parametrize("text", [" " * 4_990 + "가", "가" + "\n" * 4_990, ("가" + " " * 50) * 90, "." * 4_900 + "가",
                                  "가. " * 1_600, "\"" * 4_900 + "가"])
def test_long_runs_of_one_character_are_split(text):
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
