"""Influence of words on states: against a loop by hand, against the exact derivative, and where there is no path."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from model.checkpoint import Network, save_checkpoint
from model.config import RecurrentConfig
from model.experiments import influence
from model.experiments.influence import leave_out_words, nudge_words, top_states, written
from model.recurrent import RecurrentModel
from model.tokenizer import Tokenizer
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

SENTENCE = "나는 어제 학교에서 밥을 먹었어요."
SPANS = ((0, 2), (3, 5), (6, 10), (11, 13), (14, 19))
KINDS = ("forward", "bidirectional", "transformer")


def network(kind: str, vocab_size: int) -> Network:
    torch.manual_seed(1)
    if kind == "transformer":
        return random_model(replace(SMALL, vocab_size=vocab_size))
    config = RecurrentConfig(vocab_size=vocab_size, d_model=24, bidirectional=kind == "bidirectional", dropout=0.0)
    return RecurrentModel(config).eval()


@pytest.fixture(scope="module")
def translators(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> dict[str, Translator]:
    made = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind)
        save_checkpoint(folder, network(kind, tokenizer.vocab_size), tokenizer)
        made[kind] = Translator.load(folder, "cpu")
    return made


@pytest.fixture(params=KINDS)
def translator(request: pytest.FixtureRequest, translators: dict[str, Translator]) -> Translator:
    return translators[request.param]


def places(translator: Translator) -> list[list[int]]:
    """The tokens of each word, by looking for its characters."""
    tokens = translator.tokens(SENTENCE)
    return [[i for i, token in enumerate(tokens) if start <= token.start < end] for start, end in SPANS]


def vectors(translator: Translator) -> Tensor:
    model, ids = translator.network, [token.id for token in translator.tokens(SENTENCE)]
    return model.embedding.weight.detach()[ids][None] * math.sqrt(model.config.d_model)


@torch.inference_mode()
def test_states_for_the_embeddings_are_those_that_the_model_computes(translator: Translator):
    ids = torch.tensor([[token.id for token in translator.tokens(SENTENCE)]])
    torch.testing.assert_close(top_states(translator.network, vectors(translator)),
                               translator.network.encode(ids, None))


@torch.inference_mode()
def test_leaving_out_is_a_zero_in_the_place_of_the_word_and_a_share_of_the_states_length(translator: Translator):
    words, x = places(translator), vectors(translator)
    before = top_states(translator.network, x)[0]
    expected = np.zeros((len(words), len(words)))
    for column, changed in enumerate(words):
        without = x.clone()
        without[0, changed] = 0
        after = top_states(translator.network, without)[0]
        for row, read in enumerate(words):
            expected[row, column] = (after[read] - before[read]).norm() / before[read].norm()
    found = leave_out_words(translator, SENTENCE, SPANS)
    np.testing.assert_allclose(found.change, expected, rtol=1e-4, atol=1e-6)
    assert found.n_tokens == tuple(len(word) for word in words)
    assert found.checkpoint_id == translator.checkpoint.checkpoint_id


def test_nudging_estimates_the_norm_of_the_derivative(translator: Translator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(influence, "N_PROBES", 400)
    words, x = places(translator), vectors(translator)

    def states(changed: Tensor) -> Tensor:
        return top_states(translator.network, changed[None])[0]

    jacobian = torch.autograd.functional.jacobian(states, x[0])  # (S, d_model, S, d_model)
    assert isinstance(jacobian, Tensor)
    before = states(x[0]).detach()
    expected = np.zeros((len(words), len(words)))
    for row, read in enumerate(words):
        for column, changed in enumerate(words):
            norm = jacobian[read][:, :, changed].norm()
            size = x[0, changed].norm() / math.sqrt(x[0, changed].numel())
            expected[row, column] = norm * size / before[read].norm()
    np.testing.assert_allclose(nudge_words(translator, SENTENCE, SPANS).change, expected, rtol=0.12, atol=1e-4)


@pytest.mark.parametrize("measure", [leave_out_words, nudge_words])
def test_only_an_lstm_that_reads_forward_knows_nothing_of_later_words(translators: dict[str, Translator], measure):
    later = np.triu_indices(len(SPANS), 1)
    changes = {kind: measure(each, SENTENCE, SPANS).change for kind, each in translators.items()}
    assert (changes["forward"][later] == 0).all()
    assert (changes["forward"][np.tril_indices(len(SPANS))] > 0).all()
    assert (changes["bidirectional"] > 0).all()
    assert (changes["transformer"] > 0).all()


def test_the_same_numbers_come_out_each_time(translator: Translator):
    first, second = (nudge_words(translator, SENTENCE, SPANS).change for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_the_network_is_left_as_it_was(translator: Translator):
    before = {name: value.clone() for name, value in translator.network.state_dict().items()}
    leave_out_words(translator, SENTENCE, SPANS)
    nudge_words(translator, SENTENCE, SPANS)
    for name, value in translator.network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_an_lstm_writes_a_translation_without_maps(translators: dict[str, Translator]):
    translation = written(translators["forward"], SENTENCE)
    assert translation.source_text == SENTENCE
    assert translation.attention is None
