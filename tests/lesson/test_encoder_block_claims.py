"""What the step "The encoder block" says, on the shipped checkpoint."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model.experiments.batch_norm import change_batch
from model.experiments.encoder_block import residual_sums
from model.transformer import EncoderLayer
from model.translator import Translator
from viz.measures.movement import similarity_to_start, word_vectors
from viz.measures.words import group_words
from viz.pages.steps.encoder_block import AFTER, BEFORE, PADDING

SENTENCES = (
    "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다.",
    "나는 강사 입니다",
    "안녕",
    "저는 커피를 마시지 않지만 차는 좋아해요.",
    "기차는 오후 3시 45분에 7번 승강장에서 출발합니다.",
)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


def vectors_of(translator: Translator, sentence: str) -> np.ndarray:
    translation = translator.translate(sentence, capture="trace")
    assert translation.trace is not None
    return word_vectors(translation.trace.encoder_states, group_words(translation.source))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_each_layer_adds_to_a_vector_and_does_not_replace_it(translator: Translator, sentence: str):
    """From one layer to the next a word stays more like itself than like its start: it moves step by step."""
    vectors = vectors_of(translator, sentence)
    for word in range(vectors.shape[1]):
        to_start = similarity_to_start(vectors, word)
        assert to_start[-1] < to_start[1] < 1
        last_step = similarity_to_start(vectors[-2:], word)[1]
        assert last_step > to_start[-1]


def test_words_stay_more_like_their_own_start_than_like_that_of_others(translator: Translator):
    own, others = [], []
    for sentence in SENTENCES:
        vectors = vectors_of(translator, sentence)
        start, end = (layer / np.linalg.norm(layer, axis=-1, keepdims=True) for layer in (vectors[0], vectors[-1]))
        similarity = end @ start.T
        own.append(np.diag(similarity).mean())
        others.append(similarity[~np.eye(len(similarity), dtype=bool)].mean())
    assert np.mean(own) > np.mean(others) + 0.1


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_is_added_is_shorter_than_what_it_is_added_to(translator: Translator, sentence: str):
    sums = residual_sums(translator, sentence)
    assert 0 < sums.attention.mean() < 1 and 0 < sums.feed_forward.mean() < 1
    assert 0 < sums.active.mean() < 1


def test_the_feed_forward_network_widens_and_narrows(translator: Translator):
    config, layer = translator.model_config, translator.transformer.encoder[0]
    assert isinstance(layer, EncoderLayer)
    assert layer.feed_forward.inner.weight.shape == (config.d_ff, config.d_model)
    assert layer.feed_forward.outer.weight.shape == (config.d_model, config.d_ff)


@pytest.mark.parametrize("companions", [BEFORE, AFTER])
@pytest.mark.parametrize("n_padding", PADDING)
def test_layer_norm_knows_nothing_of_the_batch(
    translator: Translator, companions: tuple[str, ...], n_padding: int
):
    for sentence in SENTENCES:
        assert change_batch(translator, sentence, BEFORE, companions, n_padding).layer_norm.max() < 1e-5


@pytest.mark.parametrize("sentence", SENTENCES)
def test_batch_norm_changes_the_more_the_more_padding(translator: Translator, sentence: str):
    moved = [change_batch(translator, sentence, BEFORE, BEFORE, n).batch_norm.mean() for n in PADDING]
    assert moved[0] < 1e-5
    assert (np.diff(moved) > 0).all() and moved[-1] > 0.05


@pytest.mark.parametrize("sentence", SENTENCES)
def test_leaving_padding_out_helps_against_padding_but_not_against_other_sentences(
    translator: Translator, sentence: str
):
    assert change_batch(translator, sentence, BEFORE, BEFORE, PADDING[-1]).batch_norm_of_words.max() < 1e-5
    assert change_batch(translator, sentence, BEFORE, AFTER, 0).batch_norm_of_words.mean() > 0.02


@torch.no_grad()
def test_layer_norm_evens_out_each_vector_by_itself(translator: Translator):
    """Without the learned scale and shift each vector has mean 0 and variance 1 over its own numbers."""
    model = translator.transformer
    source = torch.tensor([[token.id for token in translator.tokens(SENTENCES[0])]])
    for layer, done in zip(model.encoder, model.encode_traced(source).layers, strict=True):
        assert isinstance(layer, EncoderLayer)
        norm = layer.feed_forward_norm
        plain = (done.output - norm.bias) / norm.weight
        torch.testing.assert_close(plain.mean(dim=-1), torch.zeros_like(plain[..., 0]), atol=1e-3, rtol=0)
        torch.testing.assert_close(plain.var(dim=-1, unbiased=False), torch.ones_like(plain[..., 0]), atol=1e-2, rtol=0)
