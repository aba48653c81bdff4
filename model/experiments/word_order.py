"""What the order of the words is to the encoder: the same words shuffled, with the positions and without."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.experiments.inputs import source_ids
from model.transformer import Transformer
from model.translator import Translator


@dataclass(frozen=True, eq=False)
class Shuffled:
    """How far each token's encoder output moves when the tokens are shuffled.

    Attributes
    ----------
    without_positions, with_positions : array, shape (S,)
        Length of the difference as a share of the length of the output before, 0 where nothing changed. The token's
        output is looked up where the token stands after the shuffle.
    """

    without_positions: np.ndarray
    with_positions: np.ndarray


@torch.inference_mode()
def shuffle_tokens(translator: Translator, sentence: str, order: tuple[int, ...]) -> Shuffled:
    """Encode a sentence as it is and with its tokens in another order.

    Parameters
    ----------
    order : tuple of int, length S
        A permutation: place i of the shuffled sentence holds token order[i].
    """
    model = translator.transformer
    ids = source_ids(translator, sentence)
    shuffled = ids[:, list(order)]
    moved = [_moved(encode(model, ids, positions=positions), encode(model, shuffled, positions=positions), order)
             for positions in (False, True)]
    return Shuffled(*moved)


def encode(model: Transformer, source: Tensor, *, positions: bool) -> Tensor:
    """Encoder outputs with or without the positional encoding added to the embeddings; (B, S) -> (B, S, d_model)."""
    x = model.embed(source) if positions else model.embedding(source) * math.sqrt(model.config.d_model)
    for layer in model.encoder:
        x = layer(x, None)
    return x


def _moved(before: Tensor, after: Tensor, order: tuple[int, ...]) -> np.ndarray:
    """Share by which each token's output changed, in the order of the sentence as it was."""
    back = torch.empty_like(after)
    back[:, list(order)] = after
    return ((back - before).norm(dim=-1) / before.norm(dim=-1))[0].float().cpu().numpy()
