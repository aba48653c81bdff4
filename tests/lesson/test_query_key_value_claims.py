"""What the step "Query, key, value" says, on the shipped checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from model.records import ATTENTION_KINDS, AttentionKind, Translation
from model.translator import Translator
from viz.measures.attention_steps import attention_steps
from viz.measures.maps import captured

SENTENCES = (
    "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다.",
    "나는 강사 입니다",
    "안녕 😀",
)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


@pytest.fixture(scope="module", params=SENTENCES)
def translation(request: pytest.FixtureRequest, translator: Translator) -> Translation:
    return translator.translate(request.param, capture="trace")


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_the_steps_on_the_page_lead_to_the_weights_that_the_model_used(translation: Translation, kind: AttentionKind):
    assert translation.trace is not None
    weights = captured(translation).of_kind(kind)
    for layer, head, query in np.ndindex(*weights.shape[:3]):
        steps = attention_steps(translation.trace.of_kind(kind), layer, head, query)
        np.testing.assert_allclose(steps.weights, weights[layer, head, query], atol=2e-5)
        assert steps.weights.sum() == pytest.approx(1)


def test_the_weighted_sums_of_all_heads_make_the_next_state(translation: Translation, translator: Translator):
    """Joined, projected by W_O, added to what went in and normalised: the state that the trace has after attention."""
    trace = translation.trace
    assert trace is not None
    parameters = {name: value.numpy() for name, value in translator.transformer.state_dict().items()}
    name = "encoder.0.self_attention"
    for query in range(len(translation.source)):
        n_heads = trace.encoder.queries.shape[1]
        joined = np.concatenate([attention_steps(trace.encoder, 0, head, query).output for head in range(n_heads)])
        projected = parameters[f"{name}.output.weight"] @ joined + parameters[f"{name}.output.bias"]
        total = trace.encoder_states[0, query] + projected
        normed = (total - total.mean()) / np.sqrt(total.var() + 1e-5)
        expected = normed * parameters[f"{name}_norm.weight"] + parameters[f"{name}_norm.bias"]
        np.testing.assert_allclose(trace.encoder_attended[0, query], expected, atol=1e-3)


def test_a_negative_dot_product_still_gets_a_weight_above_zero(translation: Translation):
    assert translation.trace is not None
    negative = translation.trace.encoder.scores < 0
    assert negative.any()
    assert (captured(translation).encoder[negative] > 0).all()


def test_looking_is_not_mutual(translation: Translation):
    """The note says that A may look at B more than B looks at A: the encoder's maps are not symmetric."""
    weights = captured(translation).encoder
    assert np.abs(weights - np.swapaxes(weights, -1, -2)).max() > 0.1
