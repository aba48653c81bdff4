"""What the step "Does adding not lose information?" says, on the shipped checkpoint."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model.experiments.adding import Recovery, nearest_sum, recover_pairs, split_scores
from model.translator import Translator
from viz.measures.score_parts import shares_of_differences

SENTENCES = (
    "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다.",
    "나는 강사 입니다",
    "안녕 😀",
)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


@pytest.fixture(scope="module")
def with_dropout(translator: Translator) -> Recovery:
    return recover_pairs(translator, "", 10)


def test_in_three_dimensions_two_pairs_have_the_same_sum():
    words, positions = torch.tensor([[1.0, 2, 3], [2, 2, 2]]), torch.tensor([[3.0, 2, 1], [2, 2, 2]])
    sums = words + positions
    assert sums[0].tolist() == sums[1].tolist() == [4, 4, 4]
    word, position = nearest_sum(sums, words, positions)
    assert word[0] == word[1] and position[0] == position[1], "nobody can tell them apart"


def test_no_other_pair_has_the_same_sum_in_the_trained_model(translator: Translator):
    recovery = recover_pairs(translator, "", 0)
    assert recovery.n_words > 1000 and recovery.n_positions == 100
    assert recovery.added_both[-1] == 1


def test_word_and_position_survive_dropout_in_all_dimensions_and_not_in_few(with_dropout: Recovery):
    assert with_dropout.added_both[-1] > 0.9
    assert with_dropout.added_both[0] < 0.5


def test_more_dimensions_recover_more(with_dropout: Recovery):
    """Twice the dimensions never lose more than chance can: 128 pairs, a standard error of at most 4.5 points."""
    for shares in (with_dropout.added_both, with_dropout.joined_same_width, with_dropout.joined_double_width):
        assert (np.diff(shares) > -0.09).all()
        assert shares[-1] > shares[0] + 0.3


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_five_parts_sum_to_the_models_own_scores(translator: Translator, sentence: str):
    trace = translator.translate(sentence, capture="trace").trace
    assert trace is not None
    scores = trace.encoder.scores[0]
    total = split_scores(translator, sentence).all().sum(axis=0)
    np.testing.assert_allclose(total, scores, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_words_and_positions_both_have_their_say(translator: Translator, sentence: str):
    shares = shares_of_differences(split_scores(translator, sentence).all())
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-6)
    content, with_position = np.abs(shares[0]), np.abs(shares[1:4])
    assert content.max() > 0.05 and with_position.max() > 0.05
