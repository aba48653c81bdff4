from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from model.corpus import collect_pairs
from model.errors import CorpusError
from model.packed import IdStore, TextStore, fingerprint, load_corpus, prepare_corpus
from tests.checkpoints import tiny_config, write_corpus_folder


def test_sequences_come_back_from_one_array():
    sequences = [[5, 6, 7], [], [65_535], [8, 9]]
    store = IdStore.of(sequences)
    assert [store[i].tolist() for i in range(4)] == sequences
    assert store.flat.dtype == np.uint16


def test_texts_come_back_from_one_array():
    texts = ["나는 가요", "", "🙂 abc", "물"]
    store = TextStore.of(texts)
    assert [store[i] for i in range(4)] == texts


def test_the_file_holds_what_was_made(packed, packed_file):
    loaded = load_corpus(packed_file)
    assert loaded is not None and len(loaded) == len(packed) > 900
    assert loaded.tokenizer.model == packed.tokenizer.model
    assert loaded.dev == packed.dev and loaded.counts == packed.counts
    assert np.array_equal(loaded.weights, packed.weights)
    for index in (0, 1, len(packed) - 1):
        assert loaded.source_texts[index] == packed.source_texts[index]
        assert np.array_equal(loaded.source_ids[index], packed.source_ids[index])
        assert np.array_equal(loaded.target_ids[index], packed.target_ids[index])


def test_it_holds_the_pairs_of_the_files_in_order(packed, packed_file):
    pairs = collect_pairs([packed_file.parent / "texts"], tiny_config()).train
    assert len(pairs) == len(packed)
    for index, (korean, english) in enumerate(pairs):
        assert packed.source_texts[index] == korean
        assert packed.tokenizer.text(packed.source_ids[index].tolist()) == korean
        assert packed.tokenizer.text(packed.target_ids[index].tolist()) == " ".join(english.split())


def test_pairs_that_are_too_long_are_left_out(packed, tmp_path):
    folder = write_corpus_folder(tmp_path / "texts", 400)
    short = prepare_corpus([folder], replace(tiny_config(), max_tokens=12), tmp_path / "c.npz",
                           tokenizer=packed.tokenizer)
    assert 0 < len(short) < 400
    longest = max(len(ids[index]) for ids in (short.source_ids, short.target_ids) for index in range(len(short)))
    assert longest < 12  # with the end token: 12
    assert len(short.weights) == len(short.source_ids.ends) == len(short.target_ids.ends) == len(short)


def test_a_given_tokenizer_is_used(packed, tmp_path):
    folder = write_corpus_folder(tmp_path / "texts", 50)
    corpus = prepare_corpus([folder], tiny_config(), tmp_path / "c.npz", tokenizer=packed.tokenizer)
    assert corpus.tokenizer.model == packed.tokenizer.model
    mark = fingerprint([folder], tiny_config(), packed.tokenizer)
    assert load_corpus(tmp_path / "c.npz", mark) is not None
    assert load_corpus(tmp_path / "c.npz", fingerprint([folder], tiny_config())) is None


def test_the_fingerprint_changes_with_what_goes_into_the_file(tmp_path):
    folder, config = write_corpus_folder(tmp_path, 30), tiny_config()
    mark = fingerprint([folder], config)
    assert fingerprint([folder], config) == mark
    for changed in (replace(config, sources=(("*", 2.0),)), replace(config, number_weight=2.0),
                    replace(config, n_dev=3), replace(config, dev_sources=("x",)), replace(config, max_tokens=50)):
        assert fingerprint([folder], changed) != mark
    assert fingerprint([folder], replace(config, learning_rate=0.5)) == mark
    (folder / "test-x.tsv").write_text("물\twater\n", encoding="utf-8")
    assert fingerprint([folder], config) != mark


def test_the_fingerprint_changes_with_a_letter_and_not_with_the_place_or_the_time(tmp_path):
    here, there = write_corpus_folder(tmp_path / "here", 30), write_corpus_folder(tmp_path / "there", 30)
    mark = fingerprint([here], tiny_config())
    os.utime(there / "authored-daily.tsv", (1, 1))
    assert fingerprint([there], tiny_config()) == mark
    text = (there / "authored-daily.tsv").read_text(encoding="utf-8")
    (there / "authored-daily.tsv").write_text(text.replace("a", "b", 1), encoding="utf-8")  # of the same size
    assert fingerprint([there], tiny_config()) != mark


def test_a_file_that_cannot_be_read_has_no_fingerprint(tmp_path):
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(CorpusError, match="cannot be read"):
        fingerprint([tmp_path], tiny_config())


def test_a_file_of_something_else_is_not_taken(packed_file):
    assert load_corpus(packed_file, "0" * 16) is None


@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "text", "array", "missing"])
def test_a_broken_file_is_a_corpus_error(packed_file, tmp_path, damage):
    content = bytearray(packed_file.read_bytes())
    file = tmp_path / "corpus.npz"
    if damage == "empty":
        file.write_bytes(b"")
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        for place in range(200, len(content), len(content) // 40):
            content[place] ^= 0xFF
        file.write_bytes(content)
    elif damage == "text":
        file.write_text("no corpus", encoding="utf-8")
    elif damage == "array":
        with file.open("wb") as stream:
            np.save(stream, np.zeros(3))
    with pytest.raises(CorpusError, match="is no readable corpus file"):
        load_corpus(file)


def test_a_pickle_in_its_place_is_not_run(tmp_path):
    file = tmp_path / "corpus.npz"
    np.savez(file, about=np.array([{"a": 1}], dtype=object))
    with pytest.raises(CorpusError):
        load_corpus(file)
