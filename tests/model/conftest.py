"""What several tests of the model share: one corpus, one weak but real checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from model.packed import PackedCorpus
from model.tokenizer import Tokenizer
from model.translator import Translator
from tests.checkpoints import make_packed, train_tiny


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small products are slower on several threads, and the same on every machine on one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def packed_and_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[PackedCorpus, Path]:
    return make_packed(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def packed(packed_and_file: tuple[PackedCorpus, Path]) -> PackedCorpus:
    return packed_and_file[0]


@pytest.fixture(scope="session")
def packed_file(packed_and_file: tuple[PackedCorpus, Path]) -> Path:
    return packed_and_file[1]


@pytest.fixture(scope="session")
def tokenizer(packed: PackedCorpus) -> Tokenizer:
    return packed.tokenizer


@pytest.fixture(scope="session")
def checkpoint_path(packed: PackedCorpus, tmp_path_factory: pytest.TempPathFactory, one_thread: None) -> Path:
    """Read only: a test that changes it works on a copy."""
    return train_tiny(tmp_path_factory.mktemp("trained") / "run", packed)


@pytest.fixture(scope="session")
def translator(checkpoint_path: Path) -> Translator:
    return Translator.load(checkpoint_path, device="cpu")
