"""Greedy search by a draft: int8 weights write, the float32 pass that captures corrects.

A step of the search takes as long as reading the decoder's weights, and in int8 these are a quarter. The rounded
decoder writes a draft; the teacher-forced pass over it, which the maps need anyway, gives the float32 choice of every
row. Up to the first row where the two differ, with the choice of that row, the target is what a float32 search would
have written; from there a new draft goes on. Leviathan et al. 2023 draft with a smaller model in this way.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from model.config import DecodingConfig
from model.decoding import PackedDecoder, forbid, greedy_search
from model.tokenizer import BOS_ID
from model.transformer import DecoderPass, Transformer

# About one sentence in ten needs a second draft, one in a hundred a third. Whoever needs more has unusual weights, for
# which drafts do not pay.
MAX_DRAFTS = 4


@dataclass(frozen=True)
class RoundedProjection:
    """A linear layer with int8 weights, one scale for each output. It rounds its inputs to 8 bits as well."""

    packed: Any  # torch.classes.quantized.LinearPackedParamsBase

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor | None) -> RoundedProjection:
        """From the weight (outputs, inputs) of a linear layer."""
        scales = (weight.abs().amax(dim=1) / 127).clamp(min=1e-12)  # a row of zeros stays one
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that a later torch may do without this kind of Tensor
            rounded = torch.quantize_per_channel(weight, scales, torch.zeros_like(scales, dtype=torch.long), axis=0,
                                                 dtype=torch.qint8)
        return cls(torch.ops.quantized.linear_prepack(rounded, bias))

    def __call__(self, x: Tensor) -> Tensor:
        return torch.ops.quantized.linear_dynamic(x, self.packed)


def has_fast_int8() -> bool:
    """Whether torch has its int8 products for x86 processors here."""
    return torch.backends.quantized.engine in ("x86", "fbgemm")


def rounded_decoder(model: Transformer) -> PackedDecoder | None:
    """The model's decoder with int8 weights; None where drafts cannot be made or not be checked.

    They are made where torch multiplies int8 fast. They can be checked thanks to the look-ahead mask: without it the
    rows of a teacher-forced pass know what comes after them.
    """
    if not has_fast_int8() or model.embedding.weight.device.type != "cpu" or not model.config.look_ahead_mask:
        return None
    return PackedDecoder.of(model, RoundedProjection.of)


@dataclass(frozen=True, eq=False)
class DecodedTarget:
    """A target and the teacher-forced pass over it: row t of the logits (T, V) predicts token t."""

    ids: list[int]
    decoded: DecoderPass
    logits: Tensor


def batch_of(memories: Sequence[Tensor]) -> Tensor:
    """Encoder states (1, S, d_model) of several sources as one batch (B, longest, d_model)."""
    return pad_sequence([memory[0] for memory in memories], batch_first=True)


@torch.inference_mode()
def decode_target(model: Transformer, ids: list[int], memory: Tensor) -> DecodedTarget:
    """The teacher-forced pass over a target, by encoder states (1, S, d_model)."""
    decoder_input = torch.tensor([[BOS_ID, *ids[:-1]]], device=memory.device)
    decoded = model.decode_traced(decoder_input, memory)
    return DecodedTarget(ids, decoded, model.logits(decoded.states[0]))


def corrected(draft: DecodedTarget, config: DecodingConfig) -> list[int]:
    """The ids of a draft up to the first that greedy search by its logits would not choose, then the one it would."""
    prefixes = [draft.ids[:step] for step in range(len(draft.ids))]
    chosen = forbid(draft.logits.clone(), prefixes, config.no_repeat_ngram).argmax(dim=-1).tolist()
    for step, (written, right) in enumerate(zip(draft.ids, chosen, strict=True)):
        if written != right:
            return chosen[: step + 1]
    return draft.ids


@torch.inference_mode()
def greedy_targets(model: Transformer, sources: Sequence[Sequence[int]], memories: Sequence[Tensor],
                   config: DecodingConfig, packed: PackedDecoder | None,
                   rounded: PackedDecoder | None) -> list[DecodedTarget]:
    """What `greedy_search` finds, each with the pass that captures.

    Parameters
    ----------
    sources : ids, each ends with EOS
    memories : encoder states (1, S, d_model) of each source
    packed, rounded : the model's decoder packed for steps, in float32 and for drafts
    """
    targets: dict[int, DecodedTarget] = {}
    settled: list[list[int]] = [[] for _ in sources]
    unsure = list(range(len(sources)))
    drafters = [packed] if rounded is None else [*[rounded] * MAX_DRAFTS, packed]
    for drafter in drafters:
        drafts = greedy_search(model, [sources[i] for i in unsure], config, drafter,
                               batch_of([memories[i] for i in unsure]), [settled[i] for i in unsure])
        for i, ids in zip(unsure, drafts, strict=True):
            targets[i] = decode_target(model, ids, memories[i])
            settled[i] = corrected(targets[i], config)
        unsure = [i for i in unsure if settled[i] != targets[i].ids]
        if not unsure:
            break
    return [targets[i] for i in range(len(sources))]
