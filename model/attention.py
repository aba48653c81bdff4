"""Scaled dot-product attention and its many heads: the one place where attention weights arise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def attention_scores(query: Tensor, key: Tensor) -> Tensor:
    """Scaled dot products QK^T / sqrt(d_k) (Vaswani et al. 2017, equation 1), before mask and softmax.

    Parameters
    ----------
    query : Tensor, shape (B, H, Q, d_head)
    key : Tensor, shape (B, H, K, d_head)

    Returns
    -------
    Tensor, shape (B, H, Q, K)
    """
    return query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])


def attention_weights(query: Tensor, key: Tensor, allowed: Tensor | None) -> Tensor:
    """Softmax over the keys of the scaled dot products, in float32.

    Parameters
    ----------
    query : Tensor, shape (B, H, Q, d_head)
    key : Tensor, shape (B, H, K, d_head)
    allowed : bool Tensor that broadcasts to (B, H, Q, K), or None
        True where a query may look at a key. Each row needs at least one True.

    Returns
    -------
    Tensor, float32, shape (B, H, Q, K)
        Each row sums to one; exactly zero where `allowed` is False.
    """
    return masked_softmax(attention_scores(query, key).float(), allowed)


def masked_softmax(scores: Tensor, allowed: Tensor | None) -> Tensor:
    """Softmax over the keys, in which a key that is not allowed has the score −∞ and so exactly no weight.

    Parameters
    ----------
    scores : Tensor, shape (B, H, Q, K)
    allowed : bool Tensor that broadcasts to (B, H, Q, K), or None
        True where a query may look at a key. Each row needs at least one True.

    Returns
    -------
    Tensor, shape (B, H, Q, K)
        Each row sums to one.
    """
    if allowed is not None:
        scores = scores.masked_fill(~allowed, float("-inf"))
    return torch.softmax(scores, dim=-1)


@dataclass(frozen=True, eq=False)
class AttentionPass:
    """All that one multi-head attention computes.

    Attributes
    ----------
    query : Tensor, shape (B, H, Q, d_head)
    key, value : Tensor, shape (B, H, K, d_head)
    scores : Tensor, float32, shape (B, H, Q, K)
        Scaled dot products before the mask.
    allowed : bool Tensor that broadcasts to (B, H, Q, K), or None
        The mask: True where a query may look at a key.
    weights : Tensor, float32, shape (B, H, Q, K)
        After the softmax, before dropout.
    output : Tensor, shape (B, Q, d_model)
        The weighted sums of values of all heads, joined and projected.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    scores: Tensor
    allowed: Tensor | None
    weights: Tensor
    output: Tensor


class MultiHeadAttention(nn.Module):
    """Several heads of attention side by side (Vaswani et al. 2017, section 3.2.2).

    The projections of all heads are the rows of one matrix each; head h has rows h * d_head to (h + 1) * d_head.
    """

    def __init__(self, d_model: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)
        self.dropout = dropout

    def split_heads(self, x: Tensor) -> Tensor:
        """(B, L, d_model) -> (B, H, L, d_head)."""
        batch, length, _ = x.shape
        # (B, L, H * d_head) -> (B, L, H, d_head) -> (B, H, L, d_head)
        return x.view(batch, length, self.n_heads, self.d_head).transpose(1, 2)

    def join_heads(self, x: Tensor) -> Tensor:
        """(B, H, L, d_head) -> (B, L, d_model)."""
        # (B, H, L, d_head) -> (B, L, H, d_head) -> (B, L, H * d_head)
        return x.transpose(1, 2).flatten(2)

    def keys_and_values(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of all heads for `states` (B, K, d_model); each (B, H, K, d_head)."""
        return self.split_heads(self.key(states)), self.split_heads(self.value(states))

    def forward(self, queries_from: Tensor, keys_from: Tensor, *, allowed: Tensor | None = None,
                causal: bool = False) -> Tensor:
        """Attention by the fused kernel, without weights: for training and for search.

        Parameters
        ----------
        queries_from : Tensor, shape (B, Q, d_model)
        keys_from : Tensor, shape (B, K, d_model)
        allowed : bool Tensor that broadcasts to (B, H, Q, K), or None
            True where a query may look at a key.
        causal : bool
            Query q looks at keys 0 to q. Not together with `allowed`.

        Returns
        -------
        Tensor, shape (B, Q, d_model)
        """
        key, value = self.keys_and_values(keys_from)
        return self.attend(self.split_heads(self.query(queries_from)), key, value, allowed=allowed, causal=causal)

    def attend(self, query: Tensor, key: Tensor, value: Tensor, *, allowed: Tensor | None = None,
               causal: bool = False) -> Tensor:
        """The fused kernel on heads that are there already, then the output projection; (B, Q, d_model)."""
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=allowed, dropout_p=dropout,
                                               is_causal=causal)
        return self.output(self.join_heads(mixed))

    def traced(self, queries_from: Tensor, keys_from: Tensor, *, allowed: Tensor | None = None) -> AttentionPass:
        """The same attention with every step on the way to its output."""
        query = self.split_heads(self.query(queries_from))
        key, value = self.keys_and_values(keys_from)
        scores = attention_scores(query, key).float()
        weights = masked_softmax(scores, allowed)
        kept = F.dropout(weights, self.dropout, self.training).to(value.dtype)
        return AttentionPass(query, key, value, scores, allowed, weights, self.output(self.join_heads(kept @ value)))
