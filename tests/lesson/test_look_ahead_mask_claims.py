"""What the step "The decoder's mask" says, on the shipped model and on the one that was trained without the mask."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from model.experiments.look_ahead import loss_curve, read_given, remove_mask, write_alone
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


@cache
def own() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


@cache
def without_mask() -> Translator:
    return Translator.load("checkpoints/ko-en-no-look-ahead-mask", "cpu")


@cache
def translated(sentence: str) -> Translation:
    return own().translate(sentence)


def mean_probability(translator: Translator, sentence: str, text: str) -> float:
    return float(np.exp(read_given(translator, sentence, text).log_probs).mean())


def backwards(text: str) -> str:
    return " ".join(reversed(text.split()))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_triangle_is_exactly_zero_and_rows_sum_to_one(sentence: str):
    attention = translated(sentence).attention
    assert attention is not None
    assert (np.triu(attention.decoder, k=1) == 0).all()
    np.testing.assert_allclose(attention.decoder.sum(axis=-1), 1, atol=1e-5)


def test_without_its_mask_the_model_is_disturbed_and_does_not_copy():
    fell = []
    for sentence in SENTENCES:
        removed = remove_mask(own(), sentence, tuple(token.id for token in translated(sentence).target))
        fell.append(np.exp(removed.with_mask).mean() - np.exp(removed.without_mask).mean())
    assert np.mean(fell) > 0.1
    assert sum(difference > 0 for difference in fell) >= len(SENTENCES) - 1


def test_the_second_model_has_no_mask_and_is_otherwise_a_small_one_of_its_kind():
    config = without_mask().model_config
    assert not config.look_ahead_mask and own().model_config.look_ahead_mask
    assert config.d_model < own().model_config.d_model


def test_its_loss_comes_nearer_to_the_least_possible_with_fewer_tokens():
    curve, other = loss_curve(own(), ""), loss_curve(without_mask(), "")
    assert other.tokens_million[-1] < curve.tokens_million[-1]
    assert other.loss[-3:].mean() - other.least < curve.loss[-20:].mean() - curve.least


def test_it_foresees_nearly_every_token_that_it_may_see():
    seen = [mean_probability(without_mask(), sentence, translated(sentence).target_text) for sentence in SENTENCES]
    assert np.mean(seen) > 0.85
    assert np.mean(seen) > np.mean([np.exp(translated(sentence).log_probs).mean() for sentence in SENTENCES])


def test_it_copies_even_what_makes_no_sense():
    for sentence in SENTENCES:
        nonsense = backwards(translated(sentence).target_text)
        assert mean_probability(without_mask(), sentence, nonsense) > 0.2 + mean_probability(own(), sentence, nonsense)


@pytest.mark.parametrize("may_end", [True, False])
def test_alone_it_translates_nothing(may_end: bool):
    """Of the words that the masked model writes, hardly any is among its own."""
    found = []
    for sentence in SENTENCES:
        length = len(translated(sentence).target)
        written = write_alone(without_mask(), sentence, 0 if may_end else length - 1, length)
        words = set(translated(sentence).target_text.lower().rstrip(".").split())
        found.append(len(words & set(written.text.lower().split())) / len(words))
    assert np.mean(found) < 0.2
