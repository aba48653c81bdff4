from __future__ import annotations

import gzip
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.corpus import (
    DEV_EVERYDAY,
    collect_pairs,
    could_be_translation,
    find_files,
    held_out,
    is_test_name,
    match_key,
    read_pairs,
    weight_of,
)
from model.errors import CorpusError
from tests.checkpoints import tiny_config

EVERYTHING = replace(tiny_config(), sources=(("*", 1.0),), dev_sources=(), n_dev=0)


def write(folder: Path, name: str, *pairs: tuple[str, str]) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{korean}\t{english}\n" for korean, english in pairs)
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())
    return file


def many(n: int, word: str = "사과") -> list[tuple[str, str]]:
    return [(f"나는 {word} {number}개를 샀어요.", f"I bought {number} apples, {word.encode().hex()}.")
            for number in range(n)]


# ---- reading

def test_plain_and_gzipped_files_hold_the_same(tmp_path):
    pairs = [("나는 가요.", "I go."), ("물", "water")]
    assert read_pairs(write(tmp_path, "a.tsv", *pairs)) == read_pairs(write(tmp_path, "b.tsv.gz", *pairs)) == pairs


def test_text_comes_out_composed_and_without_blanks_around_it(tmp_path):
    file = tmp_path / "a.tsv"
    file.write_bytes(f"\ufeff {unicodedata.normalize('NFD', '한글')} \t Hangul \r\n\n   \n물\twater".encode())
    assert read_pairs(file) == [("한글", "Hangul"), ("물", "water")]


def test_a_line_without_tab_is_named(tmp_path):
    file = tmp_path / "a.tsv"
    file.write_text("물\twater\n\n나는 가요 I go\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"a\.tsv line 3 has no TAB"):
        read_pairs(file)


@pytest.mark.parametrize("content", [b"no gzip at all", gzip.compress("물\twater\n".encode() * 900)[:-20],
                                     gzip.compress(b"\xff\xfe\t\xff\n"), b"\x1f\x8b\x08\x00" + b"\x00" * 40])
def test_a_broken_gz_is_a_corpus_error(tmp_path, content):
    (tmp_path / "a.tsv.gz").write_bytes(content)
    with pytest.raises(CorpusError, match=r"a\.tsv\.gz cannot be read"):
        read_pairs(tmp_path / "a.tsv.gz")


def test_a_damaged_gz_is_a_corpus_error(tmp_path):
    content = bytearray(gzip.compress("".join(f"물 {i}\twater {i * i}\n" for i in range(900)).encode()))
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "a.tsv.gz").write_bytes(content)
    with pytest.raises(CorpusError):
        read_pairs(tmp_path / "a.tsv.gz")


@pytest.mark.parametrize("name", ["missing.tsv", "folder.tsv"])
def test_what_is_no_file_is_a_corpus_error(tmp_path, name):
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(CorpusError, match="cannot be read"):
        read_pairs(tmp_path / name)


def test_files_are_found_below_a_folder_and_the_first_of_a_name_counts(tmp_path):
    write(tmp_path, "one/deep/a.tsv")
    write(tmp_path, "one/b.tsv.gz")
    write(tmp_path, "two/a.tsv.gz")
    write(tmp_path, "two/notes.tsv.bak")
    files = find_files([tmp_path / "one", tmp_path / "two"])
    assert files == {"a": tmp_path / "one/deep/a.tsv", "b": tmp_path / "one/b.tsv.gz"}


@pytest.mark.parametrize("name", ["a", "test-a"])
@pytest.mark.parametrize("second", ["one/deep/{}.tsv", "one/{}.tsv.gz"])
def test_different_files_of_one_name_below_one_folder_are_a_corpus_error(tmp_path, name, second):
    write(tmp_path, f"one/{name}.tsv", ("물", "water"))
    write(tmp_path, second.format(name), ("불", "fire"))
    with pytest.raises(CorpusError, match="are different files of one name"):
        find_files([tmp_path / "one"])


def test_different_test_files_of_one_name_are_a_corpus_error_wherever_they_are(tmp_path):
    write(tmp_path, "one/test-a.tsv", ("물", "water"))
    write(tmp_path, "two/test-a.tsv", ("불", "fire"))
    with pytest.raises(CorpusError, match=r"one/test-a\.tsv and .*two/test-a\.tsv are different files of one name"):
        find_files([tmp_path / "one", tmp_path / "two"])


def test_copies_of_a_file_are_no_error(tmp_path):
    first = write(tmp_path, "one/test-a.tsv", ("물", "water"))
    write(tmp_path, "one/deep/test-a.tsv", ("물", "water"))
    write(tmp_path, "two/test-a.tsv", ("물", "water"))
    assert set(find_files([tmp_path / "one", tmp_path / "one", tmp_path / "two"])) == {"test-a"}
    assert first.exists()


def test_a_folder_that_is_not_there_is_a_corpus_error(tmp_path):
    with pytest.raises(CorpusError, match="is no folder"):
        find_files([tmp_path / "nowhere"])


# ---- the filter

@pytest.mark.parametrize(("korean", "english", "kept"), [
    ("나는 강사입니다.", "I am an instructor.", True),
    ("네", "Yes, I do.", True),
    ("ㅋㅋㅋ", "Haha", True),
    ("Hello", "Hello", False),
    ("나는 강사입니다.", "나는 강사입니다.", False),
    ("나는 강사입니다.", "I am 강사.", False),
    ("나는 강사입니다.", "", False),
    ("", "I am an instructor.", False),
    ("나는 강사입니다.", "123 !!", False),
    ("나는 강사입니다.", "私は講師です", False),
    ("나는 오늘 학교에 갔다가 집에 와서 밥을 먹었어요.", "I ate.", False),
    ("나는 간다고요.", "I go " * 20, False),
    ("물", "x" * 17, False),
    ("물", "x" * 16, True),
])
def test_what_cannot_be_a_translation_is_dropped(korean, english, kept):
    assert could_be_translation(korean, english) is kept


def test_key_ignores_spaces_punctuation_and_case():
    assert match_key("Dr. Kim, ok?") == match_key("dr kim OK!") == "drkimok"
    assert match_key("나는 강사 입니다.") == match_key("나는강사입니다")


def test_duplicates_are_dropped_across_files(tmp_path):
    write(tmp_path, "a.tsv", ("나는 가요.", "I go."), ("나는 가요", "I go"), ("나는 가요.", "I'm going."))
    write(tmp_path, "b.tsv", ("나는가요!", "I GO"), ("너는 와요.", "You come."))
    pairs = collect_pairs([tmp_path], EVERYTHING)
    assert pairs.train == [("나는 가요.", "I go."), ("나는 가요.", "I'm going."), ("너는 와요.", "You come.")]
    assert pairs.counts == {"a": 2, "b": 1}


# ---- test files

def test_test_files_never_train_and_their_sentences_are_taken_out(tmp_path):
    write(tmp_path, "a.tsv", ("나는 강사 입니다", "I teach people."), ("저는 강사예요.", "I am an instructor here."),
          ("안녕하세요.", "Hello there."), ("물을 주세요.", "Water, please."))
    write(tmp_path, "sub/test-x.tsv", ("나는 강사입니다.", "I am an instructor, here!"), ("안녕!", "Hello there."))
    pairs = collect_pairs([tmp_path], EVERYTHING)
    # Gone: the Korean side of the first, the English side (five words) of the second. Two words may be shared.
    assert pairs.train == [("안녕하세요.", "Hello there."), ("물을 주세요.", "Water, please.")]
    assert "test-x" not in pairs.counts


def test_test_files_count_even_if_no_source_names_them(tmp_path):
    write(tmp_path, "a.tsv", ("물을 주세요.", "Water, please."), ("밥을 주세요.", "Rice, please."))
    write(tmp_path, "test-x.tsv", ("물을 주세요.", "Some water, please."))
    config = replace(EVERYTHING, sources=(("a", 1.0), ("*", 0.0)))
    assert collect_pairs([tmp_path], config).train == [("밥을 주세요.", "Rice, please.")]


def test_dev_files_are_for_validation(tmp_path):
    write(tmp_path, "a.tsv", ("물을 주세요.", "Water, please."))
    write(tmp_path, "test-x-dev.tsv", ("밥을 주세요.", "Rice, please."))
    write(tmp_path, "test-y.tsv", ("차를 주세요.", "Tea, please."))
    pairs = collect_pairs([tmp_path], EVERYTHING)
    assert pairs.dev == {DEV_EVERYDAY: [], "test-x-dev": [("밥을 주세요.", "Rice, please.")]}


@pytest.mark.parametrize(("name", "is_test"), [("test-tatoeba", True), ("test-x-dev", True), ("tests", False),
                                               ("authored-test-x", False)])
def test_names_of_test_files(name, is_test):
    assert is_test_name(name) is is_test


# ---- weights and what is held out

def test_the_first_pattern_that_fits_gives_the_weight(tmp_path):
    sources = (("docs-*-MT", 0.1), ("docs-*", 0.5), ("a*", 2.0))
    assert [weight_of(name, sources) for name in ("docs-x-MT", "docs-x", "abc", "other")] == [0.1, 0.5, 2.0, 0.0]
    write(tmp_path, "docs-x.tsv", ("물을 주세요.", "Water, please."))
    write(tmp_path, "abc.tsv", ("밥을 주세요.", "Rice, please."))
    write(tmp_path, "other.tsv", ("차를 주세요.", "Tea, please."))
    pairs = collect_pairs([tmp_path], replace(EVERYTHING, sources=sources))
    assert dict(zip(pairs.train, pairs.weights.tolist(), strict=True)) == {
        ("밥을 주세요.", "Rice, please."): 2.0, ("물을 주세요.", "Water, please."): 0.5}
    assert pairs.weights.dtype == np.float32


def test_pairs_that_share_a_number_are_repeated_more_often(tmp_path):
    write(tmp_path, "a.tsv", ("사과가 12개 있다.", "There are 12 apples."), ("사과가 2개 있다.", "There are two."))
    pairs = collect_pairs([tmp_path], replace(EVERYTHING, sources=(("a", 0.5),), number_weight=3.0))
    assert [(korean[4], weight) for (korean, _), weight in zip(pairs.train, pairs.weights.tolist(), strict=True)] == [
        ("1", 1.5), ("2", 0.5)]


def test_held_out_pairs_are_always_the_same_and_never_trained(tmp_path):
    write(tmp_path, "authored-a.tsv", *many(300))
    write(tmp_path, "other.tsv", *many(100, "배"))
    config = replace(EVERYTHING, dev_sources=("authored-*",), n_dev=20)
    first, second = collect_pairs([tmp_path], config), collect_pairs([tmp_path], config)
    assert first.dev == second.dev and first.train == second.train
    dev = first.dev[DEV_EVERYDAY]
    assert len(dev) == 20 and len(first.train) == 380
    assert all("사과" in korean for korean, _ in dev)
    assert not {match_key(k) for k, _ in dev} & {match_key(k) for k, _ in first.train}
    assert not {match_key(e) for _, e in dev} & {match_key(e) for _, e in first.train}


def test_held_out_pairs_stay_the_same_when_others_are_added(tmp_path):
    write(tmp_path, "authored-a.tsv", *many(300))
    config = replace(EVERYTHING, dev_sources=("authored-*",), n_dev=20)
    before = collect_pairs([tmp_path], config).dev[DEV_EVERYDAY]
    write(tmp_path, "b.tsv", *many(200, "배"))
    assert collect_pairs([tmp_path], config).dev[DEV_EVERYDAY] == before


def test_other_training_pairs_with_a_held_out_side_go_too(tmp_path):
    write(tmp_path, "authored-a.tsv", *many(300))
    config = replace(EVERYTHING, dev_sources=("authored-*",), n_dev=20)
    korean, english = collect_pairs([tmp_path], config).dev[DEV_EVERYDAY][0]
    write(tmp_path, "b.tsv", (korean, "Something else, really."), ("다른 말이에요.", english),
          ("새 말이에요.", "New words."))
    train = collect_pairs([tmp_path], config).train
    assert ("새 말이에요.", "New words.") in train
    assert korean not in {k for k, _ in train} and english not in {e for _, e in train}


def test_at_most_a_tenth_is_held_out(tmp_path):
    write(tmp_path, "authored-a.tsv", *many(50))
    config = replace(EVERYTHING, dev_sources=("*",), n_dev=1000)
    assert len(collect_pairs([tmp_path], config).dev[DEV_EVERYDAY]) == 5


def test_the_draw_is_even():
    """Hash values of consecutive sentences fill the range evenly: 10,000 of them in ten parts."""
    parts = np.bincount([held_out("a", str(number)) * 10 >> 64 for number in range(10_000)], minlength=10)
    assert len(parts) == 10 and parts.min() > 880 and parts.max() < 1120


@pytest.mark.parametrize("pairs", [[], [("Hello", "Hello")]])
def test_nothing_usable_is_a_corpus_error(tmp_path, pairs):
    write(tmp_path, "a.tsv", *pairs)
    with pytest.raises(CorpusError, match="no usable pairs"):
        collect_pairs([tmp_path], EVERYTHING)
