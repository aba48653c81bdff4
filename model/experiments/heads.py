"""What each head of one attention gives to its output, and what becomes of the translation without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from model.attention import AttentionPass, MultiHeadAttention
from model.records import AttentionKind
from model.tokenizer import BOS_ID
from model.transformer import DecoderLayer, EncoderLayer, Transformer
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
    device = model.embedding.weight.device
    source = torch.tensor([[token.id for token in translator.tokens(sentence)]], device=device)
    decoder_input = torch.tensor([[BOS_ID, *target[:-1]]], device=device)
    chosen = torch.tensor(target, device=device)
    name, attention, done = _attention(model, source, decoder_input, kind, layer)
    parts = head_parts(attention, done)[:, 0]
    weight = f"{name}.output.weight"
    probabilities = [_probability(model, source, decoder_input, chosen, {})] + [
        _probability(model, source, decoder_input, chosen, {weight: without_head(attention, head)})
        for head in range(attention.n_heads)
    ]
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


def without_head(attention: MultiHeadAttention, head: int) -> Tensor:
    """A copy of W_O in which a head's rows are zero, so that the head adds nothing."""
    weight = attention.output.weight.clone()
    # nn.Linear keeps W_O transposed: (d_model, H * d_head).
    weight[:, head * attention.d_head : (head + 1) * attention.d_head] = 0
    return weight


def _attention(model: Transformer, source: Tensor, decoder_input: Tensor, kind: AttentionKind,
               layer: int) -> tuple[str, MultiHeadAttention, AttentionPass]:
    """One attention of the model: its name among the parameters, the module, and what it computes."""
    encoded = model.encode_traced(source)
    if kind == "encoder":
        encoder_layer = model.encoder[layer]
        assert isinstance(encoder_layer, EncoderLayer)
        name = f"encoder.{layer}.self_attention"
        return name, encoder_layer.self_attention, encoded.layers[layer].self_attention
    decoded = model.decode_traced(decoder_input, encoded.memory).layers[layer]
    decoder_layer = model.decoder[layer]
    assert isinstance(decoder_layer, DecoderLayer)
    if kind == "decoder":
        return f"decoder.{layer}.self_attention", decoder_layer.self_attention, decoded.self_attention
    return f"decoder.{layer}.cross_attention", decoder_layer.cross_attention, decoded.cross_attention


def _probability(model: Transformer, source: Tensor, decoder_input: Tensor, chosen: Tensor,
                 instead: dict[str, Tensor]) -> float:
    """Geometric mean of the probabilities of the chosen tokens, with some parameters replaced for this one pass."""
    states = functional_call(model, instead, (source, decoder_input))
    log_probs = torch.log_softmax(model.logits(states[0]).float(), dim=-1)
    return float(log_probs.gather(1, chosen[:, None]).mean().exp())
