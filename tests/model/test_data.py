"""The pairs written for this project are well formed, listed, and none is a sentence that judges the model."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from model.card import SOURCES
from model.corpus import could_be_translation, find_files, match_key, read_pairs
from model.train import OWN_DATA, read_training_config

UNSEEN = Path(__file__).parents[1] / "data"
OWN_FILES = find_files([OWN_DATA])
# In letters. A shorter sentence is so common that anyone may have written it.
SHORTEST_MATCH = 8
WITHOUT_TEMPLATES = ("authored-endings", "authored-amounts", "authored-situations", "authored-words")


def n_grams(text: str, n: int = 5) -> set[str]:
    """All runs of n letters, spaces and punctuation left out."""
    letters = match_key(text)
    return {letters[start : start + n] for start in range(len(letters) - n + 1)}


def share(part: set[str], whole: set[str]) -> float:
    return len(part & whole) / max(len(part), 1)


@pytest.mark.parametrize("name", OWN_FILES)
def test_every_pair_of_an_own_file_could_be_a_translation(name: str) -> None:
    assert [pair for pair in read_pairs(OWN_FILES[name]) if not could_be_translation(*pair)] == []


@pytest.mark.parametrize("name", OWN_FILES)
def test_every_own_file_is_listed_with_its_licence(name: str) -> None:
    with SOURCES.open(encoding="utf-8") as file:
        licences = {row["file"]: row["licence"] for row in csv.DictReader(file)}

    assert licences[name].startswith("CC0")


@pytest.mark.parametrize("config", ["base", "small", "lstm", "lstm-bidirectional", "no-look-ahead-mask"])
def test_what_has_no_templates_is_repeated_as_often_as_the_other_short_talk(config: str) -> None:
    weights = dict(read_training_config(config, []).sources)

    assert {weights[name] for name in WITHOUT_TEMPLATES} == {weights["authored-everyday"]}


def test_no_korean_side_occurs_twice_where_there_are_no_templates() -> None:
    keys = [match_key(korean) for name in WITHOUT_TEMPLATES for korean, _ in read_pairs(OWN_FILES[name])]

    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("unseen", ["everyday-100", "elephant"])
@pytest.mark.parametrize("name", WITHOUT_TEMPLATES)
def test_no_sentence_is_near_one_that_judges_the_model(name: str, unseen: str) -> None:
    judging = [n_grams(korean) for korean, _ in read_pairs(UNSEEN / f"{unseen}.tsv")]
    ours = [(korean, n_grams(korean)) for korean, _ in read_pairs(OWN_FILES[name])]

    assert [korean for korean, grams in ours if any(share(theirs, grams) > 0.6 for theirs in judging)] == []


@pytest.mark.parametrize("unseen", ["everyday-100", "elephant"])
@pytest.mark.parametrize("name", OWN_FILES)
def test_no_sentence_that_judges_the_model_is_trained_on(name: str, unseen: str) -> None:
    judging = {key for korean, _ in read_pairs(UNSEEN / f"{unseen}.tsv")
               if len(key := match_key(korean)) >= SHORTEST_MATCH}

    assert [korean for korean, _ in read_pairs(OWN_FILES[name]) if match_key(korean) in judging] == []
