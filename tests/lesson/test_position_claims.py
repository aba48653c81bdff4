"""What the step "Positional encoding" says, on the shipped checkpoint: the positions that it adds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from model.translator import Translator
from viz.measures.positions import cosine_by_distance, positional_encoding

N_POSITIONS = 100


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("checkpoints/ko-en", "cpu")


@pytest.fixture(scope="module")
def added(translator: Translator) -> np.ndarray:
    """What the model adds at each position: what is embedded with positions less the embedding."""
    sentence = "나는 어제 학교에서 친구와 점심을 먹고 집에 왔어요."
    trace = translator.translate(sentence, capture="trace").trace
    assert trace is not None
    model = translator.transformer
    ids = [token.id for token in translator.tokens(sentence)]
    content = model.embedding.weight.detach()[ids].numpy() * math.sqrt(model.config.d_model)
    return trace.encoder_states[0] - content


def test_the_model_adds_what_the_page_draws(translator: Translator, added: np.ndarray):
    d_model = translator.model_config.d_model
    np.testing.assert_allclose(added, positional_encoding(len(added), d_model), atol=1e-5)


def test_dot_products_depend_on_the_offset_alone(translator: Translator):
    positions = translator.transformer.positions[:N_POSITIONS].double().numpy()
    products = positions @ positions.T
    for offset in range(N_POSITIONS):
        diagonal = np.diagonal(products, offset)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-3)


def test_near_positions_are_more_alike_than_far_ones(translator: Translator):
    cosine = cosine_by_distance(N_POSITIONS, translator.model_config.d_model)
    assert cosine[1] > 0.9
    # The nearest five are more alike than any that are ten or more away.
    assert cosine[1:6].min() > cosine[10:].max()


def test_all_positions_differ(translator: Translator):
    positions = translator.transformer.positions[:N_POSITIONS].numpy()
    assert len(np.unique(positions.round(3), axis=0)) == N_POSITIONS


def test_higher_pairs_turn_more_slowly(translator: Translator):
    """Within a pair the vector turns by the same angle from each position to the next; the angle falls with i."""
    positions = translator.transformer.positions[:N_POSITIONS].double().numpy()
    # (positions, d_model) -> (positions, pairs) of sine and cosine as one complex number
    turning = positions[:, 1::2] + 1j * positions[:, 0::2]
    angles = np.angle(turning[1:] / turning[:-1])
    np.testing.assert_allclose(angles, np.broadcast_to(angles[0], angles.shape), atol=1e-4)
    assert (np.diff(angles[0]) < 0).all()
