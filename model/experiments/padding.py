"""A sentence in a batch with a longer one: what its padding does with the mask and without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.config import DecodingConfig
from model.decoding import greedy_search, target_limit
from model.experiments.inputs import decoder_input_ids, target_log_probs
from model.records import Token
from model.tokenizer import EOS_ID, PAD_ID
from model.transformer import padding_mask
from model.translator import Translator


@dataclass(frozen=True, eq=False)
class Padded:
    """What a sentence is to the model when it is padded.

    Attributes
    ----------
    encoder_on_padding : array, shape (encoder layers, heads)
        Share of the weight that the sentence's tokens give to padding, averaged over them, 0 to 1.
    cross_on_padding : array, shape (decoder layers, heads)
        The same for the tokens of its translation.
    moved : array, shape (S,)
        How far each token's encoder output is from the one without padding: length of the difference as a share of
        the length of the latter.
    log_probs : array, shape (T,)
        Log probability (nats) of each token of the translation that the sentence has without padding.
    target_text : str
        The translation (greedy search) that it has with padding.
    neighbour : tuple of Token, length S + padding
        The other sentence of the batch.
    """

    encoder_on_padding: np.ndarray
    cross_on_padding: np.ndarray
    moved: np.ndarray
    log_probs: np.ndarray
    target_text: str
    neighbour: tuple[Token, ...]

    @property
    def n_padding(self) -> int:
        """Padding tokens that the sentence got."""
        return len(self.neighbour) - len(self.moved)


@torch.inference_mode()
def pad_sentence(translator: Translator, sentence: str, neighbour: str, target: tuple[int, ...], n_padding: int,
                 masked: bool) -> Padded:
    """Put a sentence into a batch with another that is longer, and translate it there.

    Parameters
    ----------
    neighbour : str
        Where the other sentence comes from: it is cut to the wanted length, or repeated.
    target : tuple of int, length T
        Ids of the sentence's translation without padding, end token included.
    n_padding : int
        By how many tokens the other is longer, as far as the model has positions.
    masked : bool
        Whether padding is hidden from attention, in the encoder and in cross-attention.
    """
    model, tokenizer = translator.transformer, translator.checkpoint.tokenizer
    device = model.embedding.weight.device
    ids = [token.id for token in translator.tokens(sentence)]
    n = len(ids)
    other = cut_to(tokenizer.encode(neighbour), min(n + n_padding, model.config.max_positions))
    row = [*ids, *[PAD_ID] * (len(other) - n)]
    source = torch.tensor([row, [token.id for token in other]], device=device)
    mask = padding_mask(source, PAD_ID) if masked else None
    encoded = model.encode_traced(source, mask)
    memory, own_mask = encoded.memory[:1], None if mask is None else mask[:1]
    decoded = model.decode_traced(decoder_input_ids(translator, target), memory, own_mask)
    # The search masks the ids of padding by itself. Without the mask, it is to know of none.
    searched = row if masked else [*ids, *[EOS_ID] * (len(other) - n)]
    limit = target_limit(n, DecodingConfig(), model.config.max_positions)
    written = greedy_search(model, [searched], DecodingConfig(max_target_tokens=limit), memory=memory)[0]
    alone = model.encode(torch.tensor([ids], device=device), None)[0]
    return Padded(
        encoder_on_padding=weight_on_padding(encoded.weights[:, 0, :, :n], n),
        cross_on_padding=weight_on_padding(decoded.cross_weights[:, 0], n),
        moved=((memory[0, :n] - alone).norm(dim=-1) / alone.norm(dim=-1)).float().cpu().numpy(),
        log_probs=target_log_probs(model, decoded.states, target).cpu().numpy(),
        target_text=tokenizer.decode(written)[0],
        neighbour=other,
    )


def weight_on_padding(weights: Tensor, n_tokens: int) -> np.ndarray:
    """Weight on the keys after the first `n_tokens`, averaged over the queries; (layers, H, Q, K) -> (layers, H)."""
    return weights[..., n_tokens:].sum(dim=-1).mean(dim=-1).cpu().numpy()


def cut_to(tokens: tuple[Token, ...], length: int) -> tuple[Token, ...]:
    """The first tokens and the end token, `length` in all; repeated from the beginning where they are too few."""
    *words, end = tokens
    repeated = words * (length // len(words) + 1)
    return (*repeated[: length - 1], end)
