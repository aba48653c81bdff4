"""Heads switched off: a copy of a model in which they add nothing to the output of their attention."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor

from model.attention import MultiHeadAttention
from model.errors import ConfigError
from model.records import AttentionKind, HeadRef
from model.transformer import DecoderLayer, EncoderLayer, Transformer


def attention_of(model: Transformer, kind: AttentionKind, layer: int) -> MultiHeadAttention:
    """The attention of a kind in a layer, counted from zero.

    Raises
    ------
    ConfigError
        If the model has no such layer.
    """
    layers = model.encoder if kind == "encoder" else model.decoder
    if not 0 <= layer < len(layers):
        raise ConfigError(f"there is no {kind} attention in layer {layer}: the layers are 0 to {len(layers) - 1}")
    chosen = layers[layer]
    if kind == "cross":
        assert isinstance(chosen, DecoderLayer)
        return chosen.cross_attention
    assert isinstance(chosen, EncoderLayer | DecoderLayer)
    return chosen.self_attention


def without_head(attention: MultiHeadAttention, head: int) -> Tensor:
    """A copy of W_O in which a head's rows are zero, so that the head adds nothing.

    Raises
    ------
    ConfigError
        If the attention has no such head; counted from zero.
    """
    if not 0 <= head < attention.n_heads:
        raise ConfigError(f"there is no head {head}: the heads are 0 to {attention.n_heads - 1}")
    weight = attention.output.weight.detach().clone()
    # nn.Linear keeps W_O transposed: (d_model, H * d_head).
    weight[:, head * attention.d_head : (head + 1) * attention.d_head] = 0
    return weight


@torch.no_grad()
def without_heads(model: Transformer, heads: Iterable[HeadRef]) -> Transformer:
    """A copy of the model in which these heads add nothing. They still look: their weights can be captured.

    Raises
    ------
    ConfigError
        If the model has no such head.
    """
    changed = copy.deepcopy(model)
    for ref in heads:
        attention = attention_of(changed, ref.kind, ref.layer)
        attention.output.weight.copy_(without_head(attention, ref.head))
    return changed
