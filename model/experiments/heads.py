"""What each head of one attention gives to its output, and what becomes of the translation without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.attention import AttentionPass, MultiHeadAttention
from model.experiments.inputs import decoder_input_ids, source_ids, target_log_probs
from model.intervention import attention_of, without_heads
from model.records import AttentionKind, HeadRef, Intervention, Translation
from model.transformer import Transformer
from model.translator import Translator


@dataclass(frozen=True, eq=False)
class HeadParts:
    """The heads of one layer and kind on one sentence.

    Attributes
    ----------
    lengths : array, shape (heads,)
        Length of the vector that each head adds to the output of its attention, averaged over the queries.
    length_of_sum : float
        Length of the sum of these vectors, averaged over the queries. It is less than the sum of their lengths where
        they point in different directions.
    probability : float
        Probability that the model gives to the tokens of its translation: geometric mean, 0 to 1.
    without : array, shape (heads,)
        The same with one head's part left out.
    """

    lengths: np.ndarray
    length_of_sum: float
    probability: float
    without: np.ndarray


@torch.inference_mode()
def measure_heads(translator: Translator, sentence: str, target: tuple[int, ...], kind: AttentionKind,
                  layer: int) -> HeadParts:
    """Split the output of an attention into the parts of its heads, and leave out one head after the other.

    Parameters
    ----------
    target : tuple of int
        Token ids of the translation, end token included.
    layer : int
        Counted from zero.
    """
    model = translator.transformer
    source, decoder_input = source_ids(translator, sentence), decoder_input_ids(translator, target)
    parts = head_parts(attention_of(model, kind, layer), _pass_of(model, source, decoder_input, kind, layer))[:, 0]
    changed = [without_heads(model, [HeadRef(kind, layer, head)]) for head in range(len(parts))]
    probabilities = [_probability(each, source, decoder_input, target) for each in (model, *changed)]
    return HeadParts(
        lengths=parts.norm(dim=-1).mean(dim=-1).cpu().numpy(),
        length_of_sum=float(parts.sum(dim=0).norm(dim=-1).mean()),
        probability=probabilities[0],
        without=np.array(probabilities[1:]),
    )


def head_parts(attention: MultiHeadAttention, done: AttentionPass) -> Tensor:
    """What each head adds to the output: its weighted sum of values times its rows of W_O.

    Returns
    -------
    Tensor, shape (H, B, Q, d_model)
        Their sum and the bias of the projection make the output.
    """
    mixed = done.weights.to(done.value.dtype) @ done.value
    # (d_model, H * d_head) -> (d_model, H, d_head)
    rows_of_heads = attention.output.weight.unflatten(1, (attention.n_heads, attention.d_head))
    return torch.einsum("bhqd,mhd->hbqm", mixed, rows_of_heads)


def translate_without(translator: Translator, sentence: str, heads: tuple[HeadRef, ...]) -> Translation:
    """The sentence translated anew (greedy) with these heads switched off."""
    return translator.translate(sentence, intervention=Intervention(heads))


def _pass_of(model: Transformer, source: Tensor, decoder_input: Tensor, kind: AttentionKind,
             layer: int) -> AttentionPass:
    """What one attention of the model computes."""
    encoded = model.encode_traced(source)
    if kind == "encoder":
        return encoded.layers[layer].self_attention
    decoded = model.decode_traced(decoder_input, encoded.memory).layers[layer]
    return decoded.self_attention if kind == "decoder" else decoded.cross_attention


def _probability(model: Transformer, source: Tensor, decoder_input: Tensor, target: tuple[int, ...]) -> float:
    """Geometric mean of the probabilities of the target's tokens."""
    return float(target_log_probs(model, model(source, decoder_input), target).mean().exp())
