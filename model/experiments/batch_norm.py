"""LayerNorm beside BatchNorm: what becomes of a sentence when only the rest of its batch changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from model.decoding import pad_batch
from model.tokenizer import PAD_ID
from model.transformer import EncoderLayer, padding_mask
from model.translator import Translator


@dataclass(frozen=True, eq=False)
class NormsCompared:
    """A sentence in two batches, after the encoder's first normalisation.

    Attributes
    ----------
    layer_norm, batch_norm, batch_norm_of_words : array, shape (S,)
        How far each token's normalised vector moves from the first batch to the second: length of the difference as a
        share of its length in the first. BatchNorm counts all places of the batch, or those that are no padding.
    padding : tuple of two floats
        Share of the places of each batch that are padding, 0 to 1.
    feature : int
        Of the d_model features the one whose mean over the batch moves most, measured in its standard deviations;
        from zero.
    mean, deviation : tuple of two floats
        Its mean and standard deviation over all places of each batch: what BatchNorm takes away and divides by.
    """

    layer_norm: np.ndarray
    batch_norm: np.ndarray
    batch_norm_of_words: np.ndarray
    padding: tuple[float, float]
    feature: int
    mean: tuple[float, float]
    deviation: tuple[float, float]


@torch.inference_mode()
def change_batch(translator: Translator, sentence: str, before: tuple[str, ...], after: tuple[str, ...],
                 n_padding: int) -> NormsCompared:
    """Normalise the first residual sum of a sentence in two batches, by LayerNorm and by BatchNorm.

    Parameters
    ----------
    before, after : tuple of str
        The sentences that share the first batch and the second with it.
    n_padding : int
        Padding that the longest row of the second batch gets, and every other row with it, as far as the model has
        positions.
    """
    layer = translator.transformer.encoder[0]
    assert isinstance(layer, EncoderLayer)
    norm = layer.self_attention_norm
    first, is_word = _first_sums(translator, [sentence, *before], 0)
    second, is_word_then = _first_sums(translator, [sentence, *after], n_padding)
    n = len(translator.tokens(sentence))
    everywhere, everywhere_then = torch.ones_like(is_word), torch.ones_like(is_word_then)
    feature, means, deviations = _moved_most(first, second)
    return NormsCompared(
        layer_norm=_moved(norm(first)[0, :n], norm(second)[0, :n]),
        batch_norm=_moved(batch_norm(first, everywhere, norm)[0, :n],
                          batch_norm(second, everywhere_then, norm)[0, :n]),
        batch_norm_of_words=_moved(batch_norm(first, is_word, norm)[0, :n],
                                   batch_norm(second, is_word_then, norm)[0, :n]),
        padding=(float((~is_word).float().mean()), float((~is_word_then).float().mean())),
        feature=feature,
        mean=means,
        deviation=deviations,
    )


def batch_norm(sums: Tensor, counted: Tensor, norm: nn.LayerNorm) -> Tensor:
    """BatchNorm as it works while a model is trained (Ioffe and Szegedy 2015, algorithm 1).

    Each feature is normalised by its mean and variance over the batch; LayerNorm takes them over the features of one
    token. Scale, shift and epsilon are those of the model's LayerNorm, so that both outputs are alike.

    Parameters
    ----------
    sums : Tensor, shape (B, L, d_model)
    counted : bool Tensor, shape (B, L)
        The places that mean and variance are taken over.

    Returns
    -------
    Tensor, shape (B, L, d_model)
    """
    # (B, L, d_model) -> (counted places, d_model)
    places = sums[counted]
    mean, variance = places.mean(dim=0), places.var(dim=0, unbiased=False)
    return (sums - mean) / torch.sqrt(variance + norm.eps) * norm.weight + norm.bias


def _first_sums(translator: Translator, sentences: Sequence[str], n_padding: int) -> tuple[Tensor, Tensor]:
    """What the encoder's first LayerNorm reads, (B, L, d_model), and where there is a word, (B, L)."""
    model, tokenizer = translator.transformer, translator.checkpoint.tokenizer
    rows = [[token.id for token in tokenizer.encode(sentence)] for sentence in sentences]
    source = pad_batch(rows, model.embedding.weight.device)
    room = model.config.max_positions - source.shape[1]
    source = nn.functional.pad(source, (0, min(n_padding, room)), value=PAD_ID)
    layer = model.encoder[0]
    assert isinstance(layer, EncoderLayer)
    x = model.embed(source)
    attended = layer.self_attention.traced(x, x, allowed=padding_mask(source, PAD_ID)).output
    return x + attended, source != PAD_ID


def _moved(before: Tensor, after: Tensor) -> np.ndarray:
    """Length of the difference of each token's vectors by the length of the first; (S, d_model) -> (S,)."""
    return ((after - before).norm(dim=-1) / before.norm(dim=-1)).float().cpu().numpy()


def _moved_most(first: Tensor, second: Tensor) -> tuple[int, tuple[float, float], tuple[float, float]]:
    """The feature whose mean moves most between two batches, with its means and standard deviations in both."""
    # (B, L, d_model) -> (B * L, d_model)
    batches = (first.flatten(0, 1), second.flatten(0, 1))
    means = [batch.mean(dim=0) for batch in batches]
    deviations = [batch.std(dim=0, unbiased=False) for batch in batches]
    feature = int(((means[1] - means[0]).abs() / deviations[0]).argmax())
    return (feature, (float(means[0][feature]), float(means[1][feature])),
            (float(deviations[0][feature]), float(deviations[1][feature])))
