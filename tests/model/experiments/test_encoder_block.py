"""What the sublayers add, on a model whose sublayers are switched off one by one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import save_checkpoint
from model.experiments.encoder_block import residual_sums
from model.tokenizer import Tokenizer
from model.transformer import EncoderLayer, Transformer
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

SENTENCE = "나는 학교에 갔다."

Changed = Callable[[Callable[[EncoderLayer], None]], Translator]


@pytest.fixture
def changed(tmp_path: Path, tokenizer: Tokenizer) -> Changed:
    """A random model with its first encoder layer changed."""

    def make(change: Callable[[EncoderLayer], None]) -> Translator:
        model: Transformer = copy.deepcopy(random_model(replace(SMALL, vocab_size=tokenizer.vocab_size)))
        layer = model.encoder[0]
        assert isinstance(layer, EncoderLayer)
        with torch.no_grad():
            change(layer)
        save_checkpoint(tmp_path, model, tokenizer)
        return Translator.load(tmp_path, "cpu")

    return make


def test_attention_that_writes_nothing_adds_nothing(changed: Changed):
    def silence(layer: EncoderLayer) -> None:
        layer.self_attention.output.weight.zero_()
        layer.self_attention.output.bias.zero_()

    sums = residual_sums(changed(silence), SENTENCE)
    np.testing.assert_array_equal(sums.attention[0], 0)
    assert (sums.attention[1] > 0).all() and (sums.feed_forward > 0).all()


def test_a_feed_forward_network_of_its_bias_alone_adds_that(changed: Changed):
    def only_bias(layer: EncoderLayer) -> None:
        layer.feed_forward.outer.weight.zero_()
        layer.feed_forward.outer.bias.fill_(0.5)
        # What it is added to has length sqrt(d_model): mean 0 and variance 1 of each vector.
        layer.self_attention_norm.weight.fill_(1.0)
        layer.self_attention_norm.bias.zero_()

    sums = residual_sums(changed(only_bias), SENTENCE)
    np.testing.assert_allclose(sums.feed_forward[0], 0.5, rtol=1e-3)


@pytest.mark.parametrize(("bias", "active"), [(1000.0, 1.0), (-1000.0, 0.0)])
def test_units_above_zero_are_counted(changed: Changed, bias: float, active: float):
    def shift(layer: EncoderLayer) -> None:
        layer.feed_forward.inner.bias.fill_(bias)

    sums = residual_sums(changed(shift), SENTENCE)
    np.testing.assert_array_equal(sums.active[0], active)


def test_one_number_for_each_layer_and_token(changed: Changed):
    translator = changed(lambda layer: None)
    sums = residual_sums(translator, SENTENCE)
    shape = (SMALL.n_encoder_layers, len(translator.tokens(SENTENCE)))
    assert sums.attention.shape == sums.feed_forward.shape == sums.active.shape == shape
