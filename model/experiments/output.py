"""From the decoder's last state to the next token, and how much dropout lets its probability scatter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from model.experiments.inputs import all_log_probs, decoder_input_ids, source_ids
from model.records import Candidate
from model.transformer import Transformer
from model.translator import Translator


@torch.inference_mode()
def next_tokens(
    translator: Translator, sentence: str, target: tuple[int, ...], n_best: int
) -> tuple[tuple[Candidate, ...], ...]:
    """The likeliest next tokens at each step of a target, best first, with their probabilities.

    Parameters
    ----------
    target : tuple of int, length T
        Ids of what was written: step t reads all before target[t].
    n_best : int
        How many a step.
    """
    model, tokenizer = translator.transformer, translator.checkpoint.tokenizer
    source, decoder_input = source_ids(translator, sentence), decoder_input_ids(translator, target)
    states = model(source, decoder_input)[0]  # (T, d_model)
    probabilities = torch.softmax(model.logits(states).float(), dim=-1)  # (T, V)
    best, ids = probabilities.topk(min(n_best, probabilities.shape[1]), dim=-1)
    return tuple(
        tuple(Candidate(tokenizer.piece(i), i, p) for i, p in zip(step_ids, step_best, strict=True))
        for step_ids, step_best in zip(ids.tolist(), best.tolist(), strict=True)
    )


@dataclass(frozen=True, eq=False)
class DropoutPasses:
    """Teacher-forced passes over one target with dropout on, beside the one without.

    Attributes
    ----------
    off : array, shape (T,)
        Log probability (nats) of each target token without dropout.
    on : array, shape (passes, T)
        The same with dropout, in each pass other values at random being left out.
    first_choice : bool array, shape (passes, T)
        Whether the target token was still the likeliest.
    """

    off: np.ndarray
    on: np.ndarray
    first_choice: np.ndarray


@torch.inference_mode()
def dropout_passes(
    translator: Translator, sentence: str, target: tuple[int, ...], rate: float, n_passes: int, seed: int
) -> DropoutPasses:
    """Predict a target again and again with dropout, as in training.

    Parameters
    ----------
    target : tuple of int, length T
    rate : float
        Share of the values that dropout leaves out, 0 to below 1.
    """
    model = translator.transformer
    source, decoder_input = source_ids(translator, sentence), decoder_input_ids(translator, target)
    places = torch.tensor(target, device=source.device)

    def predict(network: Transformer) -> tuple[np.ndarray, np.ndarray]:
        log_probs = all_log_probs(network, network(source, decoder_input))
        chosen = log_probs.gather(1, places[:, None])[:, 0]
        return chosen.cpu().numpy(), (log_probs.argmax(dim=-1) == places).cpu().numpy()

    with torch.random.fork_rng():
        # A copy: the model itself is shared, and must never be in training mode.
        noisy = Transformer(replace(model.config, dropout=rate)).to(source.device).train()
        noisy.load_state_dict(model.state_dict())
        torch.manual_seed(seed)
        passes = [predict(noisy) for _ in range(n_passes)]
    return DropoutPasses(predict(model)[0], np.stack([on for on, _ in passes]), np.stack([best for _, best in passes]))
