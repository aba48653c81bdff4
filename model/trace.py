"""From what a pass of the Transformer computed to a Trace: tensors to arrays, the batch of one taken off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from model.attention import AttentionPass
from model.records import AttentionTrace, Trace
from model.transformer import DecoderPass, EncoderPass


def trace_of(encoded: EncoderPass, decoded: DecoderPass, logits: Tensor) -> Trace:
    """The trace of one sentence: passes of a batch of one, logits (T, V)."""
    return Trace(
        encoder_states=_stacked([encoded.embedded, *(layer.output for layer in encoded.layers)]),
        encoder_attended=_stacked([layer.attended for layer in encoded.layers]),
        decoder_states=_stacked([decoded.embedded, *(layer.output for layer in decoded.layers)]),
        decoder_self_attended=_stacked([layer.self_attended for layer in decoded.layers]),
        decoder_cross_attended=_stacked([layer.cross_attended for layer in decoded.layers]),
        logits=logits.float().cpu().numpy(),
        encoder=_attention_trace([layer.self_attention for layer in encoded.layers]),
        decoder=_attention_trace([layer.self_attention for layer in decoded.layers]),
        cross=_attention_trace([layer.cross_attention for layer in decoded.layers]),
    )


def _attention_trace(layers: Sequence[AttentionPass]) -> AttentionTrace:
    return AttentionTrace(
        queries=_stacked([layer.query for layer in layers]), keys=_stacked([layer.key for layer in layers]),
        values=_stacked([layer.value for layer in layers]), scores=_stacked([layer.scores for layer in layers]),
        allowed=_allowed(layers[0]),
    )


def _allowed(attention: AttentionPass) -> np.ndarray:
    """The mask of one sentence, which all layers and heads share; shape (Q, K)."""
    if attention.allowed is None:
        return np.ones(attention.scores.shape[-2:], dtype=bool)
    return attention.allowed.expand_as(attention.scores)[0, 0].cpu().numpy()


def _stacked(tensors: Sequence[Tensor]) -> np.ndarray:
    """(1, ...) of each layer -> (layers, ...), float32."""
    return torch.stack([tensor[0] for tensor in tensors]).float().cpu().numpy()
