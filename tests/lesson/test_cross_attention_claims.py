"""What the step "Cross-attention" says, on the shipped checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from model.experiments.cross_attention import key_origins
from model.records import Translation
from model.translator import Translator
from viz.measures.alignment import crossings, strongest_keys
from viz.measures.maps import average_map
from viz.pages.steps.cross_attention import SMALL_EXAMPLE

SENTENCES = (
    "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다.",
    SMALL_EXAMPLE,
    "오늘은 비가 와서 집에 있었어요.",
    "선생님께서 교실에 들어오시자 학생들이 모두 일어났어요.",
    "나는 어제 학교에 갔어요.",
)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


@pytest.fixture(scope="module", params=SENTENCES)
def translation(request: pytest.FixtureRequest, translator: Translator) -> Translation:
    return translator.translate(request.param, capture="trace")


def test_every_decoder_layer_takes_its_keys_from_the_last_encoder_layer_alone(
    translator: Translator, translation: Translation
):
    shares = key_origins(translator, translation.source_text)
    assert (shares[:, -1] < 1e-4).all()
    assert (shares[:, :-1] > 0.05).all()


def test_queries_are_the_decoders_states_after_masked_self_attention(translator: Translator, translation: Translation):
    trace = translation.trace
    assert trace is not None
    parameters = {name: value.numpy() for name, value in translator.transformer.state_dict().items()}
    for layer, states in enumerate(trace.decoder_self_attended):
        name = f"decoder.{layer}.cross_attention.query"
        queries = states @ parameters[f"{name}.weight"].T + parameters[f"{name}.bias"]
        # (H, T, d_head) -> (T, H * d_head)
        used = trace.cross.queries[layer].transpose(1, 0, 2).reshape(queries.shape)
        np.testing.assert_allclose(used, queries, atol=1e-4)


def test_what_comes_out_of_a_step_has_the_shape_of_what_went_in(translation: Translation):
    trace = translation.trace
    assert trace is not None
    assert trace.decoder_self_attended.shape == trace.decoder_cross_attended.shape


def test_each_row_of_weights_sums_to_one_and_no_source_token_is_hidden(translation: Translation):
    assert translation.attention is not None
    np.testing.assert_allclose(translation.attention.cross.sum(axis=-1), 1, atol=1e-5)
    assert (translation.attention.cross > 0).all()


def test_where_the_verb_comes_last_lines_cross(translator: Translator):
    last = translator.model_config.n_decoder_layers - 1
    crossed = [
        crossings(average_map(translator.translate(sentence), "cross", layer=last, words=True)).crossed
        for sentence in SENTENCES
    ]
    assert sum(count > 0 for count in crossed) >= len(SENTENCES) - 1


def test_the_first_english_word_looks_at_the_korean_subject(translator: Translator):
    """나는 강사 입니다: "I" comes from 나는."""
    translation = translator.translate(SMALL_EXAMPLE)
    shown = average_map(translation, "cross", layer=translator.model_config.n_decoder_layers - 1, words=True)
    assert shown.predicted is not None and shown.predicted[0].text in ("I", "I'm")
    assert shown.keys[strongest_keys(shown)[0]].text == "나는"
