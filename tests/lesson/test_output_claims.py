"""What the step "The output" says, on the shipped checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from model.config import DecodingConfig
from model.decoding import normalised
from model.experiments.output import dropout_passes, next_tokens
from model.records import Translation
from model.translator import Translator

SENTENCES = (
    "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다.",
    "나는 강사 입니다",
    "오늘은 비가 와서 집에 있었어요.",
    "선생님께서 교실에 들어오시자 학생들이 모두 일어났어요.",
    "내일 세 시에 도서관 앞에서 만나요.",
    "나는 어제 학교에 갔어요.",
)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


@pytest.fixture(scope="module", params=SENTENCES)
def translation(request: pytest.FixtureRequest, translator: Translator) -> Translation:
    return translator.translate(request.param, capture="trace")


def target_of(translation: Translation) -> tuple[int, ...]:
    return tuple(token.id for token in translation.target)


def test_scores_are_the_last_states_times_the_embedding_matrix(translator: Translator, translation: Translation):
    trace = translation.trace
    assert trace is not None
    matrix = translator.transformer.state_dict()["embedding.weight"].numpy()
    config = translator.model_config
    assert matrix.shape == (config.vocab_size, config.d_model)
    np.testing.assert_allclose(trace.decoder_states[-1] @ matrix.T, trace.logits, atol=1e-3)


def test_candidates_are_the_softmax_of_the_scores_and_sum_to_one(translator: Translator, translation: Translation):
    trace = translation.trace
    assert trace is not None
    vocabulary = translator.model_config.vocab_size
    all_tokens = next_tokens(translator, translation.source_text, target_of(translation), vocabulary)
    exponentials = np.exp(trace.logits - trace.logits.max(axis=-1, keepdims=True))
    for candidates, shares in zip(all_tokens, exponentials / exponentials.sum(axis=-1, keepdims=True), strict=True):
        assert sum(candidate.probability for candidate in candidates) == pytest.approx(1, abs=1e-4)
        for candidate in candidates[:10]:
            assert candidate.probability == pytest.approx(shares[candidate.id], abs=1e-5)


def test_what_a_step_puts_out_goes_into_the_next_as_a_number_looked_up_anew(
    translator: Translator, translation: Translation
):
    assert [token.id for token in translation.decoder_input[1:]] == [token.id for token in translation.target[:-1]]
    trace, model = translation.trace, translator.transformer
    assert trace is not None
    embedding = model.state_dict()["embedding.weight"].numpy()
    positions = model.positions.numpy()
    ids = [token.id for token in translation.decoder_input]
    read = embedding[ids] * np.sqrt(translator.model_config.d_model) + positions[: len(ids)]
    np.testing.assert_allclose(trace.decoder_states[0], read, atol=1e-5)


def test_greedy_search_takes_the_likeliest_that_it_may(translator: Translator, translation: Translation):
    """Four tokens may not occur twice in a row: where they do not, the best candidate is the chosen one."""
    best = next_tokens(translator, translation.source_text, target_of(translation), 1)
    ids = target_of(translation)
    fourths = [tuple(ids[place : place + 3]) for place in range(len(ids) - 2)]
    for step, candidates in enumerate(best):
        repeats = tuple(ids[step - 3 : step]) in fourths[: max(0, step - 3)]
        assert candidates[0].id == ids[step] or repeats or candidates[0].id < 3


def test_beam_search_finds_a_better_score_for_most_sentences_and_a_worse_one_for_hardly_any(translator: Translator):
    alpha = DecodingConfig().length_penalty
    gains = []
    for sentence in SENTENCES:
        scores = []
        for size in (1, 4):
            found = translator.translate(sentence, DecodingConfig(beam_size=size))
            scores.append(normalised(float(found.log_probs.sum()), len(found.target), alpha))
        gains.append(scores[1] - scores[0])
    assert sum(gain >= -1e-4 for gain in gains) >= len(SENTENCES) - 1
    assert np.mean(gains) > -1e-4


def test_dropout_scatters_probabilities_and_lowers_them_on_average(translator: Translator, translation: Translation):
    passes = dropout_passes(translator, translation.source_text, target_of(translation), 0.1, 20, 1)
    assert (np.ptp(passes.on, axis=0) > 0).all()
    assert np.exp(passes.on).mean() < np.exp(passes.off).mean()
    more = dropout_passes(translator, translation.source_text, target_of(translation), 0.3, 20, 1)
    assert more.first_choice.mean() < passes.first_choice.mean()


def test_without_dropout_the_result_is_the_same_each_time(translator: Translator, translation: Translation):
    again = translator.translate(translation.source_text)
    np.testing.assert_array_equal(again.log_probs, translation.log_probs)
    assert again.target == translation.target
