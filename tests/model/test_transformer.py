"""The network held to torch's own layers, to Marian, and to what the paper says of its masks and positions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from benchmarks.marian import marian_like
from model.attention import MultiHeadAttention
from model.config import ModelConfig
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID
from model.transformer import DecoderLayer, EncoderLayer, Transformer, look_ahead_mask, padding_mask
from tests.checkpoints import SMALL, random_model

SOURCE = torch.tensor([[5, 9, 14, 50, 33, 7, EOS_ID], [41, 17, 28, EOS_ID, PAD_ID, PAD_ID, PAD_ID]])
DECODER_INPUT = torch.tensor([[BOS_ID, 44, 23, 59, 12], [BOS_ID, 31, 8, PAD_ID, PAD_ID]])
MASK = padding_mask(SOURCE, PAD_ID)


def close(got: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


def with_weights(
    model: Transformer, source: torch.Tensor, decoder_input: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """States of the decoder, and the weights of the encoder, the decoder and cross-attention."""
    encoded = model.encode_traced(source, mask)
    decoded = model.decode_traced(decoder_input, encoded.memory, mask)
    return decoded.states, encoded.weights, decoded.self_weights, decoded.cross_weights


def states(length: int, seed: int) -> torch.Tensor:
    return torch.randn(2, length, SMALL.d_model, generator=torch.Generator().manual_seed(seed))


def copy_attention(theirs: nn.MultiheadAttention, ours: MultiHeadAttention) -> None:
    assert theirs.in_proj_weight is not None
    theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
    theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]))
    theirs.out_proj.load_state_dict(ours.output.state_dict())


@torch.no_grad()
def torch_encoder_layer(ours: EncoderLayer) -> nn.TransformerEncoderLayer:
    theirs = nn.TransformerEncoderLayer(SMALL.d_model, SMALL.n_heads, SMALL.d_ff, dropout=0.0, batch_first=True)
    copy_attention(theirs.self_attn, ours.self_attention)
    for name, module in {"norm1": ours.self_attention_norm, "norm2": ours.feed_forward_norm,
                         "linear1": ours.feed_forward.inner, "linear2": ours.feed_forward.outer}.items():
        theirs.get_submodule(name).load_state_dict(module.state_dict())
    return theirs  # in training mode: evaluation takes a kernel that zeroes padding


@torch.no_grad()
def torch_decoder_layer(ours: DecoderLayer) -> nn.TransformerDecoderLayer:
    theirs = nn.TransformerDecoderLayer(SMALL.d_model, SMALL.n_heads, SMALL.d_ff, dropout=0.0, batch_first=True)
    copy_attention(theirs.self_attn, ours.self_attention)
    copy_attention(theirs.multihead_attn, ours.cross_attention)
    for name, module in {"norm1": ours.self_attention_norm, "norm2": ours.cross_attention_norm,
                         "norm3": ours.feed_forward_norm, "linear1": ours.feed_forward.inner,
                         "linear2": ours.feed_forward.outer}.items():
        theirs.get_submodule(name).load_state_dict(module.state_dict())
    return theirs


@torch.no_grad()
def test_encoder_layer_equals_that_of_torch():
    ours = random_model().encoder[0]
    assert isinstance(ours, EncoderLayer)
    theirs = torch_encoder_layer(ours)
    x, padding = states(7, seed=1), SOURCE == PAD_ID
    traced = ours.traced(x, MASK)
    weights = traced.self_attention.weights
    close(traced.output, theirs(x, src_key_padding_mask=padding))
    close(ours(x, MASK), traced.output)
    _, expected = theirs.self_attn(x, x, x, key_padding_mask=padding, average_attn_weights=False)
    close(weights, expected)
    assert weights.shape == (2, SMALL.n_heads, 7, 7)


@torch.no_grad()
def test_decoder_layer_equals_that_of_torch():
    ours = random_model().decoder[0]
    assert isinstance(ours, DecoderLayer)
    theirs = torch_decoder_layer(ours)
    x, memory, padding = states(5, seed=1), states(7, seed=2), SOURCE == PAD_ID
    future = ~look_ahead_mask(5)
    output, self_weights, cross_weights = ours.with_weights(x, memory, MASK, look_ahead_mask(5))
    close(output, theirs(x, memory, tgt_mask=future, memory_key_padding_mask=padding))
    close(ours(x, memory, MASK), output)
    attended, expected = theirs.self_attn(x, x, x, attn_mask=future, average_attn_weights=False)
    close(self_weights, expected)
    x = theirs.norm1(x + attended)
    _, expected = theirs.multihead_attn(x, memory, memory, key_padding_mask=padding, average_attn_weights=False)
    close(cross_weights, expected)


@torch.no_grad()
def test_whole_network_equals_marian_with_padding_on_both_sides():
    model = random_model()
    output, *maps = with_weights(model, SOURCE, DECODER_INPUT, MASK)
    theirs = marian_like(model)(input_ids=SOURCE, attention_mask=(SOURCE != PAD_ID).long(),
                                decoder_input_ids=DECODER_INPUT, output_attentions=True, use_cache=False)
    close(model.logits(output), theirs.logits)
    for ours, name in zip(maps, ("encoder_attentions", "decoder_attentions", "cross_attentions"), strict=True):
        close(ours, torch.stack(getattr(theirs, name)))


@torch.no_grad()
def test_fast_pass_equals_the_pass_with_weights():
    model = random_model()
    close(model(SOURCE, DECODER_INPUT, MASK), with_weights(model, SOURCE, DECODER_INPUT, MASK)[0])


@torch.no_grad()
def test_rows_sum_to_one_and_masked_places_are_exactly_zero():
    _, encoder, decoder, cross = with_weights(random_model(), SOURCE, DECODER_INPUT, MASK)
    for weights in (encoder, decoder, cross):
        assert torch.allclose(weights.sum(-1), torch.ones(weights.shape[:-1]), atol=1e-6)
    for weights in (encoder, cross):
        assert bool((weights[:, 1, :, :, 4:] == 0).all())  # the padding of the second sentence
        assert bool((weights[:, 1, :, :, :4] > 0).all())
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)
    assert bool((decoder[..., later] == 0).all())
    assert bool((decoder[..., ~later] > 0).all())


@torch.no_grad()
def test_padding_changes_nothing_for_real_tokens():
    model = random_model()
    alone = with_weights(model, SOURCE[1:, :4], DECODER_INPUT[1:, :3])
    together = with_weights(model, SOURCE, DECODER_INPUT, MASK)
    close(together[0][1, :3], alone[0][0])
    close(together[1][:, 1, :, :4, :4], alone[1][:, 0])
    close(together[2][:, 1, :, :3, :3], alone[2][:, 0])
    close(together[3][:, 1, :, :3, :4], alone[3][:, 0])


@torch.no_grad()
def test_later_target_tokens_change_nothing_before_them():
    model = random_model()
    changed = DECODER_INPUT.clone()
    changed[:, 3] = 19
    before, after = model(SOURCE, DECODER_INPUT, MASK), model(SOURCE, changed, MASK)
    close(after[:, :3], before[:, :3])
    assert not torch.allclose(after[:, 3:], before[:, 3:], atol=1e-3)


@torch.no_grad()
def test_without_positions_the_encoder_knows_no_order():
    model = random_model()
    order = torch.tensor([4, 0, 6, 2, 1, 5, 3])
    with_positions, shuffled = model.encode(SOURCE[:1], None), model.encode(SOURCE[:1, order], None)
    assert not torch.allclose(shuffled, with_positions[:, order], atol=1e-2)
    model.positions.zero_()
    encoded, shuffled = model.encode_traced(SOURCE[:1]), model.encode_traced(SOURCE[:1, order])
    close(shuffled.memory, encoded.memory[:, order])
    close(shuffled.weights, encoded.weights[..., order, :][..., order])


@torch.no_grad()
def test_embedding_is_scaled_and_positions_are_added():
    model = random_model()
    expected = model.embedding.weight[17] * math.sqrt(SMALL.d_model) + model.positions[6]
    close(model.embed(torch.tensor([[17]]), first_position=6)[0, 0], expected)
    close(model.embed(torch.tensor([[3, 17, 4]]))[0, 1], model.embedding.weight[17] * SMALL.d_model**0.5
          + model.positions[1])


def test_one_matrix_embeds_both_sides_and_projects():
    model = Transformer(SMALL)
    matrices = [name for name, p in model.named_parameters() if SMALL.vocab_size in p.shape]
    assert matrices == ["embedding.weight"]
    memory = torch.zeros(1, 3, SMALL.d_model)
    memory[0, 0, 5] = 1.0
    close(model.logits(memory)[0, 0], model.embedding.weight[:, 5])


def test_base_model_has_the_sizes_of_the_paper():
    config = ModelConfig()
    assert (config.d_model, config.n_heads, config.d_ff, config.n_encoder_layers, config.n_decoder_layers,
            config.d_head, config.dropout) == (512, 8, 2048, 6, 6, 64, 0.1)
    model = Transformer(config)
    # By hand: an attention has 4 (512 x 512 + 512), a feed-forward 2 x 512 x 2048 + 2048 + 512, a norm 2 x 512.
    attention, feed_forward, norm = 1_050_624, 2_099_712, 1_024
    layers = 6 * (attention + feed_forward + 2 * norm) + 6 * (2 * attention + feed_forward + 3 * norm)
    assert sum(p.numel() for p in model.parameters()) == layers + 8000 * 512


@pytest.mark.parametrize("place", ["embedding", "sublayer", "attention"])
def test_dropout_is_at_work_in_training_alone(place):
    torch.manual_seed(0)
    model = Transformer(ModelConfig(vocab_size=60, d_model=24, n_heads=3, d_ff=40, n_encoder_layers=1,
                                    n_decoder_layers=1, dropout=0.5, max_positions=20))
    layer = model.encoder[0]
    assert isinstance(layer, EncoderLayer)
    x = states(7, seed=1)
    runs = {"embedding": lambda: model.embed(SOURCE), "sublayer": lambda: layer.dropout(x),
            "attention": lambda: layer.self_attention(x, x)}
    model.train()
    assert not torch.equal(runs[place](), runs[place]())
    model.eval()
    assert torch.equal(runs[place](), runs[place]())
