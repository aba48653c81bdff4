from __future__ import annotations

import numpy as np
import pytest
import torch

from model.experiments.heads import head_parts, measure_heads, translate_without
from model.records import ATTENTION_KINDS, AttentionKind, HeadRef, Intervention
from model.transformer import EncoderLayer
from model.translator import Translator
from tests.checkpoints import random_model

SENTENCE = "오늘은 날씨가 좋아서 공원에 갔어요."


def target_of(translator: Translator) -> tuple[int, ...]:
    return tuple(token.id for token in translator.translate(SENTENCE).target)


def encoder_attention(layer: int = 0):
    encoder_layer = random_model().encoder[layer]
    assert isinstance(encoder_layer, EncoderLayer)
    return encoder_layer.self_attention


@torch.inference_mode()
def test_the_parts_of_the_heads_and_the_bias_are_the_output():
    attention = encoder_attention()
    x = torch.randn(2, 5, 24)
    done = attention.traced(x, x)
    parts = head_parts(attention, done)
    assert parts.shape == (3, 2, 5, 24)
    torch.testing.assert_close(parts.sum(dim=0) + attention.output.bias, done.output)


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_each_head_of_a_kind_is_measured(translator: Translator, kind: AttentionKind):
    config = translator.model_config
    last = (config.n_encoder_layers if kind == "encoder" else config.n_decoder_layers) - 1
    measured = measure_heads(translator, SENTENCE, target_of(translator), kind, last)
    assert measured.lengths.shape == measured.without.shape == (config.n_heads,)
    assert (measured.lengths > 0).all() and ((measured.without > 0) & (measured.without <= 1)).all()
    # The length of a sum is at most the sum of the lengths.
    assert 0 < measured.length_of_sum <= measured.lengths.sum() * (1 + 1e-5)


def test_the_probability_with_all_heads_is_that_of_the_translation_and_nothing_in_the_model_changes(translator):
    translation = translator.translate(SENTENCE)
    before = {name: value.clone() for name, value in translator.transformer.state_dict().items()}
    measured = measure_heads(translator, SENTENCE, target_of(translator), "cross", 0)
    assert measured.probability == pytest.approx(float(np.exp(translation.log_probs.mean())), rel=1e-3)
    assert not np.allclose(measured.without, measured.probability, rtol=1e-6)
    assert all(torch.equal(before[name], value) for name, value in translator.transformer.state_dict().items())


def test_a_sentence_is_translated_anew_without_heads(translator: Translator):
    heads = (HeadRef("decoder", 0, 1), HeadRef("cross", 1, 0))
    found = translate_without(translator, SENTENCE, heads)
    assert found.decoding.startswith("greedy") and found.decoding.endswith(str(Intervention(heads)))
    assert found.target_text == translator.translate(SENTENCE, intervention=Intervention(heads)).target_text
