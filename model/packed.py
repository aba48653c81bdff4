"""A tokenised corpus in one file.

It is a numpy archive with everything that training needs, the tokenizer included, so that it can be carried to
another machine by itself.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.config import TrainingConfig
from model.corpus import Pair, PairSet, collect_pairs, find_files
from model.errors import CorpusError
from model.files import sha256, write_atomically
from model.tokenizer import Tokenizer, train_tokenizer

FORMAT = 1
TOKENIZER_SENTENCES = 600_000


@dataclass(frozen=True, eq=False)
class IdStore:
    """Many sequences of token ids in one array."""

    flat: np.ndarray  # uint16
    ends: np.ndarray  # int64, one a sequence

    @classmethod
    def of(cls, sequences: Iterable[Sequence[int]]) -> IdStore:
        sequences = list(sequences)
        flat = np.fromiter((i for s in sequences for i in s), dtype=np.uint16)
        return cls(flat, np.cumsum([len(s) for s in sequences], dtype=np.int64))

    def __getitem__(self, index: int) -> np.ndarray:
        return self.flat[(self.ends[index - 1] if index else 0) : self.ends[index]]


@dataclass(frozen=True, eq=False)
class TextStore:
    """Many texts in one array of UTF-8 bytes."""

    flat: np.ndarray  # uint8
    ends: np.ndarray  # int64

    @classmethod
    def of(cls, texts: Iterable[str]) -> TextStore:
        encoded = [text.encode() for text in texts]
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8),
                   np.cumsum([len(e) for e in encoded], dtype=np.int64))

    def __getitem__(self, index: int) -> str:
        return self.flat[(self.ends[index - 1] if index else 0) : self.ends[index]].tobytes().decode()


@dataclass(frozen=True, eq=False)
class PackedCorpus:
    """A tokenised corpus in memory."""

    tokenizer: Tokenizer
    source_texts: TextStore
    source_ids: IdStore
    target_ids: IdStore
    weights: np.ndarray
    dev: dict[str, list[Pair]]
    counts: dict[str, int]

    def __len__(self) -> int:
        return len(self.weights)


def prepare_corpus(folders: Sequence[Path], config: TrainingConfig, file: Path, *, tokenizer: Tokenizer | None = None,
                   n_threads: int = 2) -> PackedCorpus:
    """Collect, filter and tokenise the pairs, write them to `file`, and return them.

    Parameters
    ----------
    tokenizer : Tokenizer, optional
        Whose pieces to use; one is trained on the pairs if it is not given.
    n_threads : int
        For training the tokenizer.
    """
    pairs = collect_pairs(folders, config)
    given, tokenizer = tokenizer, tokenizer or _train_tokenizer(pairs, config, n_threads)
    sources = tokenizer.ids([korean for korean, _ in pairs.train])
    targets = tokenizer.ids([english for _, english in pairs.train])
    fits = [i for i, (s, t) in enumerate(zip(sources, targets, strict=True))
            if len(s) < config.max_tokens and len(t) < config.max_tokens]
    corpus = PackedCorpus(
        tokenizer, TextStore.of(pairs.train[i][0] for i in fits), IdStore.of(sources[i] for i in fits),
        IdStore.of(targets[i] for i in fits), pairs.weights[fits], pairs.dev, pairs.counts,
    )
    _write_corpus(corpus, file, fingerprint(folders, config, given))
    return corpus


def _train_tokenizer(pairs: PairSet, config: TrainingConfig, n_threads: int) -> Tokenizer:
    everyday = [pair for pair, weight in zip(pairs.train, pairs.weights, strict=True) if weight >= 0.5] or pairs.train
    sample = random.Random(config.seed).sample(everyday, min(len(everyday), TOKENIZER_SENTENCES // 2))
    return Tokenizer(train_tokenizer((side for pair in sample for side in pair), config.vocab_size,
                                     n_threads=n_threads))


def fingerprint(folders: Sequence[Path], config: TrainingConfig, tokenizer: Tokenizer | None = None) -> str:
    """Changes whenever the corpus file has to be made anew: with the content of the data files and the options."""
    files = {name: _content_mark(path) for name, path in find_files(folders).items()}
    relevant = [FORMAT, files, config.sources, config.number_weight, config.dev_sources, config.n_dev,
                config.vocab_size, config.max_tokens]
    if tokenizer is not None:
        relevant.append(hashlib.sha256(tokenizer.model).hexdigest())
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()[:16]


def _content_mark(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error}") from error


def _write_corpus(corpus: PackedCorpus, file: Path, mark: str) -> None:
    about = json.dumps({"fingerprint": mark, "dev": corpus.dev, "counts": corpus.counts}, ensure_ascii=False)

    def write(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            np.savez_compressed(
                stream, about=np.frombuffer(about.encode(), dtype=np.uint8),
                tokenizer=np.frombuffer(corpus.tokenizer.model, dtype=np.uint8), weights=corpus.weights,
                text_flat=corpus.source_texts.flat, text_ends=corpus.source_texts.ends,
                source_flat=corpus.source_ids.flat, source_ends=corpus.source_ids.ends,
                target_flat=corpus.target_ids.flat, target_ends=corpus.target_ids.ends,
            )

    write_atomically(file, write)


def load_corpus(file: Path, mark: str | None = None) -> PackedCorpus | None:
    """Read a corpus file; None if `mark` is given and the file was made from something else.

    Raises
    ------
    CorpusError
        If the file is missing or broken.
    """
    try:
        with np.load(file, allow_pickle=False) as archive:
            about = json.loads(archive["about"].tobytes())
            if mark is not None and about["fingerprint"] != mark:
                return None
            return PackedCorpus(
                Tokenizer(archive["tokenizer"].tobytes()),
                TextStore(archive["text_flat"], archive["text_ends"]),
                IdStore(archive["source_flat"], archive["source_ends"]),
                IdStore(archive["target_flat"], archive["target_ends"]),
                archive["weights"], {name: [(k, e) for k, e in pairs] for name, pairs in about["dev"].items()},
                about["counts"],
            )
    except Exception as error:  # a broken archive raises whatever its bytes lead to
        raise CorpusError(f"{file} is no readable corpus file: {error}. Delete it, it will be made anew") from error
