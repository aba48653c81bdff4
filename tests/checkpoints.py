"""A small model that is trained within seconds, and random ones, for tests that need a real network."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from model.config import ModelConfig, TrainingConfig
from model.packed import PackedCorpus, prepare_corpus
from model.train import CONFIGS, OWN_DATA, read_training_config
from model.training import CHECKPOINT, Limits, Trainer
from model.transformer import Transformer

CPU = torch.device("cpu")
SMALL = ModelConfig(vocab_size=60, d_model=24, n_heads=3, d_ff=40, n_encoder_layers=2, n_decoder_layers=3, dropout=0.0,
                    max_positions=40)


def tiny_config() -> TrainingConfig:
    """The configuration "tiny" with a vocabulary that a few sentences suffice for."""
    config = read_training_config(str(CONFIGS / "tiny.json"), ["vocab_size=1200", "n_dev=40"])
    return replace(config, sources=(("authored-daily", 1.0),))


def write_corpus_folder(folder: Path, n_pairs: int = 1200) -> Path:
    """A folder with the first pairs of a data file that comes with the project."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(OWN_DATA / "authored-daily.tsv.gz", "rt", encoding="utf-8") as file:
        (folder / "authored-daily.tsv").write_text("".join(islice(file, n_pairs)), encoding="utf-8")
    return folder


def make_packed(folder: Path) -> tuple[PackedCorpus, Path]:
    """The tokenised corpus of `tiny_config`, in memory and as a file."""
    file = folder / "corpus.npz"
    return prepare_corpus([write_corpus_folder(folder / "texts")], tiny_config(), file, n_threads=1), file


def train_tiny(run: Path, corpus: PackedCorpus, *, steps: int = 120) -> Path:
    """Train a weak but real model; returns the folder of its checkpoint."""
    trainer = Trainer(tiny_config(), corpus, run, Limits(steps=steps), device=CPU)
    assert trainer.train()
    return run / CHECKPOINT


@contextmanager
def disk_for(n_bytes: int) -> Iterator[None]:
    """Within it no file can grow beyond `n_bytes`, as on a full disk. Skips the test where there is no such limit."""
    resource = pytest.importorskip("resource", reason="no limits on the size of files on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def random_model(config: ModelConfig = SMALL, seed: int = 0) -> Transformer:
    """A model in evaluation mode whose biases and norms are random too: a forgotten one would show."""
    torch.manual_seed(seed)
    model = Transformer(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.15 * torch.randn_like(parameter)
    return model
