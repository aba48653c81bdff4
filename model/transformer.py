"""The Transformer of "Attention Is All You Need" (Vaswani et al. 2017): layers, encoder, decoder, the whole.

Shapes: B sentences in a batch, S source tokens, T target tokens, H heads, V vocabulary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.attention import AttentionPass, MultiHeadAttention
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


@dataclass(frozen=True, eq=False)
class EncoderLayerPass:
    """What an encoder layer computes: its attention, and the states (B, S, d_model) after each of its two sublayers."""

    self_attention: AttentionPass
    attended: Tensor
    output: Tensor


@dataclass(frozen=True, eq=False)
class DecoderLayerPass:
    """What a decoder layer computes: both attentions, and the states (B, T, d_model) after each of three sublayers."""

    self_attention: AttentionPass
    cross_attention: AttentionPass
    self_attended: Tensor
    cross_attended: Tensor
    output: Tensor


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

    def traced(self, x: Tensor, source_mask: Tensor | None) -> EncoderLayerPass:
        """As forward, with every step on the way to its output."""
        attention = self.self_attention.traced(x, x, allowed=source_mask)
        attended = self.self_attention_norm(x + self.dropout(attention.output))
        output = self.feed_forward_norm(attended + self.dropout(self.feed_forward(attended)))
        return EncoderLayerPass(attention, attended, output)


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
        traced = self.traced(x, memory, source_mask, look_ahead_mask)
        return traced.output, traced.self_attention.weights, traced.cross_attention.weights

    def traced(self, x: Tensor, memory: Tensor, source_mask: Tensor | None,
               look_ahead_mask: Tensor | None) -> DecoderLayerPass:
        """As forward, with every step on the way to its output."""
        own = self.self_attention.traced(x, x, allowed=look_ahead_mask)
        self_attended = self.self_attention_norm(x + self.dropout(own.output))
        cross = self.cross_attention.traced(self_attended, memory, allowed=source_mask)
        cross_attended = self.cross_attention_norm(self_attended + self.dropout(cross.output))
        output = self.feed_forward_norm(cross_attended + self.dropout(self.feed_forward(cross_attended)))
        return DecoderLayerPass(own, cross, self_attended, cross_attended, output)


@dataclass(frozen=True, eq=False)
class EncoderPass:
    """What the encoder computes, from embeddings plus positions (B, S, d_model) to the last layer."""

    embedded: Tensor
    layers: tuple[EncoderLayerPass, ...]

    @property
    def memory(self) -> Tensor:
        """States of the last layer, (B, S, d_model)."""
        return self.layers[-1].output

    @property
    def weights(self) -> Tensor:
        """Attention weights, (layers, B, H, S, S)."""
        return torch.stack([layer.self_attention.weights for layer in self.layers])


@dataclass(frozen=True, eq=False)
class DecoderPass:
    """What the decoder computes, from embeddings plus positions (B, T, d_model) to the last layer."""

    embedded: Tensor
    layers: tuple[DecoderLayerPass, ...]

    @property
    def states(self) -> Tensor:
        """States of the last layer, (B, T, d_model)."""
        return self.layers[-1].output

    @property
    def self_weights(self) -> Tensor:
        """Weights of self-attention, (layers, B, H, T, T)."""
        return torch.stack([layer.self_attention.weights for layer in self.layers])

    @property
    def cross_weights(self) -> Tensor:
        """Weights of cross-attention, (layers, B, H, T, S)."""
        return torch.stack([layer.cross_attention.weights for layer in self.layers])


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

    def encode_traced(self, source: Tensor, source_mask: Tensor | None = None) -> EncoderPass:
        """As encode, with every step on the way."""
        x = embedded = self.embed(source)
        layers = []
        for layer in self.encoder:
            assert isinstance(layer, EncoderLayer)
            layers.append(layer.traced(x, source_mask))
            x = layers[-1].output
        return EncoderPass(embedded, tuple(layers))

    def decode_with_weights(self, decoder_input: Tensor, memory: Tensor,
                            source_mask: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """As decode, with the weights of self-attention and cross-attention.

        Their shapes are (layers, B, H, T, T) and (layers, B, H, T, S).
        """
        decoded = self.decode_traced(decoder_input, memory, source_mask)
        return decoded.states, decoded.self_weights, decoded.cross_weights

    def decode_traced(self, decoder_input: Tensor, memory: Tensor, source_mask: Tensor | None = None) -> DecoderPass:
        """As decode, with every step on the way."""
        x = embedded = self.embed(decoder_input)
        mask = look_ahead_mask(decoder_input.shape[1], decoder_input.device) if self.config.look_ahead_mask else None
        layers = []
        for layer in self.decoder:
            assert isinstance(layer, DecoderLayer)
            layers.append(layer.traced(x, memory, source_mask, mask))
            x = layers[-1].output
        return DecoderPass(embedded, tuple(layers))

    def cross_weights(self, source: Tensor, decoder_input: Tensor) -> Tensor:
        """Cross-attention weights of all layers and heads, teacher-forced: (layers, B, H, T, S)."""
        return self.decode_with_weights(decoder_input, self.encode(source, None))[2]
