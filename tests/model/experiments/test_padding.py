"""A padded sentence is as it was alone with the mask, and is not without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.checkpoint import save_checkpoint
from model.experiments.padding import Padded, cut_to, pad_sentence, weight_on_padding
from model.records import Token
from model.tokenizer import Tokenizer
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

SENTENCE, NEIGHBOUR = "나는 학교에 갔다.", "오늘은 비가 많이 와서 집에 있었어요."


@pytest.fixture(scope="module")
def random_translator(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Translator:
    folder = tmp_path_factory.mktemp("random")
    save_checkpoint(folder, random_model(replace(SMALL, vocab_size=tokenizer.vocab_size)), tokenizer)
    return Translator.load(folder, "cpu")


def pad(translator: Translator, n_padding: int, *, masked: bool) -> Padded:
    target = tuple(token.id for token in translator.translate(SENTENCE).target)
    return pad_sentence(translator, SENTENCE, NEIGHBOUR, target, n_padding, masked)


@pytest.mark.parametrize("n_padding", [0, 1, 7])
def test_with_the_mask_all_is_as_alone(random_translator: Translator, n_padding: int):
    alone, padded = random_translator.translate(SENTENCE), pad(random_translator, n_padding, masked=True)
    assert padded.n_padding == n_padding
    np.testing.assert_array_equal(padded.encoder_on_padding, 0)
    np.testing.assert_array_equal(padded.cross_on_padding, 0)
    np.testing.assert_allclose(padded.moved, 0, atol=1e-5)
    np.testing.assert_allclose(padded.log_probs, alone.log_probs, atol=1e-4)
    assert padded.target_text == alone.target_text


def test_without_the_mask_padding_takes_weight_and_moves_every_state(random_translator: Translator):
    alone, padded = random_translator.translate(SENTENCE), pad(random_translator, 7, masked=False)
    assert (padded.encoder_on_padding > 0).all() and (padded.cross_on_padding > 0).all()
    assert (padded.moved > 1e-3).all()
    assert np.abs(padded.log_probs - alone.log_probs).max() > 1e-3


def test_without_padding_the_mask_changes_nothing(random_translator: Translator):
    masked, unmasked = (pad(random_translator, 0, masked=masked) for masked in (True, False))
    np.testing.assert_allclose(masked.log_probs, unmasked.log_probs, atol=1e-5)
    assert masked.target_text == unmasked.target_text


def test_the_weights_are_those_of_a_search_that_reads_padding_as_a_token(random_translator: Translator):
    """Independent of the search: the first token that it writes is the likeliest one of a plain pass."""
    padded = pad(random_translator, 7, masked=False)
    model, n = random_translator.transformer, len(random_translator.tokens(SENTENCE))
    row = torch.tensor([[*(token.id for token in random_translator.tokens(SENTENCE)), *[0] * 7]])
    with torch.no_grad():
        states = model.decode(torch.tensor([[2]]), model.encode(row, None), None)
        logits = model.logits(states[0, 0])
        logits[:3] = float("-inf")
    first = random_translator.checkpoint.tokenizer.decode([int(logits.argmax())])[0]
    assert padded.target_text.startswith(first) and row.shape[1] == n + 7


def test_padding_ends_where_the_model_has_no_more_positions(random_translator: Translator):
    padded = pad(random_translator, 10_000, masked=False)
    assert len(padded.neighbour) == SMALL.max_positions


def test_weight_on_padding_by_hand():
    # One layer, one head, two queries, two words and two padding tokens.
    weights = torch.tensor([[[[0.4, 0.3, 0.2, 0.1], [0.1, 0.1, 0.3, 0.5]]]])
    assert weight_on_padding(weights, 2) == pytest.approx(np.array([[(0.3 + 0.8) / 2]]))


@pytest.mark.parametrize(("length", "ids"), [(1, [9]), (2, [1, 9]), (4, [1, 2, 3, 9]), (7, [1, 2, 3, 1, 2, 3, 9])])
def test_a_sentence_is_cut_or_repeated_and_keeps_its_end(length: int, ids: list[int]):
    tokens = tuple(Token("▁", i, 0, 0, i == 9) for i in (1, 2, 3, 9))
    assert [token.id for token in cut_to(tokens, length)] == ids
