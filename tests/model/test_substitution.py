from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from model.substitution import MONTHS, has_substitutes, romanized, shares_number, substituted


def groups(pattern: str, text: str) -> tuple[str, ...]:
    match = re.match(pattern, text)
    assert match is not None
    return match.groups()


def variants(korean: str, english: str, n: int = 300) -> set[tuple[str, str]]:
    return {substituted(korean, english, random.Random(seed)) for seed in range(n)}


@pytest.mark.parametrize(("name", "latin"), [
    ("수빈", "Subin"), ("하윤", "Hayun"), ("민서", "Minseo"), ("다은", "Daeun"), ("준호", "Junho"),
    ("영철", "Yeongcheol"), ("혜원", "Hyewon"), ("석", "Seok"), ("은별", "Eunbyeol"), ("빛나", "Bitna"),
])
def test_names_in_latin_letters(name, latin):
    assert romanized(name) == latin


@pytest.mark.parametrize(("korean", "english"), [
    ("나는 책을 읽는다.", "I read a book."),
    ("책이 3권 있다.", "There are three books."),  # no number on both sides
    ("나는 1살이다.", "I am 1 year old."),  # a plural would not fit
    ("그의 21번째 생일이다.", "It is his 21st birthday."),
    ("민수를 보았다.", "I saw him."),
    ("아메리카에 갔다.", "I went to America."),  # 메리 inside a word
    ("5월 5월에 보자.", "See you in May, May."),
    ("3만 5천 원이다.", "It is 35,000 won."),
    ("Anna를 보았다.", "I saw her."),
    ("print 함수", "the print function"),  # a lower-case word may be any word of English
    ("나는 10일 오전 10시 5분에 왔다.", "I came at 10:05 on the 10th."),
    ("6월 10일 오전 10시에 만나자.", "Let's meet at 10:05 on 10."),
    ("5개에 5천 원이다.", "They are 5 for 5,000 won."),
    ("연주가 피아노를 연주했다.", "Yeonju played."),
    ("존은 존경받는다.", "John is respected."),
    ("The를 붙인다.", "The man adds The."),
    ("8kg짜리 가방을 들었다.", "I carried an 8-kilogram bag."),
    ("MRI를 찍었다.", "I had an MRI."),
    ("1990년대에 태어났다.", "Born in the 1990s."),
    ("그는 20대이다.", "He is in his 20s."),
    ("5월에는 아마 바빠.", "Maybe we are busy then."),
    ("경주 박물관에 갔다.", "I went to the Gyeongju museum."),
    ("", ""),
])
def test_what_is_not_alike_on_both_sides_stays(korean, english):
    assert variants(korean, english, 100) == {(korean, english)}


def test_a_number_becomes_the_same_other_number_on_both_sides():
    found = variants("몸무게가 1200kg가 된 코끼리", "an elephant of 1200 kg")
    numbers = set()
    for korean, english in found:
        number = groups(r"몸무게가 (\d+)kg가 된 코끼리$", korean)[0]
        assert english == f"an elephant of {number} kg"
        assert number[0] != "0"
        numbers.add(number)
    assert len(found) > 200
    assert {len(number) for number in numbers} == {2, 3, 4, 5}
    assert sum(number.endswith("00") for number in numbers) > 20


def test_the_form_of_a_number_stays():
    found = variants("1,200원과 3.5점과 4시", "1,200 won, 3.5 points and 4")
    assert len(found) > 200
    for korean, english in found:
        parts = groups(r"(\d,\d{3})원과 (\d\.\d)점과 (\d+)시$", korean)
        assert english == "{} won, {} points and {}".format(*parts)


def test_numbers_are_exchanged_all_at_once():
    found = variants("3점 대 2점으로 이기고 2점 대 3점으로 졌다", "won 3 to 2 and lost 2 to 3")
    assert len(found) > 40
    for korean, english in found:
        a, b = groups(r"(\d+)점 대 (\d+)", korean)
        assert korean == f"{a}점 대 {b}점으로 이기고 {b}점 대 {a}점으로 졌다"
        assert english == f"won {a} to {b} and lost {b} to {a}"


def test_a_leading_zero_stays():
    found = variants("전화번호는 010-1234-5678이에요.", "The number is 010-1234-5678.")
    assert len(found) > 200
    for korean, english in found:
        number = groups(r"전화번호는 (0\d\d-\d+-\d+)이에요", korean)[0]
        assert english == f"The number is {number}."


def test_a_year_becomes_a_year():
    years = {int(groups(r"(\d+)", korean)[0]) for korean, _ in variants("2013년에 태어났다.", "Born in 2013.")}
    assert min(years) >= 1900 and max(years) <= 2030 and len(years) > 50


def test_a_month_becomes_the_same_month_on_both_sides():
    found = variants("11월 23일에 만나자.", "Let's meet on November 23.")
    months = Counter()
    for korean, english in found:
        month, day = groups(r"(\d+)월 (\d+)일에 만나자\.$", korean)
        assert english == f"Let's meet on {MONTHS[int(month) - 1]} {day}."
        months[month] += 1
    assert len(months) == 12


def test_ten_thousands_become_the_same_amount_on_both_sides():
    found = variants("이건 3만 원이에요.", "This is 30,000 won.")
    assert len(found) > 50
    for korean, english in found:
        amount = int(groups(r"이건 (\d+)만", korean)[0]) * 10_000
        assert english == f"This is {amount:,} won."


@pytest.mark.parametrize(("name", "latin", "particle"), [("민수", "Minsu", "는"), ("수빈", "Subin", "은"),
                                                         ("톰", "Tom", "은"), ("메리", "Mary", "는")])
def test_a_name_becomes_another_that_takes_the_same_particle(name, latin, particle):
    found = variants(f"{name}{particle} 학교에 갔다.", f"{latin} went to school.") - {
        (f"{name}{particle} 학교에 갔다.", f"{latin} went to school.")}
    in_latin = {pair for pair in found if pair[0][0].isascii()}
    assert 0.05 * len(found) < len(in_latin) < 0.3 * len(found)
    found -= in_latin
    assert len(found) > 50
    surnames = 0
    for korean, english in found:
        new = korean.removesuffix(f"{particle} 학교에 갔다.")
        given = new[-2:]
        assert ((ord(given[-1]) - ord("가")) % 28 != 0) == (particle == "은")
        assert english.endswith(f"{romanized(given)} went to school.")
        surnames += len(new) == 3
    assert 0.1 * len(found) < surnames < 0.35 * len(found)


def test_a_name_changes_wherever_it_stands():
    found = variants("지훈이가 지훈의 가방을 들었다.", "Jihun picked up Jihun's bag.")
    assert len(found) > 200
    for korean, english in found:
        if korean[0].isascii():
            continue
        name = korean.split("이가")[0]
        assert korean == f"{name}이가 {name}의 가방을 들었다."
        new = english.removesuffix(" bag.").split("picked up ")[1].removesuffix("'s")
        assert english == f"{new} picked up {new}'s bag."


def test_a_latin_word_becomes_another_of_its_kind_on_both_sides():
    found = variants("Marco는 Berlin에서 USB를 샀다.", "Marco bought the USB in Berlin.")
    assert len(found) > 290
    for korean, english in found:
        name, city, thing = groups(r"([A-Z][a-z]+)는 ([A-Z][a-z]+)에서 ([A-Z]{3})를 샀다\.$", korean)
        assert english == f"{name} bought the {thing} in {city}."
        assert name[-1] in "aeiou"


@pytest.mark.parametrize(("particle", "finals"), [("은", "nlmgk"), ("는", "aeiou")])
def test_a_latin_word_becomes_another_that_takes_the_same_particle(particle, finals):
    for korean, _ in variants(f"Peter{particle} 왔다.", "Peter came.", 100):
        assert groups(rf"([A-Za-z]+){particle} 왔다", korean)[0][-1] in finals


def test_a_name_may_be_typed_in_latin_letters():
    latin = {pair for pair in variants("톰이 왔다.", "Tom came.", 600) if pair[0][0].isascii()}
    assert len(latin) > 10
    for korean, english in latin:
        assert english == f"{korean.removesuffix('이 왔다.')} came."


def test_most_latin_names_stay():
    stay = sum(substituted("톰이 왔다.", "Tom came.", random.Random(seed))[0] == "톰이 왔다." for seed in range(1000))
    assert 630 < stay < 770


def test_what_needs_no_look_at_the_other_side():
    assert not has_substitutes("나는 책을 읽는다.")
    assert has_substitutes("책이 3권 있다.") and has_substitutes("톰이 왔다.") and has_substitutes("수빈아, 안녕")
    assert has_substitutes("Anna를 보았다.")


def test_whether_a_number_stands_in_both_sentences():
    assert shares_number("3마리와 12명", "12 people and three dogs")
    assert not shares_number("3마리", "13 dogs") and not shares_number("개", "3 dogs")
