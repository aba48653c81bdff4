"""What the two sublayers of each encoder layer add to a word's vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.experiments.inputs import source_ids
from model.transformer import EncoderLayer
from model.translator import Translator


@dataclass(frozen=True, eq=False)
class ResidualSums:
    """The residual sums of a sentence, each array of shape (encoder layers, S).

    Attributes
    ----------
    attention, feed_forward : array
        Length of what the sublayer adds, as a share of the length of the vector that it is added to.
    active : array
        Share of the d_ff numbers inside of the feed-forward network that are above zero, 0 to 1.
    """

    attention: np.ndarray
    feed_forward: np.ndarray
    active: np.ndarray


@torch.inference_mode()
def residual_sums(translator: Translator, sentence: str) -> ResidualSums:
    """Encode a sentence and measure both residual sums of each layer."""
    model = translator.transformer
    source = source_ids(translator, sentence)
    x = model.embed(source)
    rows = []
    for layer in model.encoder:
        assert isinstance(layer, EncoderLayer)
        done = layer.traced(x, None)
        added = layer.feed_forward(done.attended)
        inner = layer.feed_forward.inner(done.attended)
        rows.append((
            _share(done.self_attention.output, x), _share(added, done.attended), (inner > 0).float().mean(dim=-1)[0],
        ))
        x = done.output
    return ResidualSums(*(torch.stack(kind).float().cpu().numpy() for kind in zip(*rows, strict=True)))


def _share(added: Tensor, to: Tensor) -> Tensor:
    """Lengths of what is added, by the lengths of what it is added to; (1, S, d_model) -> (S,)."""
    return (added.norm(dim=-1) / to.norm(dim=-1))[0]
