"""What the look-ahead mask does: the decoder without it, and a model that was trained without it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.checkpoint import CONFIG, Checkpoint
from model.experiments.inputs import decoder_input_ids, source_ids, target_log_probs
from model.records import Token, Translation
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID
from model.transformer import DecoderLayer, Transformer, look_ahead_mask
from model.translator import Translator


@dataclass(frozen=True, eq=False)
class MaskRemoved:
    """One teacher-forced pass of a model over its own translation, with the mask and without.

    Attributes
    ----------
    with_mask, without_mask : array, shape (T,)
        Log probability (nats) of each target token.
    weights : array, shape (decoder layers, heads, T, T)
        Weights of the decoder's self-attention without the mask.
    """

    with_mask: np.ndarray
    without_mask: np.ndarray
    weights: np.ndarray


@torch.inference_mode()
def remove_mask(translator: Translator, sentence: str, target: tuple[int, ...]) -> MaskRemoved:
    """Let the decoder read a target with the mask, as it was trained to, and without.

    Parameters
    ----------
    target : tuple of int, length T
        Ids of the tokens to predict.
    """
    model = translator.transformer
    decoder_input = decoder_input_ids(translator, target)
    memory = model.encode(source_ids(translator, sentence), None)
    masked, _ = decode(model, decoder_input, memory, look_ahead_mask(len(target), decoder_input.device))
    unmasked, weights = decode(model, decoder_input, memory, None)
    with_mask, without_mask = (target_log_probs(model, states, target) for states in (masked, unmasked))
    return MaskRemoved(with_mask.cpu().numpy(), without_mask.cpu().numpy(), weights[:, 0].cpu().numpy())


def decode(model: Transformer, decoder_input: Tensor, memory: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """All decoder layers with any mask over their self-attention.

    Parameters
    ----------
    decoder_input : int Tensor, shape (B, T)
    memory : Tensor, shape (B, S, d_model)
    mask : bool Tensor, shape (T, T), or None
        True where position q may look at position k; None lets each look at all.

    Returns
    -------
    states : Tensor, shape (B, T, d_model)
    weights : Tensor, shape (layers, B, H, T, T)
        Of self-attention.
    """
    x = model.embed(decoder_input)
    weights = []
    for layer in model.decoder:
        assert isinstance(layer, DecoderLayer)
        x, own, _ = layer.with_weights(x, memory, None, mask)
        weights.append(own)
    return x, torch.stack(weights)


def read_given(translator: Translator, sentence: str, target_text: str) -> Translation:
    """Let a model predict a given text, each token with the tokens that its mask lets it see."""
    return translator.translate(sentence, target_text=target_text)


@dataclass(frozen=True, eq=False)
class Written:
    """What a model writes by itself.

    Attributes
    ----------
    text : str
    tokens : tuple of Token, length T
    probabilities : array, shape (T,)
        Of each token when it was chosen, 0 to 1.
    """

    text: str
    tokens: tuple[Token, ...]
    probabilities: np.ndarray


@torch.inference_mode()
def write_alone(translator: Translator, sentence: str, at_least: int, at_most: int) -> Written:
    """Greedy search that runs the whole decoder over the growing beginning, as a model without the mask needs it.

    Without the mask the state of a token depends on those after it, so nothing of a step can be kept for the next.

    Parameters
    ----------
    at_least : int
        The end token is not taken before so many other tokens are written.
    at_most : int
        It stops after so many tokens, the end token included.
    """
    model = translator.transformer
    memory = model.encode(source_ids(translator, sentence), None)
    written: list[int] = []
    probabilities: list[float] = []
    while len(written) < at_most and EOS_ID not in written:
        states = model.decode(torch.tensor([[BOS_ID, *written]], device=memory.device), memory, None)
        next_token = torch.softmax(model.logits(states[0, -1]).float(), dim=-1)
        next_token[[PAD_ID, BOS_ID, UNK_ID]] = 0.0
        if len(written) < at_least:
            next_token[EOS_ID] = 0.0
        written.append(int(next_token.argmax()))
        probabilities.append(float(next_token.max()))
    text, tokens = translator.checkpoint.tokenizer.decode(written)
    return Written(text, tokens, np.array(probabilities))


@dataclass(frozen=True, eq=False)
class LossCurve:
    """How a model's training loss went.

    Attributes
    ----------
    tokens_million : array, shape (n,)
        Source and target tokens trained on.
    loss : array, shape (n,)
        Nats a target token, with dropout and label smoothing on.
    least : float
        The loss of a model that foresees every token, in nats: label smoothing leaves it above 0.
    checkpoint_id : str
        Of the model.
    """

    tokens_million: np.ndarray
    loss: np.ndarray
    least: float
    checkpoint_id: str


def loss_curve(translator: Translator, sentence: str) -> LossCurve:
    """The training loss of a model, from its training.csv. The sentence plays no part."""
    checkpoint = translator.checkpoint
    rows = [row for row in checkpoint.training_log if row.get("train_loss")]
    return LossCurve(
        tokens_million=np.array([float(row["tokens"]) / 1e6 for row in rows]),
        loss=np.array([float(row["train_loss"]) for row in rows]),
        least=least_loss(_label_smoothing(checkpoint), checkpoint.model_config.vocab_size),
        checkpoint_id=checkpoint.checkpoint_id,
    )


def least_loss(label_smoothing: float, vocab_size: int) -> float:
    """Entropy (nats) of the smoothed truth: the least that its cross-entropy with any prediction can be.

    The right token has 1 - e + e / V of it, each other token e / V (Szegedy et al. 2016, section 7).
    """
    other = label_smoothing / vocab_size
    right = 1 - label_smoothing + other
    return -right * math.log(right) - (vocab_size - 1) * other * math.log(other) if other > 0 else 0.0


def _label_smoothing(checkpoint: Checkpoint) -> float:
    """What a checkpoint was trained with; 0 if it does not say."""
    training = json.loads((checkpoint.path / CONFIG).read_text(encoding="utf-8")).get("training", {})
    return float(training.get("config", {}).get("label_smoothing", 0.0))
