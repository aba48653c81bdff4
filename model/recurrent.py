"""The LSTM encoder-decoder with attention that the lesson compares with the Transformer.

Two layers of LSTM read the source; a bidirectional model has two more that read it from its end (Schuster and Paliwal
1997). Two layers of LSTM write the target and look at the encoder's states by scaled dot-product attention with one
head, after Luong et al. 2015: the state and what it attended to together give the next token.

Shapes: B sentences in a batch, S source tokens, T target tokens, V vocabulary.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.attention import attention_weights
from model.config import RecurrentConfig
from model.tokenizer import PAD_ID

LstmState = tuple[Tensor, Tensor]  # hidden and cell states, each (layers, B, d_model)


def reverse_within_length(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row's first `lengths` entries in reverse order, its padding where it is; (B, S, ...) and (B,)."""
    places = torch.arange(x.shape[1], device=x.device)[None]  # (1, S)
    mirrored = lengths[:, None] - 1 - places
    order = torch.where(mirrored >= 0, mirrored, places)  # (B, S)
    return x[torch.arange(len(x), device=x.device)[:, None], order]


class RecurrentEncoder(nn.Module):
    """LSTM layers from left to right and, if bidirectional, as many from right to left."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.rightward = _lstm(config)
        self.leftward = _lstm(config) if config.bidirectional else None
        self.joined = nn.Linear(2 * config.d_model, config.d_model) if config.bidirectional else None

    def forward(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """States of all source positions; (B, S, d_model) and lengths (B,) without padding -> (B, S, d_model).

        Padding needs no mask: it comes after all tokens in either direction.
        """
        states = self.rightward(embedded)[0]
        if self.leftward is None or self.joined is None:
            return states
        from_end = self.leftward(reverse_within_length(embedded, lengths))[0]
        return self.joined(torch.cat([states, reverse_within_length(from_end, lengths)], dim=-1))


class RecurrentDecoder(nn.Module):
    """LSTM layers over the target, attention to the source, and the two joined: tanh(W [context; state])."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.start = nn.Linear(config.d_model, config.n_layers * config.d_model)
        self.lstm = _lstm(config)
        self.query = nn.Linear(config.d_model, config.d_model)
        self.joined = nn.Linear(2 * config.d_model, config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def first_state(self, memory: Tensor, lengths: Tensor) -> LstmState:
        """The state in which it begins: made of the encoder's state at the last source token."""
        last = memory[torch.arange(len(memory), device=memory.device), lengths - 1]  # (B, d_model)
        # (B, layers * d_model) -> (B, layers, d_model) -> (layers, B, d_model)
        hidden = torch.tanh(self.start(last)).view(len(last), self.lstm.num_layers, -1).transpose(0, 1).contiguous()
        return hidden, torch.zeros_like(hidden)

    def forward(self, embedded: Tensor, memory: Tensor, source_mask: Tensor | None,
                state: LstmState) -> tuple[Tensor, Tensor, LstmState]:
        """(B, T, d_model) -> states (B, T, d_model), attention weights (B, T, S), and the last state of the LSTM."""
        states, state = self.lstm(embedded, state)
        # One head: (B, 1, T, d_model) against (B, 1, S, d_model)
        weights = attention_weights(self.query(states)[:, None], memory[:, None], source_mask)[:, 0]
        context = weights.to(memory.dtype) @ memory
        return self.dropout(torch.tanh(self.joined(torch.cat([context, states], dim=-1)))), weights, state


def _lstm(config: RecurrentConfig) -> nn.LSTM:
    dropout = config.dropout if config.n_layers > 1 else 0.0
    return nn.LSTM(config.d_model, config.d_model, config.n_layers, batch_first=True, dropout=dropout)


class RecurrentModel(nn.Module):
    """Encoder and decoder with one matrix for source embedding, target embedding and output projection."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.encoder = RecurrentEncoder(config)
        self.decoder = RecurrentDecoder(config)
        self.dropout = nn.Dropout(config.dropout)
        nn.init.normal_(self.embedding.weight, std=config.d_model**-0.5)

    def embed(self, tokens: Tensor) -> Tensor:
        """Embeddings times sqrt(d_model), with dropout; (B, L) -> (B, L, d_model)."""
        return self.dropout(self.embedding(tokens) * math.sqrt(self.config.d_model))

    def logits(self, states: Tensor) -> Tensor:
        """Output projection by the embedding matrix; (..., d_model) -> (..., V)."""
        return F.linear(states, self.embedding.weight)

    def encode(self, source: Tensor, source_mask: Tensor | None) -> Tensor:
        """Encoder states of source tokens; (B, S) -> (B, S, d_model)."""
        return self.encoder(self.embed(source), _lengths(source, source_mask))

    def forward(self, source: Tensor, decoder_input: Tensor, source_mask: Tensor | None = None) -> Tensor:
        """Decoder states for the next tokens, as `Transformer.forward`: (B, T, d_model)."""
        return self.with_weights(source, decoder_input, source_mask)[0]

    def with_weights(self, source: Tensor, decoder_input: Tensor,
                     source_mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As forward, with the attention weights (B, T, S) as a second result."""
        lengths = _lengths(source, source_mask)
        memory = self.encoder(self.embed(source), lengths)
        start = self.decoder.first_state(memory, lengths)
        states, weights, _ = self.decoder(self.embed(decoder_input), memory, source_mask, start)
        return states, weights

    def cross_weights(self, source: Tensor, decoder_input: Tensor) -> Tensor:
        """Attention weights of the target's positions on the source, teacher-forced: (B, T, S)."""
        return self.with_weights(source, decoder_input)[1]


class RecurrentStepDecoder:
    """The decoder, one token at a time. Gives the same logits as the teacher-forced pass."""

    def __init__(self, model: RecurrentModel, source: Tensor) -> None:
        """Encode `source` (B, S; padding allowed)."""
        self._model = model
        self._source_mask = (source != PAD_ID)[:, None, None, :]
        self._memory = model.encode(source, self._source_mask)
        self._state = model.decoder.first_state(self._memory, _lengths(source, self._source_mask))

    def step(self, tokens: Tensor) -> Tensor:
        """Log probabilities (B, V) of the next token after `tokens` (B,)."""
        embedded = self._model.embed(tokens[:, None])
        states, _, self._state = self._model.decoder(embedded, self._memory, self._source_mask, self._state)
        return torch.log_softmax(self._model.logits(states[:, 0]).float(), dim=-1)

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch, in this order."""
        hidden, cell = self._state
        self._state = hidden[:, rows].contiguous(), cell[:, rows].contiguous()
        self._memory, self._source_mask = self._memory[rows], self._source_mask[rows]


def _lengths(source: Tensor, source_mask: Tensor | None) -> Tensor:
    """Source tokens of each sentence without padding, (B,)."""
    if source_mask is None:
        return torch.full((len(source),), source.shape[1], device=source.device)
    return source_mask[:, 0, 0].sum(dim=-1)
