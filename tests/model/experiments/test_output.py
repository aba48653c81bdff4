"""Candidates for the next token, and passes with dropout on a copy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.checkpoint import save_checkpoint
from model.experiments.output import dropout_passes, next_tokens
from model.tokenizer import Tokenizer
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

SENTENCE = "나는 학교에 갔다."


@pytest.fixture(scope="module")
def random_translator(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Translator:
    folder = tmp_path_factory.mktemp("random")
    save_checkpoint(folder, random_model(replace(SMALL, vocab_size=tokenizer.vocab_size)), tokenizer)
    return Translator.load(folder, "cpu")


@pytest.fixture(scope="module")
def target(random_translator: Translator) -> tuple[int, ...]:
    return tuple(token.id for token in random_translator.translate(SENTENCE).target)


def test_the_best_five_are_those_of_the_translation(random_translator: Translator, target: tuple[int, ...]):
    expected = random_translator.translate(SENTENCE).candidates
    for found, five in zip(next_tokens(random_translator, SENTENCE, target, 5), expected, strict=True):
        assert [candidate.id for candidate in found] == [candidate.id for candidate in five]
        np.testing.assert_allclose([one.probability for one in found], [one.probability for one in five], atol=1e-6)


def test_candidates_fall_and_sum_to_one_over_the_vocabulary(random_translator: Translator, target: tuple[int, ...]):
    vocabulary = random_translator.model_config.vocab_size
    for candidates in next_tokens(random_translator, SENTENCE, target, 10 * vocabulary):
        probabilities = np.array([candidate.probability for candidate in candidates])
        assert len(candidates) == vocabulary
        assert (np.diff(probabilities) <= 0).all()
        assert probabilities.sum() == pytest.approx(1, abs=1e-4)


def test_without_dropout_every_pass_is_the_same(random_translator: Translator, target: tuple[int, ...]):
    passes = dropout_passes(random_translator, SENTENCE, target, 0.0, 3, 1)
    np.testing.assert_allclose(passes.on, np.stack([passes.off] * 3), atol=1e-5)
    np.testing.assert_allclose(passes.off, random_translator.translate(SENTENCE).log_probs, atol=1e-5)


def test_with_dropout_passes_scatter_the_more_the_higher_the_rate(
    random_translator: Translator, target: tuple[int, ...]
):
    spreads = [
        dropout_passes(random_translator, SENTENCE, target, rate, 12, 1).on.std(axis=0).mean() for rate in (0.02, 0.3)
    ]
    assert 0 < spreads[0] < spreads[1]


def test_a_seed_repeats_its_passes_and_another_does_not(random_translator: Translator, target: tuple[int, ...]):
    first, again, other = (dropout_passes(random_translator, SENTENCE, target, 0.2, 2, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.on, again.on)
    assert (first.on != other.on).any()


def test_first_choice_says_whether_the_token_was_still_the_likeliest(
    random_translator: Translator, target: tuple[int, ...]
):
    """Without dropout: as the plain pass has it, where the search was free to take the likeliest."""
    passes = dropout_passes(random_translator, SENTENCE, target, 0.0, 1, 1)
    best = [candidates[0].id for candidates in next_tokens(random_translator, SENTENCE, target, 1)]
    np.testing.assert_array_equal(passes.first_choice[0], np.array(best) == np.array(target))


def test_the_shared_model_and_the_random_numbers_of_others_stay_as_they_were(
    random_translator: Translator, target: tuple[int, ...]
):
    model = random_translator.transformer
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    dropout_passes(random_translator, SENTENCE, target, 0.5, 2, 1)
    assert not model.training
    assert model.config.dropout == SMALL.dropout
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
