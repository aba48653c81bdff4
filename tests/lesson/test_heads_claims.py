"""What the step "Many heads" says, on the shipped checkpoint."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model.attention import MultiHeadAttention
from model.experiments.heads import head_parts, measure_heads
from model.records import ATTENTION_KINDS, AttentionKind
from model.transformer import EncoderLayer
from model.translator import Translator
from viz.measures.head_habits import head_habits, map_distances
from viz.measures.maps import captured

SENTENCES = (
    "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다.",
    "할머니께서 저녁을 드시고 일찍 주무셨어요.",
    "어제 친구가 추천해 준 책을 도서관에서 빌렸어요.",
)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


def test_joined_heads_times_the_matrix_are_the_sum_of_what_each_head_adds(translator: Translator):
    """[head_1; ...; head_H] W_O = sum_h head_h W_O_h, the formula on the page."""
    layer = translator.transformer.encoder[0]
    assert isinstance(layer, EncoderLayer)
    ids = torch.tensor([[token.id for token in translator.tokens(SENTENCES[0])]])
    with torch.inference_mode():
        x = translator.transformer.embed(ids)
        done = layer.self_attention.traced(x, x)
        parts = head_parts(layer.self_attention, done)
        torch.testing.assert_close(parts.sum(dim=0) + layer.self_attention.output.bias, done.output, atol=1e-4, rtol=0)


def test_several_heads_have_as_many_parameters_as_one():
    counts = [sum(p.numel() for p in MultiHeadAttention(64, n_heads, 0.0).parameters()) for n_heads in (1, 8)]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_heads_of_a_layer_look_at_the_same_sentence_in_different_ways(translator: Translator, sentence: str):
    for kind in ATTENTION_KINDS:
        distances = map_distances(captured(translator.translate(sentence)).of_kind(kind))
        others = distances[..., ~np.eye(distances.shape[-1], dtype=bool)]
        assert others.mean() > 0.1, kind


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_the_lengths_of_the_parts_add_up_to_more_than_the_length_of_their_sum(
    translator: Translator, kind: AttentionKind
):
    target = tuple(token.id for token in translator.translate(SENTENCES[1]).target)
    for layer in (0, 1):
        measured = measure_heads(translator, SENTENCES[1], target, kind, layer)
        assert measured.length_of_sum < measured.lengths.sum()


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_where_a_head_looks_adds_up_to_all_of_its_weight(translator: Translator, sentence: str, kind: AttentionKind):
    habits = head_habits(translator.translate(sentence), kind)
    total = habits.special + habits.itself + habits.neighbours + habits.elsewhere
    np.testing.assert_allclose(total, 1, atol=1e-5)
    assert (habits.elsewhere > -1e-5).all()
