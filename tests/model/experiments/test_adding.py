"""Reading word and position back from their sum, and the scores by what they come from, on small cases."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.checkpoint import save_checkpoint
from model.experiments.adding import nearest_sum, recover_pairs, spelled_pieces, split_scores, spread_dimensions
from model.positional import sinusoidal_positions
from model.tokenizer import Tokenizer
from model.transformer import EncoderLayer
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

SENTENCE = "나는 학교에 갔다."


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Translator:
    """A model with random weights, biases included."""
    folder = tmp_path_factory.mktemp("random")
    model = random_model(replace(SMALL, vocab_size=tokenizer.vocab_size))
    save_checkpoint(folder, model, tokenizer)
    return Translator.load(folder, "cpu")


def test_the_nearest_sum_of_a_small_case_by_hand():
    words = torch.tensor([[1.0, 2.0, 3.0], [10.0, 0.0, 0.0]])
    positions = torch.tensor([[3.0, 2.0, 1.0], [0.0, 0.0, 5.0]])
    # (4, 4, 4) is the first word at the first position; (10, 0, 4) is next to (10, 0, 5), the second at the second.
    word, position = nearest_sum(torch.tensor([[4.0, 4.0, 4.0], [10.0, 0.0, 4.0]]), words, positions)
    assert word.tolist() == [0, 1] and position.tolist() == [0, 1]


def test_two_pairs_of_the_same_sum_cannot_be_told_apart():
    words = torch.tensor([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]])
    positions = torch.tensor([[3.0, 2.0, 1.0], [2.0, 2.0, 2.0]])
    sums = torch.stack([words[0] + positions[0], words[1] + positions[1]])
    word, position = nearest_sum(sums, words, positions)
    assert word[0] == word[1] and position[0] == position[1]


@settings(max_examples=25, deadline=None)
@given(n_words=st.integers(1, 80), n_positions=st.integers(1, 9), size=st.integers(1, 6), seed=st.integers(0, 999))
def test_the_search_agrees_with_the_distances_to_all_sums(n_words: int, n_positions: int, size: int, seed: int):
    generator = torch.Generator().manual_seed(seed)
    words, positions, x = (torch.randn(n, size, generator=generator) for n in (n_words, n_positions, 5))
    word, position = nearest_sum(x, words, positions)
    # (W, 1, d) + (P, d) -> (W * P, d)
    distances = torch.cdist(x, (words[:, None] + positions).flatten(0, 1))
    found = distances[torch.arange(5), word * n_positions + position]
    torch.testing.assert_close(found, distances.min(dim=1).values, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("d_model", "size"), [(24, 24), (24, 12), (24, 6), (256, 4), (512, 128)])
def test_positions_in_the_kept_dimensions_are_those_of_a_smaller_model(d_model: int, size: int):
    kept = sinusoidal_positions(40, d_model)[:, spread_dimensions(d_model, size)]
    torch.testing.assert_close(kept, sinusoidal_positions(40, size))


def test_an_odd_number_of_dimensions_ends_in_a_sine_without_its_cosine():
    assert spread_dimensions(24, 3).tolist() == [0, 1, 16]


def test_pieces_that_are_spelled_are_neither_special_nor_bytes(tokenizer: Tokenizer):
    pieces = [tokenizer.piece(i) for i in spelled_pieces(tokenizer)]
    assert len(pieces) == tokenizer.vocab_size - 4 - 256
    assert not {"<pad>", "<unk>", "<s>", "</s>", "<0x41>"} & set(pieces)


def test_undamaged_sums_are_all_recovered(translator: Translator):
    recovery = recover_pairs(translator, "", 0)
    assert recovery.sizes.tolist() == [6, 12, 24]
    assert recovery.n_positions == SMALL.max_positions
    for shares in (recovery.added_both, recovery.joined_same_width, recovery.joined_double_width):
        np.testing.assert_array_equal(shares, 1.0)


def test_damage_loses_pairs_and_both_is_never_more_than_each(translator: Translator):
    recovery = recover_pairs(translator, "", 50)
    assert recovery.added_both[0] < 0.5
    assert (recovery.added_both <= np.minimum(recovery.added_word, recovery.added_position)).all()


def test_the_same_pairs_are_sampled_each_time(translator: Translator):
    once, again = recover_pairs(translator, "", 30), recover_pairs(translator, "", 30)
    np.testing.assert_array_equal(once.added_both, again.added_both)


def test_the_five_parts_sum_to_the_scores(translator: Translator):
    translation = translator.translate(SENTENCE, capture="trace")
    assert translation.trace is not None
    scores = translation.trace.encoder.scores[0]
    total = split_scores(translator, SENTENCE).all().sum(axis=0)
    np.testing.assert_allclose(total, scores, atol=1e-5 * max(1.0, np.abs(scores).max()))


def test_each_part_by_hand(translator: Translator):
    model = translator.transformer
    layer = model.encoder[0]
    assert isinstance(layer, EncoderLayer)
    attention = layer.self_attention
    tokens, head, m, n = translator.tokens(SENTENCE), 1, 2, 0
    rows = slice(head * attention.d_head, (head + 1) * attention.d_head)
    with torch.no_grad():
        e = model.embedding.weight[[token.id for token in tokens]] * math.sqrt(SMALL.d_model)
        query, key = attention.query.weight[rows], attention.key.weight[rows]
        expected = {
            "content_content": (query @ e[m]) @ (key @ e[n]),
            "content_position": (query @ e[m]) @ (key @ model.positions[n]),
            "position_content": (query @ model.positions[m]) @ (key @ e[n]),
            "position_position": (query @ model.positions[m]) @ (key @ model.positions[n]),
        }
    parts = split_scores(translator, SENTENCE)
    for name, product in expected.items():
        assert getattr(parts, name)[head, m, n] == pytest.approx(float(product) / math.sqrt(attention.d_head), abs=1e-4)


def test_position_with_position_is_the_same_for_every_sentence(translator: Translator):
    one, other = split_scores(translator, "나는 학교에 갔다."), split_scores(translator, "물을 많이 마셔요.")
    length = min(one.bias.shape[-1], other.bias.shape[-1])
    np.testing.assert_allclose(one.position_position[:, :length, :length],
                               other.position_position[:, :length, :length], atol=1e-6)
