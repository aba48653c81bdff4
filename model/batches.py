"""Batches of sentence pairs of similar length, endless and repeatable."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from model.config import TrainingConfig
from model.errors import CorpusError
from model.packed import PackedCorpus
from model.substitution import has_substitutes, substituted
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID

POOL_PAIRS = 20_000

Ids = Sequence[int] | np.ndarray
IdPair = tuple[Ids, Ids]


@dataclass(frozen=True, eq=False)
class Batch:
    """Padded sentence pairs, int64.

    Attributes
    ----------
    source : array, shape (B, S), ends with EOS
    decoder_input : array, shape (B, T), begins with BOS
    target : array, shape (B, T), ends with EOS
    n_tokens : int
        Source and target tokens without padding.
    """

    source: np.ndarray
    decoder_input: np.ndarray
    target: np.ndarray
    n_tokens: int


def _round_up(length: int, step: int) -> int:
    return -(-length // step) * step


def make_batch(sources: Sequence[Ids], targets: Sequence[Ids], *, step: int = 1) -> Batch:
    """Pad pairs of ids (without special tokens) to lengths that are multiples of `step`: few shapes."""
    n_source = _round_up(max(len(s) for s in sources) + 1, step)
    n_target = _round_up(max(len(t) for t in targets) + 1, step)
    source = np.full((len(sources), n_source), PAD_ID, dtype=np.int64)
    decoder_input = np.full((len(sources), n_target), PAD_ID, dtype=np.int64)
    target = np.full((len(sources), n_target), PAD_ID, dtype=np.int64)
    for row, (s, t) in enumerate(zip(sources, targets, strict=True)):
        source[row, : len(s)] = s
        source[row, len(s)] = EOS_ID
        decoder_input[row, 0] = BOS_ID
        decoder_input[row, 1 : len(t) + 1] = t
        target[row, : len(t)] = t
        target[row, len(t)] = EOS_ID
    n_tokens = sum(len(s) + len(t) + 2 for s, t in zip(sources, targets, strict=True))
    return Batch(source, decoder_input, target, n_tokens)


def with_typing_noise(text: str, config: TrainingConfig, rng: random.Random) -> str:
    """The sentence as a hurried person may type it: spaces dropped or added, final punctuation dropped."""
    if rng.random() < config.punctuation_noise:
        text = text.rstrip(".!?。 ")
    if rng.random() < config.space_noise:
        kind = rng.random()
        if kind < 0.4:  # all spaces gone
            text = text.replace(" ", "")
        elif kind < 0.7:  # some spaces gone
            text = "".join(c for c in text if c != " " or rng.random() < 0.5)
        else:  # some spaces too many
            text = "".join(c + " " if c != " " and rng.random() < 0.15 else c for c in text).strip()
    return text


def pass_order(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Indices of one pass over the data, shuffled: each pair as often as its weight says, on average."""
    times = np.floor(weights + rng.random(len(weights))).astype(np.int64)
    order = np.repeat(np.arange(len(weights)), times)
    rng.shuffle(order)
    return order


class BatchStream:
    """Endless batches. The n-th pool of pairs depends on the seed and n alone, so training can go on where it was."""

    def __init__(self, corpus: PackedCorpus, config: TrainingConfig, first_pool: int = 0) -> None:
        self._corpus = corpus
        self._config = config
        self._first_pool = first_pool

    def pools(self) -> Iterator[tuple[int, list[tuple[list[Ids], list[Ids]]]]]:
        """Number of each pool and its batches as (sources, targets), in random order."""
        pool, passes = 0, 0
        while True:
            rng = np.random.default_rng((self._config.seed, passes))
            order = pass_order(self._corpus.weights, rng)
            if len(order) == 0:
                raise CorpusError("a pass over the data has no pairs: the weights of all sources are too small")
            for start in range(0, len(order), POOL_PAIRS):
                if pool >= self._first_pool:
                    yield pool, self._batches(order[start : start + POOL_PAIRS], pool)
                pool += 1
            passes += 1

    def _batches(self, indices: np.ndarray, pool: int) -> list[tuple[list[Ids], list[Ids]]]:
        step = self._config.length_step
        pairs = self._noised(indices, pool)
        pairs.sort(key=lambda pair: (_round_up(len(pair[1]) + 1, max(step, 4)), len(pair[0])))
        groups = list(_cut(pairs, batch_tokens(pool, self._config), step))
        random.Random(f"order {self._config.seed}:{pool}").shuffle(groups)
        return [([s for s, _ in group], [t for _, t in group]) for group in groups]

    def _noised(self, indices: np.ndarray, pool: int) -> list[IdPair]:
        """Pairs of ids: some with other numbers and names, some with typing noise or sampled pieces in the source."""
        config, corpus, tokenizer = self._config, self._corpus, self._corpus.tokenizer
        rng = random.Random(f"noise {config.seed}:{pool}")
        korean: dict[int, str] = {}
        english: dict[int, str] = {}
        for place, index in enumerate(indices):
            text = noised = corpus.source_texts[index]
            if has_substitutes(text) and rng.random() < config.substitution:
                target = tokenizer.text(corpus.target_ids[index].tolist())
                changed, other = substituted(text, target, rng)
                if other != target:
                    noised, english[place] = changed, other
            noised = with_typing_noise(noised, config, rng)
            if noised and (noised != text or config.subword_alpha > 0):
                korean[place] = noised
        texts = list(korean.values())
        ids = (tokenizer.sampled_ids(texts, config.subword_alpha, seed=rng.getrandbits(31))
               if config.subword_alpha > 0 else tokenizer.ids(texts))
        sources = dict(zip(korean, ids, strict=True))
        targets = dict(zip(english, tokenizer.ids(list(english.values())), strict=True))
        pairs = []
        for place, index in enumerate(indices):
            pair = (sources.get(place, corpus.source_ids[index]), targets.get(place, corpus.target_ids[index]))
            fits = max(map(len, pair)) < config.max_tokens
            pairs.append(pair if fits else (corpus.source_ids[index], corpus.target_ids[index]))
        return pairs


def batch_tokens(pool: int, config: TrainingConfig) -> int:
    """Tokens in a batch, padding included: grows over the first pools."""
    share = min(1.0, pool / config.batch_growth_pools) if config.batch_growth_pools else 1.0
    return round(config.batch_tokens_start + share * (config.batch_tokens - config.batch_tokens_start))


def _cut(pairs: list[IdPair], limit: int, step: int) -> Iterator[list[IdPair]]:
    """Cut pairs that are sorted by length into groups of at most `limit` tokens when padded."""
    group: list[IdPair] = []
    longest = (0, 0)
    for source, target in pairs:
        own = (_round_up(len(source) + 1, step), _round_up(len(target) + 1, step))
        wider = (max(longest[0], own[0]), max(longest[1], own[1]))
        if group and (len(group) + 1) * sum(wider) > limit:
            yield group
            group, wider = [], own
        group.append((source, target))
        longest = wider
    if group:
        yield group
