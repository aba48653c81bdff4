"""Who influences whom: how far each word's state in the encoder depends on each word of the sentence.

Measured in two ways. A word is left out (occlusion): its vectors become zero, its place stays. Or it is nudged: its
vectors move a little, in a few random directions, which estimates the norm of the states' derivative. Where the change
is exactly zero, there is no path from the word to the state.

Shapes: W words, S source tokens, B sentences in a batch.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.checkpoint import Network
from model.records import Translation
from model.recurrent import RecurrentModel
from model.translator import Translator

Spans = tuple[tuple[int, int], ...]

N_PROBES = 3
# How far a nudge goes, as a share of the length of the word's vectors. Smaller ones drown in rounding.
NUDGE = 0.01


@dataclass(frozen=True, eq=False)
class Influence:
    """How far the states depend on the words.

    Attributes
    ----------
    change : array, shape (W, W), float32
        Rows: the word whose state it is; columns: the word that is changed. The length of the difference as a share of
        the length of the state as it was; after a nudge, divided by the nudge.
    n_tokens : tuple of int, length W
        Tokens of each word in the vocabulary of this model.
    checkpoint_id : str
        Of this model.
    """

    change: np.ndarray
    n_tokens: tuple[int, ...]
    checkpoint_id: str


@torch.inference_mode()
def leave_out_words(translator: Translator, sentence: str, spans: Spans) -> Influence:
    """Leave each word out, and see how the top encoder state of each word changes.

    Parameters
    ----------
    spans : tuple of (start, end)
        The words as characters of the sentence, in order, so that models of different vocabularies share them. A token
        belongs to the first word that ends after the token's beginning; the end token belongs to none.
    """
    network = translator.network
    vectors, own = _read(translator, sentence, spans)
    without = torch.where(own[:, :, None], 0.0, vectors)
    change = state_change(top_states(network, vectors), top_states(network, without), own)
    return _influence(translator, change, own)


@torch.inference_mode()
def nudge_words(translator: Translator, sentence: str, spans: Spans) -> Influence:
    """Move each word's vectors by one percent of their length, and see by how many percent each state changes.

    The root mean square over a few random directions. With x the n numbers of the word's vectors, h the state and J
    the derivative of h with respect to x, it estimates |J| |x| / (|h| sqrt(n)), where |J| is the Frobenius norm.

    Parameters
    ----------
    spans : tuple of (start, end)
        As for `leave_out_words`.
    """
    network = translator.network
    vectors, own = _read(translator, sentence, spans)
    before, lengths = top_states(network, vectors), _length(vectors * own[:, :, None])
    generator = torch.Generator().manual_seed(0)
    squares = torch.zeros(len(own), len(own), device=vectors.device)
    for _ in range(N_PROBES):
        direction = torch.randn(vectors.shape, generator=generator).to(vectors) * own[:, :, None]
        nudged = vectors + direction * (NUDGE * lengths / _length(direction))
        squares += (state_change(before, top_states(network, nudged), own) / NUDGE).square()
    return _influence(translator, (squares / N_PROBES).sqrt(), own)


def state_change(before: Tensor, after: Tensor, own: Tensor) -> Tensor:
    """By how much each word's state changes, as a share of its length, for each word that is changed.

    Parameters
    ----------
    before, after : Tensor, shape (W, S, d_model)
        The encoder's states; in row w of `after` the vectors of word w are others.
    own : bool Tensor, shape (W, S)
        True for the tokens of each word.

    Returns
    -------
    Tensor, shape (W, W)
        Rows: states; columns: words changed.
    """
    tokens_of = own.T.to(before.dtype)  # (S, W)
    # (W changed, S, d_model) -> (W changed, S) -> (W changed, W states)
    difference = (after - before).square().sum(dim=-1) @ tokens_of
    length = before.square().sum(dim=-1) @ tokens_of
    return (difference / length).sqrt().T


def top_states(network: Network, vectors: Tensor) -> Tensor:
    """The encoder's last states for vectors in place of the tokens' embeddings; (B, S, d_model) both."""
    if isinstance(network, RecurrentModel):
        batch, length, _ = vectors.shape
        return network.encoder(vectors, torch.full((batch,), length, device=vectors.device))
    x = vectors + network.positions[: vectors.shape[1]]
    for layer in network.encoder:
        x = layer(x, None)
    return x


def written(translator: Translator, sentence: str) -> Translation:
    """The sentence's translation (greedy), without maps: an LSTM has no heads to look at."""
    return translator.translate_batch([sentence])[0]


def _read(translator: Translator, sentence: str, spans: Spans) -> tuple[Tensor, Tensor]:
    """Scaled embeddings, once for each word (W, S, d_model), and which tokens are the word's own (W, S).

    Once for each word, so that the states with and without a change come from sums of the same shape, which are rounded
    alike: what does not change, changes by exactly 0.
    """
    network, tokens = translator.network, translator.checkpoint.tokenizer.encode(sentence)
    device = network.embedding.weight.device
    ids = torch.tensor([[token.id for token in tokens]], device=device)
    ends = [end for _, end in spans]
    word_of = torch.tensor([bisect_right(ends, token.start) for token in tokens], device=device)
    own = word_of == torch.arange(len(spans), device=device)[:, None]
    vectors = network.embedding(ids) * math.sqrt(network.config.d_model)  # (1, S, d_model)
    return vectors.expand(len(spans), -1, -1), own


def _length(x: Tensor) -> Tensor:
    """Length of each sentence's numbers, shape (B, 1, 1)."""
    return x.square().sum(dim=(1, 2), keepdim=True).sqrt()


def _influence(translator: Translator, change: Tensor, own: Tensor) -> Influence:
    n_tokens = tuple(own.sum(dim=1).tolist())
    return Influence(change.float().cpu().numpy(), n_tokens, translator.checkpoint.checkpoint_id)
