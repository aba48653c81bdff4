"""The translator that all visitors share."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import streamlit as st

from model.checkpoint import load_checkpoint, save_checkpoint
from model.config import DecodingConfig, RecurrentConfig
from model.errors import CheckpointError
from model.recurrent import RecurrentModel
from tests.viz.pages.conftest import random_checkpoint  # noqa: F401
from viz import resources


@pytest.fixture(autouse=True)
def no_cache() -> None:
    st.cache_resource.clear()


@pytest.fixture
def served(random_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv(resources.CHECKPOINT_VARIABLE, str(random_checkpoint))


def test_the_environment_names_the_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(resources.CHECKPOINT_VARIABLE, "some/where")
    assert resources.checkpoint_path() == Path("some/where")
    monkeypatch.delenv(resources.CHECKPOINT_VARIABLE)
    assert resources.checkpoint_path() == resources.DEFAULT_CHECKPOINT


def test_a_missing_checkpoint_is_tried_again(
    random_checkpoint: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(resources.CHECKPOINT_VARIABLE, "nowhere")
    with pytest.raises(CheckpointError):
        resources.service()
    monkeypatch.setenv(resources.CHECKPOINT_VARIABLE, str(random_checkpoint))
    assert resources.service().translator.checkpoint.path == random_checkpoint


def test_an_lstm_is_named_as_what_the_pages_cannot_show(
    random_checkpoint: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenizer = load_checkpoint(random_checkpoint).tokenizer
    sizes = RecurrentConfig(vocab_size=tokenizer.vocab_size, d_model=16, n_layers=1)
    save_checkpoint(tmp_path, RecurrentModel(sizes).eval(), tokenizer)
    monkeypatch.setenv(resources.CHECKPOINT_VARIABLE, str(tmp_path))
    with pytest.raises(CheckpointError, match="LSTM"):
        resources.service()


def test_the_model_is_loaded_once_and_a_translation_shared(served: None) -> None:
    assert resources.service() is resources.service()
    assert resources.translate("안녕하세요", DecodingConfig()) is resources.translate("안녕하세요", DecodingConfig())


def test_another_way_of_searching_is_another_translation(served: None) -> None:
    greedy = resources.translate("안녕하세요", DecodingConfig())
    beam = resources.translate("안녕하세요", DecodingConfig(beam_size=2))
    assert greedy.decoding != beam.decoding


def test_visitors_at_the_same_time_get_their_own_sentence(served: None) -> None:
    texts = [f"나는 {number}번 학생이에요" for number in range(12)]
    found: dict[str, str] = {}

    def ask(text: str) -> None:
        found[text] = resources.translate(text, DecodingConfig()).source_text

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {text: text for text in texts}


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("0", None), ("-1", None), ("many", None)])
def test_the_number_of_threads_is_a_setting(monkeypatch: pytest.MonkeyPatch, asked: str, threads: int | None) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    monkeypatch.setenv(resources.THREADS_VARIABLE, asked)
    assert resources._threads() == (threads or 3)
