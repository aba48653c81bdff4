"""What the experiments put into a model, and the probabilities that they read from it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from model.tokenizer import BOS_ID
from model.transformer import Transformer
from model.translator import Translator


def source_ids(translator: Translator, sentence: str) -> Tensor:
    """Token ids of a sentence, end token included, shape (1, S), on the model's device."""
    ids = [token.id for token in translator.tokens(sentence)]
    return torch.tensor([ids], device=translator.device)


def decoder_input_ids(translator: Translator, target: Sequence[int]) -> Tensor:
    """What the decoder reads to predict each token of a target: the same one place later, shape (1, T)."""
    return torch.tensor([[BOS_ID, *target[:-1]]], device=translator.device)


def all_log_probs(model: Transformer, states: Tensor) -> Tensor:
    """Log probabilities (nats) of the whole vocabulary; decoder states (1, T, d_model) -> (T, V)."""
    return torch.log_softmax(model.logits(states[0]).float(), dim=-1)


def target_log_probs(model: Transformer, states: Tensor, target: Sequence[int]) -> Tensor:
    """Log probability (nats) of each token of a target; decoder states (1, T, d_model) -> (T,)."""
    ids = torch.tensor(list(target), device=states.device)
    return all_log_probs(model, states).gather(1, ids[:, None])[:, 0]
