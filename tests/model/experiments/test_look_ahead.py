"""The decoder without its mask, and what a model without one writes."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.checkpoint import TRAINING_LOG, save_checkpoint
from model.config import DecodingConfig
from model.experiments.look_ahead import (
    decode,
    least_loss,
    loss_curve,
    read_given,
    remove_mask,
    write_alone,
)
from model.tokenizer import BOS_ID, EOS_ID, Tokenizer
from model.transformer import look_ahead_mask
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

SENTENCE = "나는 학교에 갔다."


def make_translator(folder: Path, tokenizer: Tokenizer, *, mask: bool) -> Translator:
    config = replace(SMALL, vocab_size=tokenizer.vocab_size, look_ahead_mask=mask)
    save_checkpoint(folder, random_model(config), tokenizer)
    return Translator.load(folder, "cpu")


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Translator:
    return make_translator(tmp_path_factory.mktemp("masked"), tokenizer, mask=True)


@pytest.fixture(scope="module")
def unmasked(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Translator:
    """The same weights without the mask."""
    return make_translator(tmp_path_factory.mktemp("unmasked"), tokenizer, mask=False)


def target_of(translator: Translator) -> tuple[int, ...]:
    return tuple(token.id for token in translator.translate(SENTENCE).target)


def test_with_the_mask_it_is_the_pass_of_the_translation(masked: Translator):
    translation = masked.translate(SENTENCE)
    removed = remove_mask(masked, SENTENCE, target_of(masked))
    np.testing.assert_allclose(removed.with_mask, translation.log_probs, atol=1e-5)


def test_without_the_mask_it_is_the_model_whose_configuration_has_none(masked: Translator, unmasked: Translator):
    translation = masked.translate(SENTENCE)
    removed = remove_mask(masked, SENTENCE, target_of(masked))
    source = torch.tensor([[token.id for token in translation.source]])
    decoder_input = torch.tensor([[token.id for token in translation.decoder_input]])
    with torch.inference_mode():
        decoded = unmasked.transformer.decode_traced(decoder_input, unmasked.transformer.encode(source, None))
        logits = unmasked.transformer.logits(decoded.states[0])
    expected = torch.log_softmax(logits, dim=-1).gather(1, torch.tensor(target_of(masked))[:, None])[:, 0]
    np.testing.assert_allclose(removed.without_mask, expected.numpy(), atol=1e-4)
    np.testing.assert_allclose(removed.weights, decoded.self_weights[:, 0].numpy(), atol=1e-5)


def test_weights_sum_to_one_and_reach_later_tokens_without_the_mask_alone(masked: Translator):
    target = target_of(masked)
    weights = remove_mask(masked, SENTENCE, target).weights
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)
    assert (weights > 0).all()
    model = masked.transformer
    with torch.inference_mode():
        memory = model.encode(torch.tensor([[token.id for token in masked.tokens(SENTENCE)]]), None)
        _, own = decode(model, torch.tensor([[BOS_ID, *target[:-1]]]), memory, look_ahead_mask(len(target)))
    assert (np.triu(own[:, 0].numpy(), k=1) == 0).all()


def test_reads_any_text_that_it_is_given(masked: Translator):
    result = read_given(masked, SENTENCE, "I went home.")
    assert result.target_text == "I went home."
    assert len(result.log_probs) == len(result.target) and (result.log_probs < 0).all()


def test_it_writes_as_greedy_search_does_where_there_is_a_mask(masked: Translator):
    """Independent of the cache of keys and values: each step from the beginning."""
    translation = masked.translate(SENTENCE, DecodingConfig(no_repeat_ngram=0))
    written = write_alone(masked, SENTENCE, 0, len(translation.target))
    assert written.tokens == translation.target
    assert written.text == translation.target_text


def test_writes_no_end_before_it_may_and_stops_after_it(unmasked: Translator):
    written = write_alone(unmasked, SENTENCE, 5, 12)
    ids = [token.id for token in written.tokens]
    assert 5 < len(ids) <= 12
    assert EOS_ID not in ids[:5] and EOS_ID not in ids[5:-1]
    assert ((written.probabilities > 0) & (written.probabilities <= 1)).all()


def test_each_token_is_the_likeliest_after_those_before(unmasked: Translator):
    written = write_alone(unmasked, SENTENCE, 0, 6)
    ids = [token.id for token in written.tokens]
    source = torch.tensor([[token.id for token in unmasked.tokens(SENTENCE)]])
    for place in range(len(ids)):
        with torch.inference_mode():
            states = unmasked.transformer(source, torch.tensor([[BOS_ID, *ids[:place]]]))
            logits = unmasked.transformer.logits(states[0, -1])
        # The special tokens that a search never writes are 0 to 2.
        assert int(logits[3:].argmax()) + 3 == ids[place]


def test_the_least_loss_by_hand():
    # Two tokens, a tenth smoothed: the truth is 0.95 and 0.05.
    assert least_loss(0.1, 2) == pytest.approx(-0.95 * math.log(0.95) - 0.05 * math.log(0.05))
    assert least_loss(0.0, 8000) == 0


@given(st.floats(0.01, 0.5), st.integers(2, 50), st.integers(0, 2**31))
def test_no_prediction_has_a_lower_loss(smoothing: float, vocab_size: int, seed: int):
    logits = torch.randn(1, vocab_size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 5
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([0]), label_smoothing=smoothing)
    assert float(loss) >= least_loss(smoothing, vocab_size) - 1e-9


def test_the_loss_is_read_from_the_training_log(tmp_path: Path, tokenizer: Tokenizer):
    config = replace(SMALL, vocab_size=tokenizer.vocab_size)
    save_checkpoint(tmp_path, random_model(config), tokenizer, {"config": {"label_smoothing": 0.1}})
    log = "step,tokens,train_loss,dev_loss\n1,1000000,8.5,\n2,1500000,,6.0\n2,2000000,4.25,\n"
    (tmp_path / TRAINING_LOG).write_text(log, encoding="utf-8")
    curve = loss_curve(Translator.load(tmp_path, "cpu"), SENTENCE)
    assert curve.tokens_million.tolist() == [1, 2] and curve.loss.tolist() == [8.5, 4.25]
    assert curve.least == pytest.approx(least_loss(0.1, tokenizer.vocab_size))


def test_a_checkpoint_that_does_not_say_how_it_was_trained_has_an_empty_curve_above_zero(masked: Translator):
    curve = loss_curve(masked, SENTENCE)
    assert len(curve.loss) == len(curve.tokens_million) == 0 and curve.least == 0
