from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.attention import MultiHeadAttention, attention_scores, attention_weights


def heads(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_weights_by_hand():
    query = torch.tensor([[[[2.0, 0.0, 0.0, 0.0]]]])
    key = torch.tensor([[[[math.log(3.0), 9.0, 9.0, 9.0], [0.0, 9.0, 9.0, 9.0]]]])
    # Scores 2 ln 3 / sqrt(4) = ln 3 and 0: weights 3/4 and 1/4.
    assert attention_scores(query, key).flatten().tolist() == pytest.approx([math.log(3.0), 0.0])
    assert attention_weights(query, key, None).flatten().tolist() == pytest.approx([0.75, 0.25])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n_query=st.integers(1, 6), n_key=st.integers(1, 6), scale=st.floats(0.01, 60))
def test_rows_sum_to_one_and_masked_keys_get_exactly_zero(seed, n_query, n_key, scale):
    generator = torch.Generator().manual_seed(seed)
    allowed = torch.rand(2, 1, n_query, n_key, generator=generator) < 0.5
    allowed[..., 0] = True
    weights = attention_weights(scale * heads(2, 3, n_query, 4, seed=seed), heads(2, 3, n_key, 4, seed=seed + 1),
                                allowed)
    assert weights.dtype == torch.float32
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3, n_query), atol=1e-6)
    assert bool((weights.masked_select(~allowed.expand_as(weights)) == 0).all())


def test_weights_are_float32_for_half_precision():
    weights = attention_weights(heads(1, 1, 5, 8).bfloat16(), heads(1, 1, 7, 8).bfloat16(), None)
    assert weights.dtype == torch.float32
    assert weights.sum(-1).flatten().tolist() == pytest.approx([1.0] * 5, abs=1e-6)


def test_weights_do_not_change_when_all_keys_move_alike():
    """Softmax sees differences of scores alone, so one vector added to every key changes nothing."""
    query, key = heads(1, 2, 4, 8), heads(1, 2, 5, 8, seed=1)
    moved = attention_weights(query, key + heads(1, 2, 1, 8, seed=2), None)
    torch.testing.assert_close(moved, attention_weights(query, key, None), atol=1e-5, rtol=0)


def test_head_h_uses_its_own_rows_of_the_projections():
    """A computation of one head by numpy slices, in float64."""
    torch.manual_seed(1)
    attention = MultiHeadAttention(12, 3, 0.0).eval()
    x, y = heads(1, 4, 12), heads(1, 6, 12, seed=5)
    weights = attention.traced(x, y).weights
    for head in range(3):
        rows = slice(4 * head, 4 * head + 4)
        w_q, b_q, w_k, b_k = (p.detach().double().numpy()[rows] for p in (
            attention.query.weight, attention.query.bias, attention.key.weight, attention.key.bias))
        scores = (x[0].numpy() @ w_q.T + b_q) @ (y[0].numpy() @ w_k.T + b_k).T / 2.0
        exps = np.exp(scores - scores.max(axis=1, keepdims=True))
        np.testing.assert_allclose(weights[0, head].detach().numpy(), exps / exps.sum(axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_fused_kernel_and_weights_give_the_same_output(causal):
    torch.manual_seed(1)
    attention = MultiHeadAttention(12, 3, 0.5).eval()
    x = heads(2, 5, 12)
    allowed = torch.ones(5, 5, dtype=torch.bool).tril() if causal else torch.tensor(
        [[True, True, False, True, False], [True] * 5])[:, None, None, :]
    fused = attention(x, x, causal=True) if causal else attention(x, x, allowed=allowed)
    torch.testing.assert_close(attention.traced(x, x, allowed=allowed).output, fused, atol=1e-6, rtol=1e-5)


def test_weights_are_those_before_dropout():
    torch.manual_seed(1)
    attention = MultiHeadAttention(12, 3, 0.5).train()
    x = heads(1, 5, 12)
    traced = attention.traced(x, x)
    assert torch.allclose(traced.weights.sum(-1), torch.ones(1, 3, 5), atol=1e-6)
    attention.eval()
    assert not torch.allclose(traced.output, attention(x, x), atol=1e-3)


def test_output_follows_the_order_of_queries_and_forgets_the_order_of_keys():
    torch.manual_seed(1)
    attention = MultiHeadAttention(12, 3, 0.0).eval()
    x, y = heads(1, 5, 12), heads(1, 7, 12, seed=3)
    queries, keys = torch.randperm(5), torch.randperm(7)
    plain, permuted = attention.traced(x, y), attention.traced(x[:, queries], y[:, keys])
    torch.testing.assert_close(permuted.output, plain.output[:, queries], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(permuted.weights, plain.weights[:, :, queries][..., keys], atol=1e-6, rtol=0)
