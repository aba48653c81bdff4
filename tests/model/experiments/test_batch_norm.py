"""BatchNorm against torch's own, and what a batch's other sentences and padding do to each norm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from model.checkpoint import save_checkpoint
from model.experiments.batch_norm import batch_norm, change_batch
from model.tokenizer import Tokenizer
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

SENTENCE, ONE, OTHER = "나는 학교에 갔다.", "물을 마셔요.", "오늘은 비가 많이 와요."


@pytest.fixture(scope="module")
def random_translator(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Translator:
    folder: Path = tmp_path_factory.mktemp("random")
    save_checkpoint(folder, random_model(replace(SMALL, vocab_size=tokenizer.vocab_size)), tokenizer)
    return Translator.load(folder, "cpu")


def random_norm(d_model: int) -> nn.LayerNorm:
    norm = nn.LayerNorm(d_model)
    with torch.no_grad():
        norm.weight.normal_()
        norm.bias.normal_()
    return norm


@settings(max_examples=25, deadline=None)
@given(batch=st.integers(1, 4), length=st.integers(2, 6), d_model=st.integers(1, 8), seed=st.integers(0, 999))
@torch.no_grad()
def test_agrees_with_torch(batch: int, length: int, d_model: int, seed: int):
    torch.manual_seed(seed)
    sums, norm = 3 * torch.randn(batch, length, d_model) + 1, random_norm(d_model)
    ours = batch_norm(sums, torch.ones(batch, length, dtype=torch.bool), norm)
    # (B, L, d_model) -> (B, d_model, L), as torch wants it
    theirs = F.batch_norm(sums.transpose(1, 2), None, None, norm.weight, norm.bias, training=True, eps=norm.eps)
    torch.testing.assert_close(ours, theirs.transpose(1, 2), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_places_that_do_not_count_have_no_say():
    sums, norm = torch.randn(2, 3, 4), random_norm(4)
    counted = torch.tensor([[True, True, False], [True, False, False]])
    other = torch.where(counted[..., None], sums, 100 * torch.randn(2, 3, 4))
    torch.testing.assert_close(batch_norm(sums, counted, norm)[counted], batch_norm(other, counted, norm)[counted])


def test_an_unchanged_batch_changes_nothing(random_translator: Translator):
    result = change_batch(random_translator, SENTENCE, (ONE,), (ONE,), 0)
    for moved in (result.layer_norm, result.batch_norm, result.batch_norm_of_words):
        np.testing.assert_allclose(moved, 0, atol=1e-6)
    assert result.padding[0] == result.padding[1] and result.mean[0] == pytest.approx(result.mean[1])


def test_padding_moves_batch_norm_unless_it_is_left_out(random_translator: Translator):
    result = change_batch(random_translator, SENTENCE, (ONE,), (ONE,), 5)
    assert result.padding[1] > result.padding[0]
    np.testing.assert_allclose(result.layer_norm, 0, atol=1e-5)
    np.testing.assert_allclose(result.batch_norm_of_words, 0, atol=1e-5)
    assert (result.batch_norm > 0.01).all()
    assert result.mean[0] != result.mean[1]


def test_other_sentences_move_batch_norm_even_so(random_translator: Translator):
    result = change_batch(random_translator, SENTENCE, (ONE,), (OTHER,), 0)
    np.testing.assert_allclose(result.layer_norm, 0, atol=1e-5)
    assert (result.batch_norm > 0.01).all() and (result.batch_norm_of_words > 0.01).all()


def test_padding_ends_where_the_model_has_no_more_positions(random_translator: Translator):
    longest = len(random_translator.tokens(SENTENCE))
    assert longest > len(random_translator.tokens(ONE))
    result = change_batch(random_translator, SENTENCE, (ONE,), (ONE,), 10_000)
    words = longest + len(random_translator.tokens(ONE))
    assert result.padding[1] == pytest.approx(1 - words / (2 * SMALL.max_positions))
