"""A text in, a Translation out: fast search first, then one teacher-forced pass that captures every weight."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from model.checkpoint import Checkpoint, Network, load_checkpoint
from model.config import DecodingConfig, ModelConfig
from model.decoding import PackedDecoder, beam_search, greedy_search, pad_batch
from model.drafting import DecodedTarget, batch_of, decode_target, greedy_targets, rounded_decoder
from model.errors import CheckpointError, NothingToTranslateError, TextTooLongError
from model.intervention import without_heads
from model.records import AttentionRecord, BeamTree, Candidate, Intervention, Token, Trace, Translation
from model.text import check_text, clean, split_sentences
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID
from model.trace import trace_of
from model.transformer import EncoderPass, Transformer, padding_mask

MAX_SOURCE_TOKENS = 100
N_CANDIDATES = 5

Capture = Literal["weights", "trace"]


def pick_device(name: str) -> torch.device:
    """ "auto" (CUDA, else MPS, else CPU), "cpu", "cuda" or "mps".

    Raises
    ------
    CheckpointError
        If this machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(name, False):
        raise CheckpointError(f"there is no device {name!r} here: choose auto or one of "
                              f"{', '.join(kind for kind, there in available.items() if there)}")
    return torch.device(name)


class Translator:
    """Translates with one checkpoint. Immutable; may be used by several threads.

    A checkpoint of the LSTM translates as well, by `translate_batch` without capture: it has no heads to look at.
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self.checkpoint = checkpoint
        self.max_source_tokens = min(MAX_SOURCE_TOKENS, checkpoint.model_config.max_positions)
        self.device = str(device)
        self._device = device
        self._tokenizer = checkpoint.tokenizer
        self._model = checkpoint.model.to(device).eval()
        self._packed = PackedDecoder.of(self._model) if isinstance(self._model, Transformer) else None
        self._rounded = rounded_decoder(self._model) if isinstance(self._model, Transformer) else None
        self._pieces = [self._tokenizer.piece(i) for i in range(self._tokenizer.vocab_size)]
        # Two passes at once on the same cores are slower than one after the other.
        self._turn = threading.Lock()

    @classmethod
    def load(cls, path: str | Path, device: str = "auto", n_threads: int | None = None) -> Translator:
        """Read a checkpoint onto a device.

        Parameters
        ----------
        device : "auto", "cpu", "cuda" or "mps"
        n_threads : int, optional
            Threads for torch in this process; as torch chooses if not given.

        Raises
        ------
        CheckpointError
            If the checkpoint is missing, broken or unfit, or there is no such device.
        """
        if n_threads is not None:
            torch.set_num_threads(n_threads)
        return cls(load_checkpoint(path), pick_device(device))

    @property
    def network(self) -> Network:
        """The network, in evaluation mode. It is shared: change nothing in it."""
        return self._model

    @property
    def transformer(self) -> Transformer:
        """The network; CheckpointError if it is an LSTM."""
        if not isinstance(self._model, Transformer):
            raise CheckpointError(f"{self.checkpoint.path} is an LSTM: it has no attention heads to look at")
        return self._model

    @property
    def model_config(self) -> ModelConfig:
        """Sizes of the Transformer; CheckpointError if it is an LSTM."""
        return self.transformer.config

    def split_sentences(self, text: str) -> list[str]:
        """Sentences of a text; InputError if it has none or one cannot be translated."""
        sentences = split_sentences(text)
        for sentence in sentences:
            self.check(sentence)
        return sentences

    def tokens(self, text: str) -> tuple[Token, ...]:
        """Source tokens of one sentence, end token included; InputError if it cannot be translated."""
        return self._source_tokens(text)

    def count_tokens(self, text: str) -> int:
        """Source tokens of one sentence, end token included."""
        return len(self._tokenizer.encode(text))

    def check(self, text: str) -> None:
        """Raise the InputError that translating this one sentence would raise, if any."""
        self._source_tokens(text)

    def translate(self, text: str, config: DecodingConfig | None = None, *,
                  target_text: str | None = None, intervention: Intervention | None = None,
                  capture: Capture = "weights") -> Translation:
        """Translate one sentence, with all attention maps.

        Parameters
        ----------
        target_text : str, optional
            A translation to look into instead of searching for one.
        intervention : Intervention, optional
            Heads that are switched off for this translation.
        capture : "weights" or "trace"
            The weights and candidates, or with them the `trace` of what they were computed from.

        Raises
        ------
        InputError
            If the text is empty, has nothing to translate or is too long.
        CheckpointError
            If the checkpoint is an LSTM.
        ConfigError
            If the intervention names a head that the model does not have.
        """
        if intervention is not None and intervention.heads_off:
            found = self._changed(intervention).translate(text, config, target_text=target_text, capture=capture)
            return replace(found, decoding=f"{found.decoding} {intervention}")
        config = config or DecodingConfig()
        source = self._source_tokens(text)
        with self._turn:
            encoded = self._encode(source)
            if target_text is None:
                (target, beam), = self._search_with_capture([source], [encoded.memory], config)
                options = describe(config)
            else:
                target, beam = decode_target(self.transformer, self._target_ids(target_text), encoded.memory), None
                options = "target given"
            return self._captured(text, source, encoded, target, beam, options, with_trace=capture == "trace")

    def translate_batch(self, texts: Sequence[str], config: DecodingConfig | None = None, *,
                        capture: bool = False) -> list[Translation]:
        """Translate many sentences side by side. Without capture there are no maps and no candidates.

        Raises
        ------
        InputError
            As `translate`, for the first text that cannot be translated.
        """
        config = config or DecodingConfig()
        sources = [self._source_tokens(text) for text in texts]
        if not sources:
            return []
        options = describe(config)
        if capture:
            with self._turn:
                encoded = [self._encode(source) for source in sources]
                found = self._search_with_capture(sources, [one.memory for one in encoded], config)
                return [self._captured(text, source, one, target, beam, options)
                        for text, source, one, (target, beam) in zip(texts, sources, encoded, found, strict=True)]
        with self._turn:
            found = self._search(sources, config)
        log_probs = self._log_probs([_ids(s) for s in sources], [ids for ids, _ in found])
        return [self._translation(text, source, ids, log_prob, None, (), beam, options)
                for text, source, (ids, beam), log_prob in zip(texts, sources, found, log_probs, strict=True)]

    def _changed(self, intervention: Intervention) -> Translator:
        """A translator with a copy of the network, changed; this one stays as it is."""
        changed = without_heads(self.transformer, intervention.heads_off)
        return Translator(replace(self.checkpoint, model=changed), self._device)

    def _source_tokens(self, text: str) -> tuple[Token, ...]:
        check_text(clean(text))
        tokens = self._tokenizer.encode(text)
        self._check_length(len(tokens))
        if len(tokens) == 1:
            raise NothingToTranslateError("nothing is left of the text after normalisation: type a sentence")
        return tokens

    def _check_length(self, n_tokens: int) -> None:
        if n_tokens > self.max_source_tokens:
            raise TextTooLongError(n_tokens, self.max_source_tokens, "tokens")

    def _target_ids(self, target_text: str) -> list[int]:
        ids = [*self._tokenizer.ids([clean(target_text)])[0], EOS_ID]
        limit = self.checkpoint.model_config.max_positions
        if len(ids) > limit:
            raise TextTooLongError(len(ids), limit, "tokens")
        return ids

    @torch.inference_mode()
    def _encode(self, source: Sequence[Token]) -> EncoderPass:
        return self.transformer.encode_traced(self._row(_ids(source)))

    def _search(self, sources: Sequence[Sequence[Token]],
                config: DecodingConfig) -> list[tuple[list[int], BeamTree | None]]:
        ids = [_ids(source) for source in sources]
        if config.beam_size == 1:
            return [(target, None) for target in greedy_search(self._model, ids, config, self._packed)]
        return [*beam_search(self._model, ids, config, self._pieces, self._packed)]

    def _search_with_capture(self, sources: Sequence[Sequence[Token]], memories: Sequence[Tensor],
                             config: DecodingConfig) -> list[tuple[DecodedTarget, BeamTree | None]]:
        ids = [_ids(source) for source in sources]
        if config.beam_size == 1:
            return [(target, None) for target in greedy_targets(self.transformer, ids, memories, config, self._packed,
                                                                self._rounded)]
        found = beam_search(self._model, ids, config, self._pieces, self._packed, batch_of(memories))
        return [(decode_target(self.transformer, target, memory), beam)
                for (target, beam), memory in zip(found, memories, strict=True)]

    @torch.inference_mode()
    def _captured(self, text: str, source: tuple[Token, ...], encoded: EncoderPass, target: DecodedTarget,
                  beam: BeamTree | None, options: str, *, with_trace: bool = False) -> Translation:
        """The translation with the weights of all layers and heads, which the two passes computed."""
        decoded, logits = target.decoded, target.logits
        log_probs = torch.log_softmax(logits.float(), dim=-1)
        best, best_ids = log_probs.topk(N_CANDIDATES, dim=-1)
        candidates = tuple(
            tuple(Candidate(self._pieces[i], i, p) for i, p in zip(ids, probabilities, strict=True))
            for ids, probabilities in zip(best_ids.tolist(), best.exp().tolist(), strict=True))
        weights = (encoded.weights, decoded.self_weights, decoded.cross_weights)
        record = AttentionRecord(*(kind[:, 0].cpu().numpy() for kind in weights))
        trace = trace_of(encoded, decoded, logits) if with_trace else None
        chosen = log_probs.gather(1, self._row(target.ids).T)[:, 0]
        return self._translation(text, source, target.ids, chosen.cpu().numpy(), record, candidates, beam, options,
                                 trace)

    @torch.inference_mode()
    def _log_probs(self, sources: Sequence[list[int]], targets: Sequence[list[int]]) -> list[np.ndarray]:
        """Log probabilities (nats) of each target's tokens."""
        with self._turn:
            source = pad_batch(sources, self._device)
            decoder_input = pad_batch([[BOS_ID, *ids[:-1]] for ids in targets], self._device)
            states = self._model(source, decoder_input, padding_mask(source, PAD_ID))
            return [torch.log_softmax(self._model.logits(row[: len(ids)]).float(), dim=-1)
                    .gather(1, self._row(ids).T)[:, 0].cpu().numpy() for row, ids in zip(states, targets, strict=True)]

    def _row(self, ids: Sequence[int]) -> Tensor:
        return torch.tensor([list(ids)], dtype=torch.long, device=self._device)

    def _translation(self, text: str, source: tuple[Token, ...], target_ids: list[int], log_probs: np.ndarray,
                     attention: AttentionRecord | None, candidates: tuple[tuple[Candidate, ...], ...],
                     beam: BeamTree | None, options: str, trace: Trace | None = None) -> Translation:
        target_text, target = self._tokenizer.decode(target_ids)
        decoder_input = (self._tokenizer.special(BOS_ID), *target[:-1])
        return Translation(
            source_text=text, target_text=target_text, source=source, decoder_input=decoder_input, target=target,
            log_probs=log_probs, attention=attention, candidates=candidates, beam=beam,
            checkpoint_id=self.checkpoint.checkpoint_id, decoding=options, trace=trace,
        )


def _ids(tokens: Sequence[Token]) -> list[int]:
    return [token.id for token in tokens]


def describe(config: DecodingConfig) -> str:
    """The options of a search in words, for files."""
    if config.beam_size == 1:
        words = ["greedy"]
    else:
        words = [f"beam_size={config.beam_size}", f"length_penalty={config.length_penalty:g}"]
    if config.max_target_tokens is not None:
        words.append(f"max_target_tokens={config.max_target_tokens}")
    return " ".join([*words, f"no_repeat_ngram={config.no_repeat_ngram}"])
