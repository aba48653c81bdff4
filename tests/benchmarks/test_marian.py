"""The Transformer against an implementation that others wrote: `transformers`' Marian with the same random weights."""

from __future__ import annotations

import pytest
import torch

from benchmarks.marian import marian_like
from model.config import ModelConfig
from model.tokenizer import PAD_ID
from model.transformer import Transformer, padding_mask

CONFIG = ModelConfig(vocab_size=120, d_model=48, n_heads=4, d_ff=80, n_encoder_layers=3, n_decoder_layers=2,
                     max_positions=32)
# Two sentences, the second padded: padding and look-ahead mask are both at work.
SOURCE = torch.tensor([[5, 9, 14, 80, 33, 7, 3], [61, 17, 28, 3, PAD_ID, PAD_ID, PAD_ID]])
DECODER_INPUT = torch.tensor([[2, 44, 23, 90, 12], [2, 71, 8, 55, 101]])


@pytest.fixture(scope="module")
def outputs():
    """What both make of the same sentences: (states, encoder, decoder, cross, logits) and Marian's output."""
    torch.manual_seed(3)
    model = Transformer(CONFIG).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # biases and norms too, else a forgotten one would go unnoticed
            parameter += 0.1 * torch.randn_like(parameter)
        ours = model.with_weights(SOURCE, DECODER_INPUT, padding_mask(SOURCE, PAD_ID))
        theirs = marian_like(model)(input_ids=SOURCE, attention_mask=(SOURCE != PAD_ID).long(),
                                    decoder_input_ids=DECODER_INPUT, output_attentions=True, use_cache=False)
        return (*ours, model.logits(ours[0])), theirs


def test_logits_equal_those_of_marian(outputs):
    (*_, logits), theirs = outputs
    torch.testing.assert_close(logits, theirs.logits, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("place", "name"), [(1, "encoder_attentions"), (2, "decoder_attentions"),
                                             (3, "cross_attentions")])
def test_all_attention_maps_equal_those_of_marian(outputs, place, name):
    ours, theirs = outputs
    maps = torch.stack(getattr(theirs, name))
    assert maps.shape == ours[place].shape
    torch.testing.assert_close(ours[place], maps, atol=1e-5, rtol=0)
    assert ours[place].std() > 0.02  # and they are no flat maps, which would agree by chance
