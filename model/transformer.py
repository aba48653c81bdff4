"""The Transformer of "Attention Is All You Need" (Vaswani et al. 2017): layers, encoder, decoder, the whole.

Shapes: B sentences in a batch, S source tokens, T target tokens, H heads, V vocabulary.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.attention import MultiHeadAttention
from model.config import ModelConfig
from model.positional import sinusoidal_positions


class FeedForward(nn.Module):
    """max(0, x W1 + b1) W2 + b2, the same at each position (section 3.3)."""

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        self.inner = nn.Linear(d_model, d_ff)
        self.outer = nn.Linear(d_ff, d_model)

    def forward(self, x: Tensor) -> Tensor:
        return self.outer(F.relu(self.inner(x)))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each followed by dropout, the residual sum and LayerNorm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(config.d_model, config.n_heads, config.dropout)
        self.self_attention_norm = nn.LayerNorm(config.d_model)
        self.feed_forward = FeedForward(config.d_model, config.d_ff)
        self.feed_forward_norm = nn.LayerNorm(config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, source_mask: Tensor | None) -> Tensor:
        x = self.self_attention_norm(x + self.dropout(self.self_attention(x, x, allowed=source_mask)))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))

    def with_weights(self, x: Tensor, source_mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """As forward, with the self-attention weights (B, H, S, S) as a second result."""
        attended, weights = self.self_attention.with_weights(x, x, allowed=source_mask)
        x = self.self_attention_norm(x + self.dropout(attended))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x))), weights


class DecoderLayer(nn.Module):
    """Masked self-attention, cross-attention and feed-forward, each with dropout, residual sum and LayerNorm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(config.d_model, config.n_heads, config.dropout)
        self.self_attention_norm = nn.LayerNorm(config.d_model)
        self.cross_attention = MultiHeadAttention(config.d_model, config.n_heads, config.dropout)
        self.cross_attention_norm = nn.LayerNorm(config.d_model)
        self.feed_forward = FeedForward(config.d_model, config.d_ff)
        self.feed_forward_norm = nn.LayerNorm(config.d_model)
        self.dropout = nn.Dropout(config.dropout)
        self.causal = config.look_ahead_mask

    def forward(self, x: Tensor, memory: Tensor, source_mask: Tensor | None) -> Tensor:
        x = self.self_attention_norm(x + self.dropout(self.self_attention(x, x, causal=self.causal)))
        x = self.cross_attention_norm(x + self.dropout(self.cross_attention(x, memory, allowed=source_mask)))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))

    def with_weights(self, x: Tensor, memory: Tensor, source_mask: Tensor | None,
                     look_ahead_mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """As forward, with the weights of self-attention (B, H, T, T) and cross-attention (B, H, T, S)."""
        attended, self_weights = self.self_attention.with_weights(x, x, allowed=look_ahead_mask)
        x = self.self_attention_norm(x + self.dropout(attended))
        attended, cross_weights = self.cross_attention.with_weights(x, memory, allowed=source_mask)
        x = self.cross_attention_norm(x + self.dropout(attended))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x))), self_weights, cross_weights


def padding_mask(tokens: Tensor, padding_id: int) -> Tensor:
    """True where a token (B, S) is no padding, shaped (B, 1, 1, S) for attention."""
    return (tokens != padding_id)[:, None, None, :]


def look_ahead_mask(n_target: int, device: torch.device | None = None) -> Tensor:
    """True where position q may look at position k <= q; shape (T, T)."""
    return torch.ones(n_target, n_target, dtype=torch.bool, device=device).tril()


class Transformer(nn.Module):
    """Encoder and decoder with one matrix for source embedding, target embedding and output projection."""

    positions: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.register_buffer("positions", sinusoidal_positions(config.max_positions, config.d_model), persistent=False)
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.n_encoder_layers))
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.n_decoder_layers))
        self.dropout = nn.Dropout(config.dropout)
        self._initialise()

    def _initialise(self) -> None:
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1 and not name.startswith("embedding"):
                # Quieter sublayers: each position keeps its own vector at first. At full strength attention, which
                # is even at first, makes the vectors of all positions alike, and training may never undo that.
                is_quiet = any(part in name for part in ("value", "output", "feed_forward"))
                nn.init.xavier_uniform_(parameter, gain=0.4 if is_quiet else 1.0)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        # With the factor sqrt(d_model) an embedding then has unit variance, and tied logits start small.
        nn.init.normal_(self.embedding.weight, std=self.config.d_model**-0.5)

    def embed(self, tokens: Tensor, first_position: int = 0) -> Tensor:
        """Embeddings times sqrt(d_model) plus positions, with dropout; (B, L) -> (B, L, d_model)."""
        scaled = self.embedding(tokens) * math.sqrt(self.config.d_model)
        positions = self.positions[first_position : first_position + tokens.shape[1]]
        return self.dropout(scaled + positions.to(scaled.dtype))

    def logits(self, states: Tensor) -> Tensor:
        """Output projection by the embedding matrix; (..., d_model) -> (..., V)."""
        return F.linear(states, self.embedding.weight)

    def encode(self, source: Tensor, source_mask: Tensor | None) -> Tensor:
        """Encoder states ("memory") of source tokens; (B, S) -> (B, S, d_model)."""
        x = self.embed(source)
        for layer in self.encoder:
            x = layer(x, source_mask)
        return x

    def decode(self, decoder_input: Tensor, memory: Tensor, source_mask: Tensor | None) -> Tensor:
        """Decoder states of all positions at once, teacher-forced; (B, T) -> (B, T, d_model)."""
        x = self.embed(decoder_input)
        for layer in self.decoder:
            x = layer(x, memory, source_mask)
        return x

    def forward(self, source: Tensor, decoder_input: Tensor, source_mask: Tensor | None = None) -> Tensor:
        """Decoder states for the next tokens: `logits` turns them into scores of the vocabulary.

        Parameters
        ----------
        source : int Tensor, shape (B, S)
        decoder_input : int Tensor, shape (B, T)
            Begins with the beginning token. Padding at its end needs no mask: no row before looks at it.
        source_mask : bool Tensor, shape (B, 1, 1, S), or None
            True for tokens, False for padding.

        Returns
        -------
        Tensor, shape (B, T, d_model)
        """
        return self.decode(decoder_input, self.encode(source, source_mask), source_mask)

    def with_weights(self, source: Tensor, decoder_input: Tensor,
                     source_mask: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """As forward, with all attention weights.

        Returns
        -------
        states : Tensor, shape (B, T, d_model)
        encoder, decoder, cross : Tensor, float32
            Shapes (layers, B, H, S, S), (layers, B, H, T, T), (layers, B, H, T, S).
        """
        memory, encoder_weights = self.encode_with_weights(source, source_mask)
        states, decoder_weights, cross_weights = self.decode_with_weights(decoder_input, memory, source_mask)
        return states, encoder_weights, decoder_weights, cross_weights

    def encode_with_weights(self, source: Tensor, source_mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As encode, with the attention weights (layers, B, H, S, S) as a second result."""
        all_weights = []
        x = self.embed(source)
        for layer in self.encoder:
            assert isinstance(layer, EncoderLayer)
            x, weights = layer.with_weights(x, source_mask)
            all_weights.append(weights)
        return x, torch.stack(all_weights)

    def decode_with_weights(self, decoder_input: Tensor, memory: Tensor,
                            source_mask: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """As decode, with the weights of self-attention and cross-attention.

        Their shapes are (layers, B, H, T, T) and (layers, B, H, T, S).
        """
        all_self_weights, all_cross_weights = [], []
        x = self.embed(decoder_input)
        mask = look_ahead_mask(decoder_input.shape[1], decoder_input.device) if self.config.look_ahead_mask else None
        for layer in self.decoder:
            assert isinstance(layer, DecoderLayer)
            x, self_weights, cross_weights = layer.with_weights(x, memory, source_mask, mask)
            all_self_weights.append(self_weights)
            all_cross_weights.append(cross_weights)
        return x, torch.stack(all_self_weights), torch.stack(all_cross_weights)

    def cross_weights(self, source: Tensor, decoder_input: Tensor) -> Tensor:
        """Cross-attention weights of all layers and heads, teacher-forced: (layers, B, H, T, S)."""
        return self.decode_with_weights(decoder_input, self.encode(source, None))[2]
