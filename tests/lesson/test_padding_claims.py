"""What the step "Padding" says, on the shipped checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from model.experiments.padding import Padded, pad_sentence
from model.records import Translation
from model.translator import Translator
from viz.pages.steps.padding import NEIGHBOUR, PADDING

SENTENCES = (
    "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다.",
    "나는 강사 입니다",
    "안녕",
    "저는 커피를 마시지 않지만 차는 좋아해요.",
    "할머니께서 저녁을 드시고 일찍 주무셨어요.",
)
MANY = 20


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


def padded(translator: Translator, alone: Translation, n_padding: int, *, masked: bool) -> Padded:
    target = tuple(token.id for token in alone.target)
    return pad_sentence(translator, alone.source_text, NEIGHBOUR, target, n_padding, masked)


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("n_padding", PADDING)
def test_with_the_mask_a_padded_sentence_is_as_it_is_alone(translator: Translator, sentence: str, n_padding: int):
    alone = translator.translate(sentence)
    result = padded(translator, alone, n_padding, masked=True)
    assert result.n_padding == n_padding
    assert result.encoder_on_padding.max() == result.cross_on_padding.max() == 0
    assert result.moved.max() < 1e-5
    np.testing.assert_allclose(result.log_probs, alone.log_probs, atol=1e-5, rtol=1e-5)
    assert result.target_text == alone.target_text


@pytest.mark.parametrize("sentence", SENTENCES)
def test_without_the_mask_every_head_gives_padding_weight_and_every_state_moves(translator: Translator, sentence: str):
    result = padded(translator, translator.translate(sentence), MANY, masked=False)
    assert result.encoder_on_padding.min() > 0 and result.cross_on_padding.min() > 0
    assert result.moved.min() > 1e-3


@pytest.mark.parametrize("sentence", SENTENCES)
def test_without_the_mask_more_padding_takes_more_weight(translator: Translator, sentence: str):
    alone = translator.translate(sentence)
    shares = [padded(translator, alone, n, masked=False).encoder_on_padding.mean() for n in PADDING]
    assert shares[0] == 0 and (np.diff(shares) > 0).all()


def test_without_the_mask_translations_get_less_likely_and_change(translator: Translator):
    changed, likely_alone, likely_padded = 0, [], []
    for sentence in SENTENCES:
        alone = translator.translate(sentence)
        result = padded(translator, alone, MANY, masked=False)
        changed += result.target_text != alone.target_text
        likely_alone.append(alone.log_probs.mean())
        likely_padded.append(result.log_probs.mean())
    assert np.mean(likely_padded) < np.mean(likely_alone)
    assert changed >= len(SENTENCES) // 2
