from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from model import batches as module
from model.batches import BatchStream, batch_tokens, make_batch, pass_order, with_typing_noise
from model.errors import CorpusError
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID
from tests.checkpoints import tiny_config

CONFIG = replace(tiny_config(), space_noise=0.0, punctuation_noise=0.0, substitution=0.0)


def as_lists(groups):
    return [([list(map(int, s)) for s in sources], [list(map(int, t)) for t in targets]) for sources, targets in groups]


@pytest.fixture
def small_pools(monkeypatch):
    """Several pools from the 1,100 pairs of the tests' corpus."""
    monkeypatch.setattr(module, "POOL_PAIRS", 400)


def test_a_batch_by_hand():
    batch = make_batch([[7, 8, 9], [5]], [[4], [6, 6]])
    assert batch.source.tolist() == [[7, 8, 9, EOS_ID], [5, EOS_ID, PAD_ID, PAD_ID]]
    assert batch.decoder_input.tolist() == [[BOS_ID, 4, PAD_ID], [BOS_ID, 6, 6]]
    assert batch.target.tolist() == [[4, EOS_ID, PAD_ID], [6, 6, EOS_ID]]
    assert batch.n_tokens == 4 + 2 + 2 + 3
    assert batch.source.dtype == np.int64


def test_lengths_are_multiples_of_the_step():
    batch = make_batch([[7] * 8], [[4] * 7], step=8)
    assert (batch.source.shape, batch.target.shape, batch.n_tokens) == ((1, 16), (1, 8), 17)


def test_batches_are_the_same_each_time(packed, small_pools):
    config = tiny_config()  # with noise
    first, second = (list(islice(BatchStream(packed, config).pools(), 4)) for _ in range(2))
    assert [(pool, as_lists(groups)) for pool, groups in first] == [(p, as_lists(g)) for p, g in second]
    assert [pool for pool, _ in first] == [0, 1, 2, 3]


@pytest.mark.parametrize("subword_alpha", [0.0, 0.1])
def test_a_stream_can_begin_at_any_pool(packed, small_pools, subword_alpha):
    config = replace(tiny_config(), subword_alpha=subword_alpha)
    whole = list(islice(BatchStream(packed, config).pools(), 6))
    for first in (1, 4):
        rest = list(islice(BatchStream(packed, config, first).pools(), 2))
        assert [p for p, _ in rest] == [first, first + 1]
        assert [as_lists(g) for _, g in rest] == [as_lists(g) for _, g in whole[first : first + 2]]


def test_another_seed_gives_another_order(packed):
    orders = [as_lists(next(BatchStream(packed, replace(CONFIG, seed=seed)).pools())[1]) for seed in (1, 2)]
    assert orders[0] != orders[1]


def test_a_pass_holds_every_pair_once_and_passes_differ(packed):
    pools = islice(BatchStream(packed, CONFIG).pools(), 2)
    passes = [as_lists(groups) for _, groups in pools]
    expected = Counter((tuple(packed.source_ids[i].tolist()), tuple(packed.target_ids[i].tolist()))
                       for i in range(len(packed)))
    for groups in passes:
        got = Counter((tuple(s), tuple(t)) for sources, targets in groups
                      for s, t in zip(sources, targets, strict=True))
        assert got == expected
    assert passes[0] != passes[1]


@pytest.mark.parametrize("step", [1, 8])
def test_no_batch_is_larger_than_the_limit_and_most_are_nearly_full(packed, step):
    config = replace(CONFIG, length_step=step)
    sizes = []
    for sources, targets in next(BatchStream(packed, config).pools())[1]:
        batch = make_batch(sources, targets, step=step)
        sizes.append(batch.source.size + batch.target.size)
    assert max(sizes) <= config.batch_tokens
    assert np.median(sizes) > 0.8 * config.batch_tokens


def test_batches_hold_sentences_of_similar_length(packed):
    """Padding takes less than a fifth; in random order it would take far more."""
    real = padded = 0
    for sources, targets in next(BatchStream(packed, CONFIG).pools())[1]:
        batch = make_batch(sources, targets)
        real, padded = real + batch.n_tokens, padded + batch.source.size + batch.target.size
    assert real / padded > 0.8


def test_batches_grow_over_the_first_pools():
    config = replace(CONFIG, batch_tokens_start=400, batch_tokens=1000, batch_growth_pools=3)
    assert [batch_tokens(pool, config) for pool in range(5)] == [400, 600, 800, 1000, 1000]
    assert batch_tokens(0, replace(CONFIG, batch_growth_pools=0)) == CONFIG.batch_tokens


# ---- mixing weights

def test_each_pair_comes_as_often_as_its_weight_says():
    weights = np.array([3.0] * 1000 + [0.25] * 1000 + [0.0] * 1000 + [1.5] * 1000, dtype=np.float32)
    times = np.bincount(pass_order(weights, np.random.default_rng(0)), minlength=4000).reshape(4, 1000)
    assert set(times[0]) == {3} and set(times[1]) == {0, 1} and set(times[2]) == {0} and set(times[3]) == {1, 2}
    # Four standard deviations of a binomial count with 1000 draws.
    assert abs(times[1].sum() - 250) < 55 and abs(times[3].sum() - 1500) < 64


def test_a_pass_is_shuffled():
    order = pass_order(np.ones(1000), np.random.default_rng(0))
    assert sorted(order) == list(range(1000)) and abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 0.2


def test_weights_that_are_all_nothing_are_a_corpus_error(packed):
    with pytest.raises(CorpusError, match="no pairs"):
        next(BatchStream(replace(packed, weights=np.zeros(len(packed))), CONFIG).pools())


# ---- typing noise

def test_without_noise_a_text_stays():
    text = "나는 강사 입니다."
    assert all(with_typing_noise(text, CONFIG, random.Random(i)) == text for i in range(50))


def test_noise_drops_and_adds_spaces_and_drops_the_last_sign():
    config = replace(CONFIG, space_noise=0.999, punctuation_noise=0.999)
    variants = {with_typing_noise("나는 오늘 강사 입니다.", config, random.Random(i)) for i in range(300)}
    assert "나는오늘강사입니다" in variants
    assert any(v.count(" ") in (1, 2) for v in variants) and any(v.count(" ") > 3 for v in variants)
    assert {v.replace(" ", "") for v in variants} <= {"나는오늘강사입니다", "나는오늘강사입니다."}
    assert not any(v != v.strip() for v in variants)


def test_noise_is_as_frequent_as_the_configuration_says():
    config = replace(CONFIG, space_noise=0.0, punctuation_noise=0.2)
    dropped = sum(with_typing_noise("물.", config, random.Random(i)) == "물" for i in range(2000))
    assert abs(dropped - 400) < 75  # four standard deviations


def test_noise_reaches_the_sources_and_never_the_targets(packed):
    noisy = replace(CONFIG, punctuation_noise=0.9)
    texts = {"source": Counter(), "target": Counter()}
    for sources, targets in next(BatchStream(packed, noisy).pools())[1]:
        for side, sequences in (("source", sources), ("target", targets)):
            texts[side].update(packed.tokenizer.text([int(i) for i in ids]) for ids in sequences)
    clean = Counter(packed.source_texts[i] for i in range(len(packed)))
    assert sum((texts["source"] & clean).values()) < 0.5 * len(packed)
    assert texts["target"] == Counter(packed.tokenizer.text(packed.target_ids[i].tolist()) for i in range(len(packed)))


# ---- substitution

def pairs_of(packed, config):
    decode = packed.tokenizer.text
    return [(decode(list(map(int, source))), decode(list(map(int, target))))
            for sources, targets in next(BatchStream(packed, config).pools())[1]
            for source, target in zip(sources, targets, strict=True)]


def test_substitution_changes_both_sides_of_a_pair(packed):
    clean = set(pairs_of(packed, CONFIG))
    sources, targets = ({pair[side] for pair in clean} for side in (0, 1))
    new = [pair for pair in pairs_of(packed, replace(CONFIG, substitution=0.999)) if pair not in clean]
    assert len(new) >= 20
    assert all(korean not in sources and english not in targets for korean, english in new)


def test_substitution_is_as_frequent_as_the_configuration_says(packed):
    clean = set(pairs_of(packed, CONFIG))
    changed = [sum(pair not in clean for pair in pairs_of(packed, replace(CONFIG, substitution=share)))
               for share in (0.0, 0.3, 0.999)]
    assert changed[0] == 0 and 0.15 * changed[2] < changed[1] < 0.45 * changed[2]


def test_a_pair_that_is_too_long_once_changed_stays_as_it_was(packed):
    too_tight = replace(tiny_config(), space_noise=0.9, punctuation_noise=0.9, substitution=0.999, max_tokens=1)
    assert Counter(pairs_of(packed, too_tight)) == Counter(pairs_of(packed, CONFIG))
