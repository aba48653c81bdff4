from __future__ import annotations

import itertools

import pytest
import torch

from model.config import DecodingConfig, ModelConfig
from model.decoding import (
    PackedDecoder,
    StepDecoder,
    banned_tokens,
    beam_search,
    greedy_search,
    normalised,
    pad_batch,
    target_limit,
)
from model.records import BeamNode, BeamTree
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID
from model.transformer import Transformer, padding_mask
from tests.checkpoints import SMALL, random_model

SOURCES = [[5, 9, 14, 50, 33, 7, EOS_ID], [41, 17, 28, EOS_ID], [8, EOS_ID], [5, 5, 5, 40, 22, EOS_ID]]
TARGETS = torch.tensor([[BOS_ID, 44, 23, 59, 12, 7], [BOS_ID, 31, 8, 4, 19, 20], [BOS_ID, 6, 6, 6, 6, 6],
                        [BOS_ID, 10, 20, 30, 40, 50]])
PIECES = [f"piece{i}" for i in range(SMALL.vocab_size)]


def lively_model(seed: int, config: ModelConfig = SMALL) -> Transformer:
    """A random model that writes many different tokens and ends at some time."""
    model = random_model(config, seed)
    with torch.no_grad():
        model.embedding.weight.mul_(2.0)
        model.embedding.weight[EOS_ID] *= 4.0
    return model


@torch.no_grad()
def teacher_forced(model: Transformer, source: list[int], target: list[int]) -> torch.Tensor:
    """Log probabilities (T, V) for each token of a target, by one pass."""
    states = model(torch.tensor([source]), torch.tensor([[BOS_ID, *target[:-1]]]))
    return torch.log_softmax(model.logits(states[0]), dim=-1)


def log_prob_of(model: Transformer, source: list[int], target: list[int]) -> float:
    log_probs = teacher_forced(model, source, target)
    return sum(float(row[token]) for row, token in zip(log_probs, target, strict=True))


@torch.inference_mode()
def test_steps_equal_the_teacher_forced_pass_with_padding():
    model = random_model()
    source = pad_batch(SOURCES)
    states = model(source, TARGETS, padding_mask(source, PAD_ID))
    expected = torch.log_softmax(model.logits(states), dim=-1)
    decoder = StepDecoder(model, source)
    for position in range(TARGETS.shape[1]):
        got = decoder.step(TARGETS[:, position])
        torch.testing.assert_close(got, expected[:, position], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_rows_may_be_dropped_repeated_and_reordered():
    model = random_model()
    source, rows = pad_batch(SOURCES), torch.tensor([2, 0, 0])
    decoder = StepDecoder(model, source)
    decoder.step(TARGETS[:, 0])
    decoder.select(rows)
    got = [decoder.step(TARGETS[rows, 1]), decoder.step(TARGETS[[0, 1, 2], 2])]
    for row, origin in enumerate(rows.tolist()):
        target = [int(TARGETS[origin, 1]), int(TARGETS[row, 2]), EOS_ID]
        expected = teacher_forced(model, SOURCES[origin], target)
        for step in (0, 1):
            torch.testing.assert_close(got[step][row], expected[step + 1], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_packed_weights_and_memory_may_be_given():
    model = random_model()
    source = pad_batch(SOURCES[:1])
    packed, memory = PackedDecoder.of(model), model.encode(source, None)
    got = StepDecoder(model, source, packed, memory).step(TARGETS[:1, 0])
    torch.testing.assert_close(got, StepDecoder(model, source).step(TARGETS[:1, 0]), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("seed", range(3, 6))
def test_greedy_takes_the_likeliest_token_of_each_step(seed):
    model = lively_model(seed)
    config = DecodingConfig(no_repeat_ngram=0)
    for source in SOURCES:
        target, = greedy_search(model, [source], config)
        log_probs = teacher_forced(model, source, target)
        log_probs[:, [PAD_ID, BOS_ID, UNK_ID]] = float("-inf")
        assert target == log_probs.argmax(dim=-1).tolist()
        assert target[-1] == EOS_ID or len(target) == 2 * len(source) + 10
        assert EOS_ID not in target[:-1]


@pytest.mark.parametrize("seed", range(3, 6))
def test_a_batch_gives_what_each_sentence_gives_alone(seed):
    model = lively_model(seed)
    greedy, beam = DecodingConfig(), DecodingConfig(beam_size=3)
    assert greedy_search(model, SOURCES, greedy) == [greedy_search(model, [s], greedy)[0] for s in SOURCES]
    together = beam_search(model, SOURCES, beam, PIECES)
    alone = [beam_search(model, [s], beam, PIECES)[0] for s in SOURCES]
    assert [ids for ids, _ in together] == [ids for ids, _ in alone]
    for (_, a), (_, b) in zip(together, alone, strict=True):
        assert [kept_ids(step) for step in a.steps] == [kept_ids(step) for step in b.steps]


def kept_ids(step: tuple[BeamNode, ...]) -> list[int]:
    return [node.id for node in step if node.kept]


@pytest.mark.parametrize("seed", range(3, 6))
def test_what_is_settled_stays_and_the_rest_is_the_likeliest_after_it(seed):
    model, config = lively_model(seed), DecodingConfig(no_repeat_ngram=0)
    own = greedy_search(model, SOURCES, config)
    assert greedy_search(model, SOURCES, config, prefixes=[ids[: len(ids) // 2] for ids in own]) == own
    prefixes = [[33, 34], [], [7], [8, 8, 8]]
    for source, prefix, target in zip(SOURCES, prefixes, greedy_search(model, SOURCES, config, prefixes=prefixes),
                                      strict=True):
        log_probs = teacher_forced(model, source, target)
        log_probs[:, [PAD_ID, BOS_ID, UNK_ID]] = float("-inf")
        assert target == prefix + log_probs.argmax(dim=-1).tolist()[len(prefix):]


def test_some_of_these_models_end_and_some_are_cut_off():
    """Else the tests above would not see both."""
    ends = {target[-1] == EOS_ID for seed in range(3, 6) for target in greedy_search(lively_model(seed), SOURCES,
                                                                               DecodingConfig())}
    assert ends == {True, False}


def test_special_tokens_are_never_written():
    model = random_model(seed=3)
    with torch.no_grad():  # the three would be by far the likeliest
        states = model(torch.tensor([SOURCES[0]]), torch.tensor([[BOS_ID]]))[0, 0]
        model.embedding.weight[[PAD_ID, BOS_ID, UNK_ID]] = 5 * states
    outputs = [greedy_search(model, SOURCES[:1], DecodingConfig())[0],
               beam_search(model, SOURCES[:1], DecodingConfig(beam_size=4), PIECES)[0][0]]
    assert not {PAD_ID, BOS_ID, UNK_ID} & {token for output in outputs for token in output}


# ---- beam search against all sentences there are

MINUTE = ModelConfig(vocab_size=6, d_model=8, n_heads=2, d_ff=12, n_encoder_layers=1, n_decoder_layers=1, dropout=0.0,
                     max_positions=16)
PLAIN = [4, 5]  # all tokens but the special ones


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(6))
def test_a_wide_beam_finds_the_best_of_all_sentences(seed, alpha):
    model = lively_model(seed, MINUTE)
    source = [4, 5, 5, EOS_ID]
    config = DecodingConfig(beam_size=16, length_penalty=alpha, max_target_tokens=3, no_repeat_ngram=0)
    everything = [[*words, EOS_ID] for n in range(3) for words in itertools.product(PLAIN, repeat=n)]
    assert len(everything) == 7
    best = max(everything, key=lambda s: log_prob_of(model, source, s) / ((5 + len(s)) / 6) ** alpha)
    (found, _), = beam_search(model, [source], config, PIECES)
    assert found == best


@pytest.mark.parametrize("seed", range(6))
def test_a_wide_beam_is_never_worse_than_greedy_without_normalisation(seed):
    model = lively_model(seed, MINUTE)
    source = [4, 5, 5, EOS_ID]
    config = DecodingConfig(beam_size=16, length_penalty=0.0, max_target_tokens=3, no_repeat_ngram=0)
    greedy, = greedy_search(model, [source], DecodingConfig(max_target_tokens=3, no_repeat_ngram=0))
    (found, _), = beam_search(model, [source], config, PIECES)
    if greedy[-1] == EOS_ID:
        assert log_prob_of(model, source, found) >= log_prob_of(model, source, greedy) - 1e-5


def check_tree(tree: BeamTree, ids: list[int], log_prob: float, size: int) -> None:
    assert all(node.parent == -1 for node in tree.steps[0])
    for previous, step in itertools.pairwise(tree.steps):
        for node in step:
            parent = previous[node.parent]
            assert parent.kept and parent.id != EOS_ID
            assert node.log_prob <= parent.log_prob + 1e-6
    for step in tree.steps:
        assert len(step) <= 2 * size
        assert [n.log_prob for n in step] == sorted((n.log_prob for n in step), reverse=True)
        assert sum(n.kept and n.id != EOS_ID for n in step) <= size
        assert len({(n.parent, n.id) for n in step}) == len(step)
        assert all(n.piece == PIECES[n.id] for n in step)
    # The result is a path from the root through nodes that were kept.
    ends = [(index, node) for index, node in enumerate(tree.steps[len(ids) - 1]) if node.id == ids[-1] and node.kept]
    assert any(path_to(tree, len(ids) - 1, index) == ids and abs(node.log_prob - log_prob) < 1e-4
               for index, node in ends)


def path_to(tree: BeamTree, step: int, index: int) -> list[int]:
    ids: list[int] = []
    while step >= 0:
        node = tree.steps[step][index]
        ids.insert(0, node.id)
        step, index = step - 1, node.parent
    assert index == -1
    return ids


@pytest.mark.parametrize("seed", range(3, 6))
@pytest.mark.parametrize("size", [2, 5])
def test_parents_of_the_tree_lead_to_the_result(seed, size):
    model = lively_model(seed)
    config = DecodingConfig(beam_size=size, no_repeat_ngram=0)
    for source, (ids, tree) in zip(SOURCES, beam_search(model, SOURCES, config, PIECES), strict=True):
        check_tree(tree, ids, log_prob_of(model, source, ids), size)


def test_beam_of_one_is_greedy():
    for seed in range(3):
        model = lively_model(seed)
        config = DecodingConfig(beam_size=1)
        assert [ids for ids, _ in beam_search(model, SOURCES, config, PIECES)] == greedy_search(model, SOURCES, config)


# ---- limits

def test_target_limit_follows_the_source_and_the_positions():
    assert target_limit(7, DecodingConfig(), 256) == 24
    assert target_limit(100, DecodingConfig(), 128) == 128
    assert target_limit(7, DecodingConfig(max_target_tokens=3), 256) == 3


@pytest.mark.parametrize("beam_size", [1, 4])
def test_the_limit_is_kept(beam_size):
    model = lively_model(0)
    with torch.no_grad():
        model.embedding.weight[EOS_ID] = 0.0
    config = DecodingConfig(beam_size=beam_size, max_target_tokens=5)
    outputs = greedy_search(model, SOURCES, config) if beam_size == 1 else [
        ids for ids, _ in beam_search(model, SOURCES, config, PIECES)]
    assert max(map(len, outputs)) <= 5
    assert any(ids[-1] != EOS_ID for ids in outputs)


@pytest.mark.parametrize("beam_size", [1, 3])
def test_a_model_can_write_up_to_its_last_position(beam_size):
    model = lively_model(0)
    source = [*range(4, 43), EOS_ID]
    assert len(source) == SMALL.max_positions
    config = DecodingConfig(beam_size=beam_size, max_target_tokens=500)
    ids = greedy_search(model, [source], config)[0] if beam_size == 1 else beam_search(model, [source], config,
                                                                                      PIECES)[0][0]
    assert len(ids) <= SMALL.max_positions


@pytest.mark.parametrize(("tokens", "n", "banned"), [
    ([], 3, set()), ([7, 8], 3, set()), ([7, 8, 9, 7, 8], 3, {9}), ([7, 8, 9, 7, 8, 5, 7, 8], 3, {9, 5}),
    ([7, 7, 7], 2, {7}), ([7, 8], 1, {7, 8}), ([7, 8, 9, 7, 8], 0, set()), ([7, 8, 9, 7, 8], 4, set()),
])
def test_tokens_that_would_repeat_an_ngram(tokens, n, banned):
    assert banned_tokens(tokens, n) == banned


@pytest.mark.parametrize("beam_size", [1, 3])
def test_no_ngram_occurs_twice(beam_size):
    for seed in range(3):
        model = lively_model(seed)
        config = DecodingConfig(beam_size=beam_size, no_repeat_ngram=2, max_target_tokens=30)
        outputs = greedy_search(model, SOURCES, config) if beam_size == 1 else [
            ids for ids, _ in beam_search(model, SOURCES, config, PIECES)]
        for ids in outputs:
            pairs = list(itertools.pairwise(ids))
            assert len(set(pairs)) == len(pairs)


def test_length_normalisation_by_hand():
    assert normalised(-6.0, 7, 1.0) == pytest.approx(-3.0)  # (5 + 7) / 6 = 2
    assert normalised(-6.0, 7, 0.0) == -6.0
    assert normalised(-6.0, 1, 5.0) == -6.0
