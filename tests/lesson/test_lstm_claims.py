"""What the step "Why not an LSTM?" says, on the shipped checkpoints: two LSTMs and the Transformer."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from model.experiments.influence import Influence, leave_out_words, nudge_words, written
from model.translator import Translator
from viz.measures.influence import fading
from viz.measures.words import spaced_words

ELEPHANT = "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다."
GAP = "나는 오늘 아침부터 집에서 혼자 조용히 아주 천천히 계속"
LONG = (
    ELEPHANT,
    ELEPHANT.replace("나는", GAP),
    "어제 친구가 추천해 준 책을 도서관에서 빌려서 밤늦게까지 재미있게 읽었어요.",
    "할머니께서 시골에서 보내 주신 감자를 어머니와 함께 삶아서 이웃들과 나누어 먹었습니다.",
)
SENTENCES = (*LONG, "나는 강사 입니다", "배가 아파서 배를 못 먹었어요.", "안녕 😀 3D 프린터")
MODELS = {"forward": "ko-en-lstm", "bidirectional": "ko-en-lstm-bidirectional", "transformer": "ko-en"}
MEASURES = (leave_out_words, nudge_words)


@cache
def translator(model: str) -> Translator:
    return Translator.load(f"checkpoints/{MODELS[model]}", "cpu")


@cache
def measured(measure, model: str, sentence: str) -> Influence:
    words = spaced_words(translator("transformer").tokens(sentence))
    return measure(translator(model), sentence, tuple((word.start, word.end) for word in words if not word.is_special))


def near_and_far(model: str, sentence: str) -> tuple[float, float]:
    return fading(measured(leave_out_words, model, sentence).change, 6)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_lstms_states_depend_on_no_later_word_at_all(measure, sentence: str):
    change = measured(measure, "forward", sentence).change
    assert (change[np.triu_indices(len(change), 1)] == 0).all()
    assert (change[np.tril_indices(len(change))] > 0).all()


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("model", ["bidirectional", "transformer"])
def test_reading_from_both_ends_and_self_attention_reach_every_word(measure, sentence: str, model: str):
    assert (measured(measure, model, sentence).change > 0).all()


@pytest.mark.parametrize("sentence", LONG)
def test_in_the_lstm_influence_fades_with_distance(sentence: str):
    near, far = near_and_far("forward", sentence)
    assert far < near / 2


def test_in_the_transformer_it_fades_less():
    left = {}
    for model in ("forward", "transformer"):
        shares = [far / near for near, far in (near_and_far(model, sentence) for sentence in LONG)]
        left[model] = np.mean(shares)
    assert left["transformer"] > left["forward"]


def test_a_longer_gap_weakens_what_the_bidirectional_lstm_keeps_of_the_first_word():
    """The other LSTM, which reads the first word with nothing before it, holds on to that word however long the gap."""
    short, longer = (measured(leave_out_words, "bidirectional", sentence) for sentence in LONG[:2])
    # 코끼리 is the last word but one; 나는 is the first.
    assert longer.change[-2, 0] < short.change[-2, 0]
    assert sum(longer.n_tokens) > sum(short.n_tokens)


def test_self_attention_compares_any_two_words_in_one_step():
    attention = translator("transformer").translate(ELEPHANT).attention
    assert attention is not None
    assert (attention.encoder > 0).all()


@pytest.mark.parametrize("model", ["forward", "bidirectional"])
def test_the_lstms_translate(model: str):
    assert "elephant" in written(translator(model), "나는 코끼리 입니다.").target_text.lower()
