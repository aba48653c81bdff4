"""What the step "Why divide by the root of d_k?" says: on random vectors, and on the shipped checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from model.records import ATTENTION_KINDS, AttentionKind
from model.translator import Translator
from viz.measures.saturation import head_saturation, random_dot_products, saturation, softmax

D_KS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
SENTENCES = (
    "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다.",
    "나는 강사 입니다",
    "할머니께서 저녁을 드시고 일찍 주무셨어요.",
)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_without_the_division_the_softmax_saturates_and_with_it_it_does_not(seed: int):
    products = random_dot_products(D_KS, seed=seed)
    undivided = [saturation(rows) for rows in products]
    divided = [saturation(rows / np.sqrt(d_k)) for rows, d_k in zip(products, D_KS, strict=True)]
    largest = [each.largest_weight for each in undivided]
    assert largest == sorted(largest) and largest[-1] > 0.9
    entropies = [each.entropy_nats for each in undivided]
    assert entropies == sorted(entropies, reverse=True) and entropies[-1] < 0.2
    # From d_k = 16 on a sum of products is nearly normal, and all sizes look alike.
    assert np.ptp([each.largest_weight for each in divided[4:]]) < 0.03
    assert np.ptp([each.entropy_nats for each in divided[4:]]) < 0.1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_without_the_division_the_jacobian_of_most_queries_vanishes(seed: int):
    products = random_dot_products(D_KS, seed=seed)
    with_division = saturation(products[-1] / np.sqrt(512)).jacobian_norm
    assert with_division > 0.3
    assert saturation(products[-1]).jacobian_norm < 0.01 * with_division


@pytest.mark.parametrize("d_k", [64, 512])
def test_the_mean_gradient_does_not_vanish_it_gathers_on_a_few_queries(d_k: int):
    """The note: with the division the gradient to the query is divided by the root of d_k as well."""
    generator = np.random.default_rng(0)
    queries, keys = generator.standard_normal((400, d_k)), generator.standard_normal((400, 10, d_k))
    products = np.einsum("qd,qkd->qk", queries, keys)
    means, medians = [], []
    for divisor in (np.sqrt(d_k), 1.0):
        weights = softmax(products / divisor)
        # dw_i / ds_j = w_i (1 if i is j else 0) - w_i w_j.
        jacobians = weights[..., :, None] * (np.eye(10) - weights[..., None, :])
        # dw / dq = dw / ds ds / dq, and ds / dq = keys / divisor.
        gradients = np.linalg.norm(np.einsum("nij,njd->nid", jacobians, keys) / divisor, axis=(1, 2))
        means.append(gradients.mean())
        medians.append(np.median(gradients))
    assert means[1] > means[0]
    # With the division the middle query gets what the mean one gets, without it less than half of that, or nothing.
    assert medians[0] / means[0] > 0.9
    assert medians[1] / means[1] < (0.5 if d_k == 64 else 0.02)


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_trained_model_without_its_division_looks_at_fewer_tokens(
    translator: Translator, sentence: str, kind: AttentionKind
):
    trace = translator.translate(sentence, capture="trace").trace
    assert trace is not None
    heads = head_saturation(trace.of_kind(kind))
    # Steeper scores never raise the entropy.
    assert (heads.entropy_without <= heads.entropy_with + 1e-6).all()
    assert heads.entropy_without.mean() < 0.6 * heads.entropy_with.mean()


def test_the_model_was_trained_with_the_division(translator: Translator):
    trace = translator.translate(SENTENCES[0], capture="trace").trace
    assert trace is not None
    products = trace.encoder.queries @ np.swapaxes(trace.encoder.keys, -1, -2)
    np.testing.assert_allclose(trace.encoder.scores * np.sqrt(translator.model_config.d_head), products, atol=2e-3)
