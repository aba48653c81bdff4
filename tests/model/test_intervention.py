from __future__ import annotations

import numpy as np
import pytest
import torch

from model.config import DecodingConfig
from model.errors import ConfigError
from model.intervention import attention_of, without_head, without_heads
from model.records import ATTENTION_KINDS, AttentionKind, HeadRef, Intervention
from model.translator import Translator
from tests.checkpoints import random_model

SENTENCE = "오늘은 날씨가 좋아서 공원에 갔어요."


@torch.inference_mode()
def test_without_a_head_its_weighted_values_are_missing_and_nothing_else():
    attention = attention_of(random_model(), "encoder", 0)
    x = torch.randn(1, 4, 24)
    done = attention.traced(x, x)
    mixed = done.weights @ done.value
    mixed[:, 1] = 0
    expected = attention.output(attention.join_heads(mixed))
    left = torch.nn.functional.linear(
        attention.join_heads(done.weights @ done.value), without_head(attention, 1), attention.output.bias
    )
    torch.testing.assert_close(left, expected)


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_only_the_named_head_is_changed_and_only_in_a_copy(kind: AttentionKind):
    model = random_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    after = without_heads(model, [HeadRef(kind, 1, 2)]).state_dict()
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    layers, part = ("encoder", "self") if kind == "encoder" else ("decoder", "cross" if kind == "cross" else "self")
    name = f"{layers}.1.{part}_attention.output.weight"
    assert [key for key in before if not torch.equal(before[key], after[key])] == [name]
    assert not after[name][:, 16:24].any() and torch.equal(after[name][:, :16], before[name][:, :16])


@pytest.mark.parametrize("ref", [HeadRef("encoder", 2, 0), HeadRef("cross", -1, 0), HeadRef("decoder", 0, 3)])
def test_a_head_that_is_not_there_is_named(ref: HeadRef):
    with pytest.raises(ConfigError, match=r"there is no .* 0 to 2|there is no .* 0 to 1"):
        without_heads(random_model(), [ref])


@pytest.mark.parametrize("config", [DecodingConfig(), DecodingConfig(beam_size=2)], ids=["greedy", "beam"])
def test_an_intervention_translates_with_the_changed_model(translator: Translator, config: DecodingConfig):
    heads = tuple(HeadRef("cross", 0, head) for head in range(translator.model_config.n_heads))
    usual = translator.translate(SENTENCE, config)
    changed = translator.translate(SENTENCE, config, intervention=Intervention(heads))
    assert changed.attention is not None and changed.attention.cross.shape[1] == len(heads)
    assert changed.decoding.endswith(f" {Intervention(heads)}") and "cross.0.1" in changed.decoding
    again = translator.translate(SENTENCE, config)
    assert again.target_text == usual.target_text and np.array_equal(again.log_probs, usual.log_probs)
    # The bias of W_O alone is left of the attention: what the encoder wrote cannot reach the first layer's states.
    states = without_heads(translator.transformer, heads)
    memory = torch.randn(1, 7, translator.model_config.d_model)
    with torch.inference_mode():
        of_memory = states.decode_traced(torch.tensor([[1, 5]]), memory).layers[0].cross_attention.output
        of_other = states.decode_traced(torch.tensor([[1, 5]]), -memory).layers[0].cross_attention.output
    torch.testing.assert_close(of_memory, of_other)


def test_maps_of_a_given_translation_are_those_with_the_head_switched_off(translator: Translator):
    """A head of the first layer looks as before; what comes after it sees other states."""
    usual = translator.translate(SENTENCE, target_text="We went to the park.")
    changed = translator.translate(
        SENTENCE, target_text="We went to the park.", intervention=Intervention((HeadRef("encoder", 0, 0),))
    )
    assert usual.attention is not None and changed.attention is not None
    np.testing.assert_allclose(changed.attention.encoder[0], usual.attention.encoder[0], atol=1e-6)
    assert not np.allclose(changed.attention.encoder[1], usual.attention.encoder[1], atol=1e-4)
    assert changed.decoding == "target given heads_off=encoder.0.0"


def test_nothing_switched_off_is_the_usual_translation(translator: Translator):
    usual = translator.translate(SENTENCE)
    same = translator.translate(SENTENCE, intervention=Intervention())
    assert same.decoding == usual.decoding and np.array_equal(same.log_probs, usual.log_probs)
