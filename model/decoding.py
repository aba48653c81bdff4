"""Greedy and beam search with cached keys and values. Captures nothing: see translator.py for the maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import DecodingConfig
from model.records import BeamNode, BeamTree
from model.recurrent import RecurrentModel, RecurrentStepDecoder
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID
from model.transformer import DecoderLayer, Transformer, padding_mask


@dataclass(frozen=True)
class Projection:
    """A linear layer with its weight transposed: a product with few rows then reads memory in order.

    For one row that takes two thirds of the time of `F.linear` on a CPU, and reading the weights is what a step takes.
    """

    weight: Tensor  # (inputs, outputs)
    bias: Tensor | None

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor | None) -> Projection:
        """From the weight (outputs, inputs) of a linear layer."""
        return cls(weight.T.contiguous(), bias)

    def __call__(self, x: Tensor) -> Tensor:
        return x @ self.weight if self.bias is None else torch.addmm(self.bias, x, self.weight)


Project = Callable[[Tensor], Tensor]  # (B, inputs) -> (B, outputs)
Pack = Callable[[Tensor, Tensor | None], Project]  # of a weight (outputs, inputs) and a bias


@dataclass(frozen=True)
class PackedLayer:
    """The projections of one decoder layer, packed for steps."""

    query_key_value: Project
    self_output: Project
    cross_query: Project
    cross_output: Project
    inner: Project
    outer: Project


@dataclass(frozen=True)
class PackedDecoder:
    """The projections of a decoder, packed for steps. Made once for a model whose weights no longer change."""

    layers: tuple[PackedLayer, ...]
    logits: Project

    @classmethod
    def of(cls, model: Transformer, pack: Pack = Projection.of) -> PackedDecoder:
        """Pack a model's decoder, each projection by `pack`."""
        def packed(*linear: nn.Linear) -> Project:  # of the same input, side by side
            return pack(torch.cat([one.weight.detach() for one in linear]),
                        torch.cat([one.bias.detach() for one in linear]))

        layers = []
        for layer in _decoder_layers(model):
            own, cross, feed_forward = layer.self_attention, layer.cross_attention, layer.feed_forward
            layers.append(PackedLayer(
                packed(own.query, own.key, own.value), packed(own.output), packed(cross.query), packed(cross.output),
                packed(feed_forward.inner), packed(feed_forward.outer)))
        return cls(tuple(layers), pack(model.embedding.weight.detach(), None))


def _decoder_layers(model: Transformer) -> list[DecoderLayer]:
    return [layer for layer in model.decoder if isinstance(layer, DecoderLayer)]


@dataclass
class LayerCache:
    """Keys and values of one decoder layer: (B, H, T, d_head) of its own inputs, (B, H, S, d_head) of the source."""

    self_key: Tensor
    self_value: Tensor
    cross_key: Tensor
    cross_value: Tensor

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch, in this order."""
        self.self_key, self.self_value = self.self_key[rows], self.self_value[rows]
        self.cross_key, self.cross_value = self.cross_key[rows], self.cross_value[rows]


class StepDecoder:
    """The decoder, one token at a time. Gives the same logits as the teacher-forced pass."""

    def __init__(self, model: Transformer, source: Tensor, packed: PackedDecoder | None = None,
                 memory: Tensor | None = None) -> None:
        """Encode `source` (B, S; padding allowed), unless its encoder states are there already as `memory`."""
        self._model = model
        self._layers = _decoder_layers(model)
        self._packed = packed or PackedDecoder.of(model)
        self._source_mask: Tensor | None = padding_mask(source, PAD_ID)
        if bool(self._source_mask.all()):
            self._source_mask = None
        if memory is None:
            memory = model.encode(source, self._source_mask)
        empty = memory.new_zeros(memory.shape[0], model.config.n_heads, 0, model.config.d_head)
        self._caches = [LayerCache(empty, empty, *layer.cross_attention.keys_and_values(memory))
                        for layer in self._layers]
        self._position = 0

    def step(self, tokens: Tensor) -> Tensor:
        """Log probabilities (B, V) of the next token after `tokens` (B,)."""
        x = self._model.embed(tokens[:, None], self._position)[:, 0]
        for layer, packed, cache in zip(self._layers, self._packed.layers, self._caches, strict=True):
            x = _layer_step(layer, packed, x, cache, self._source_mask)
        self._position += 1
        return torch.log_softmax(self._packed.logits(x).float(), dim=-1)

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch, in this order."""
        for cache in self._caches:
            cache.select(rows)
        if self._source_mask is not None:
            self._source_mask = self._source_mask[rows]


def _layer_step(layer: DecoderLayer, packed: PackedLayer, x: Tensor, cache: LayerCache,
                source_mask: Tensor | None) -> Tensor:
    """One decoder layer on one new position; (B, d_model) -> (B, d_model). Extends the cache."""
    n_heads = layer.self_attention.n_heads
    # (B, 3 * d_model) -> (B, 3 * H, 1, d_head) -> three of (B, H, 1, d_head)
    query, key, value = packed.query_key_value(x).view(len(x), 3 * n_heads, 1, -1).split(n_heads, dim=1)
    cache.self_key = torch.cat([cache.self_key, key], dim=2)
    cache.self_value = torch.cat([cache.self_value, value], dim=2)
    mixed = F.scaled_dot_product_attention(query, cache.self_key, cache.self_value)
    # (B, H, 1, d_head) -> (B, d_model)
    x = layer.self_attention_norm(x + packed.self_output(mixed.flatten(1)))
    query = packed.cross_query(x).view(len(x), n_heads, 1, -1)
    mixed = F.scaled_dot_product_attention(query, cache.cross_key, cache.cross_value, attn_mask=source_mask)
    x = layer.cross_attention_norm(x + packed.cross_output(mixed.flatten(1)))
    return layer.feed_forward_norm(x + packed.outer(F.relu(packed.inner(x))))


def pad_batch(sequences: Sequence[Sequence[int]], device: torch.device | None = None) -> Tensor:
    """Sequences of ids as one int64 Tensor (B, longest), padded at the end."""
    longest = max(len(s) for s in sequences)
    rows = [[*s, *[PAD_ID] * (longest - len(s))] for s in sequences]
    return torch.tensor(rows, dtype=torch.long, device=device)


def target_limit(n_source: int, config: DecodingConfig, max_positions: int) -> int:
    """Most tokens a target may have, end token included: it follows the source."""
    limit = config.max_target_tokens or 2 * n_source + 10
    return min(limit, max_positions)


def banned_tokens(tokens: Sequence[int], n: int) -> set[int]:
    """Tokens that would repeat an n-gram of `tokens`; none for n = 0."""
    if n == 0 or len(tokens) < n:
        return set()
    tail = tuple(tokens[len(tokens) - n + 1:])
    return {tokens[i + n - 1] for i in range(len(tokens) - n + 1) if tuple(tokens[i : i + n - 1]) == tail}


def forbid(log_probs: Tensor, rows: Sequence[Sequence[int]], n: int) -> Tensor:
    """Set log probabilities (B, V) to minus infinity where a token may not come next.

    Row r follows the tokens `rows[r]`, of which no n-gram may occur twice.
    """
    log_probs[:, [PAD_ID, BOS_ID, UNK_ID]] = float("-inf")
    for row, tokens in enumerate(rows):
        banned = banned_tokens(tokens, n)
        if banned:
            log_probs[row, list(banned)] = float("-inf")
    return log_probs


def step_decoder(model: Transformer | RecurrentModel, source: Tensor, packed: PackedDecoder | None = None,
                 memory: Tensor | None = None) -> StepDecoder | RecurrentStepDecoder:
    """The decoder of a model, ready for its first step over `source` (B, S)."""
    if isinstance(model, RecurrentModel):
        return RecurrentStepDecoder(model, source)
    return StepDecoder(model, source, packed, memory)


@torch.inference_mode()
def greedy_search(model: Transformer | RecurrentModel, sources: Sequence[Sequence[int]], config: DecodingConfig,
                  packed: PackedDecoder | None = None, memory: Tensor | None = None,
                  prefixes: Sequence[Sequence[int]] | None = None) -> list[list[int]]:
    """The likeliest next token, again and again, for a batch of sources.

    Parameters
    ----------
    sources : ids, each ends with EOS
    packed : the model's decoder packed for steps, if it is there already
    memory : encoder states (B, S, d_model), if they are there already
    prefixes : for each source the ids that its target begins with, if they are settled already

    Returns
    -------
    list of ids, each ends with EOS unless it reached the limit on length
    """
    device = model.embedding.weight.device
    limits = [target_limit(len(source), config, model.config.max_positions) for source in sources]
    outputs: list[list[int]] = [[] for _ in sources]
    prefixes = prefixes or [()] * len(sources)
    alive = list(range(len(sources)))
    decoder = step_decoder(model, pad_batch(sources, device), packed, memory)
    tokens = torch.full((len(sources),), BOS_ID, device=device)
    while alive:
        log_probs = forbid(decoder.step(tokens), [outputs[i] for i in alive], config.no_repeat_ngram)
        step = len(outputs[alive[0]])  # all have written equally many
        chosen = [prefixes[i][step] if step < len(prefixes[i]) else token
                  for i, token in zip(alive, log_probs.argmax(dim=-1).tolist(), strict=True)]
        for i, token in zip(alive, chosen, strict=True):
            outputs[i].append(token)
        going = [row for row, i in enumerate(alive) if chosen[row] != EOS_ID and len(outputs[i]) < limits[i]]
        if len(going) < len(alive) and going:
            decoder.select(torch.tensor(going, device=device))
        alive = [alive[row] for row in going]
        tokens = torch.tensor([chosen[row] for row in going], device=device)
    return outputs


@dataclass(frozen=True)
class _Hypothesis:
    tokens: list[int]
    log_prob: float
    node: int  # its index among the nodes of the last step


def normalised(log_prob: float, length: int, alpha: float) -> float:
    """Log probability by length normalisation (Wu et al. 2016, equation 14)."""
    return log_prob / ((5 + length) / 6) ** alpha


class _Beam:
    """The hypotheses of one source."""

    def __init__(self, config: DecodingConfig, limit: int, pieces: Sequence[str]) -> None:
        self._config = config
        self._limit = limit
        self._pieces = pieces
        self.alive = [_Hypothesis([], 0.0, -1)]
        self._finished: list[tuple[float, list[int]]] = []
        self._steps: list[tuple[BeamNode, ...]] = []

    def advance(self, log_probs: Tensor) -> list[int]:
        """Continue each hypothesis by its best tokens; log_probs (alive, V).

        Returns
        -------
        For each new hypothesis, the row of the one that it continues. Empty when the search is over.
        """
        size, alpha = self._config.beam_size, self._config.length_penalty
        totals = log_probs + torch.tensor([[h.log_prob] for h in self.alive], device=log_probs.device)
        best, places = totals.flatten().topk(min(2 * size, totals.numel()))
        nodes: list[BeamNode] = []
        going: list[_Hypothesis] = []
        rows: list[int] = []
        for total, place in zip(best.tolist(), places.tolist(), strict=True):
            if total == float("-inf"):
                continue
            row, token = divmod(place, log_probs.shape[1])
            tokens = [*self.alive[row].tokens, token]
            # An end counts only among the best beam_size: the search would otherwise stop with poor sentences.
            ends = token == EOS_ID and len(nodes) < size
            goes = token != EOS_ID and len(going) < size
            if ends:
                self._finished.append((normalised(total, len(tokens), alpha), tokens))
            if goes:
                going.append(_Hypothesis(tokens, total, len(nodes)))
                rows.append(row)
            nodes.append(BeamNode(self.alive[row].node, self._pieces[token], token, total, ends or goes))
        self._steps.append(tuple(nodes))
        if self._is_over(going):
            if not self._finished:
                self._finished = [(normalised(h.log_prob, len(h.tokens), alpha), h.tokens) for h in going]
            self.alive = []
            return []
        self.alive = going
        return rows

    def _is_over(self, going: list[_Hypothesis]) -> bool:
        if not going or len(self._steps) >= self._limit:
            return True
        if len(self._finished) < self._config.beam_size:
            return False
        alpha = self._config.length_penalty
        return max(self._finished)[0] >= max(normalised(h.log_prob, self._limit, alpha) for h in going)

    def result(self) -> tuple[list[int], BeamTree]:
        """The best finished sentence and all that the search looked at."""
        return max(self._finished)[1], BeamTree(tuple(self._steps))


@torch.inference_mode()
def beam_search(model: Transformer | RecurrentModel, sources: Sequence[Sequence[int]], config: DecodingConfig,
                pieces: Sequence[str], packed: PackedDecoder | None = None,
                memory: Tensor | None = None) -> list[tuple[list[int], BeamTree]]:
    """The likeliest whole sentence among the hypotheses that a beam keeps, for a batch of sources.

    Parameters
    ----------
    sources : ids, each ends with EOS
    pieces : sequence of length V
        The vocabulary, for the tree.
    packed : the model's decoder packed for steps, if it is there already
    memory : encoder states (B, S, d_model), if they are there already

    Returns
    -------
    For each source its ids (as `greedy_search`), and for each step the hypotheses that were kept and the best of
    those that were dropped
    """
    device = model.embedding.weight.device
    decoder = step_decoder(model, pad_batch(sources, device), packed, memory)
    beams = [_Beam(config, target_limit(len(source), config, model.config.max_positions), pieces)
             for source in sources]
    tokens = torch.full((len(sources),), BOS_ID, device=device)
    while len(tokens):
        hypotheses = [h.tokens for beam in beams for h in beam.alive]
        log_probs = forbid(decoder.step(tokens), hypotheses, config.no_repeat_ngram)
        first, rows = 0, []
        for beam in beams:
            n_alive = len(beam.alive)
            if n_alive:
                rows += [first + row for row in beam.advance(log_probs[first : first + n_alive])]
            first += n_alive
        decoder.select(torch.tensor(rows, dtype=torch.long, device=device))
        tokens = torch.tensor([h.tokens[-1] for beam in beams for h in beam.alive], dtype=torch.long, device=device)
    return [beam.result() for beam in beams]
