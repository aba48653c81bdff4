from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.records import AttentionRecord, HeadRef
from tests.records import make_translation
from viz.measures.links import joint_weights, strongest_joining_head, strongest_partner
from viz.measures.words import group_words


def record_with_encoder(encoder: np.ndarray) -> AttentionRecord:
    layers, heads, n_source, _ = encoder.shape
    return AttentionRecord(encoder, np.ones((layers, heads, 1, 1)), np.full((layers, heads, 1, n_source), 1 / n_source))


def even(n_tokens: int) -> np.ndarray:
    return np.full((2, 2, n_tokens, n_tokens), 1 / n_tokens)


def test_pieces_are_summed_over_keys_and_averaged_over_queries():
    weights = np.array([[0.1, 0.2, 0.7], [0.3, 0.4, 0.3], [0.5, 0.25, 0.25]])
    # Queries 0 and 1, keys 1 and 2: (0.9 + 0.7) / 2, and not the other way round (0.8 + 0.5) / 2.
    assert joint_weights(weights, (0, 1), (1, 2)) == pytest.approx(0.8)


@given(st.integers(0, 999))
def test_joint_weights_over_all_keys_are_one(seed):
    attention = make_translation(n_source=6, seed=seed).attention
    assert attention is not None
    np.testing.assert_allclose(joint_weights(attention.encoder, (1, 4), range(6)), 1, atol=1e-5)


def test_the_head_that_joins_most_strongly_is_found():
    encoder = even(10)
    encoder[1, 0, 0] = [0.1, 0, 0, 0, 0.4, 0.3, 0.2, 0, 0, 0]
    encoder[0, 1, 4, 0] = 0.99  # From the key to the query: does not count.
    joining = strongest_joining_head(record_with_encoder(encoder), "encoder", (0,), (4, 5))
    assert joining is not None
    assert joining.ref == HeadRef("encoder", 1, 0)
    assert joining.weight == pytest.approx(0.7)
    assert joining.even_share == pytest.approx(0.1)
    assert joining.times_even_share == pytest.approx(7)


@pytest.mark.parametrize(("weight", "found"), [(0.29, False), (0.31, True)])
def test_a_link_has_to_pass_three_times_the_even_share(weight, found):
    encoder = even(10)
    encoder[0, 0, 0, 4] = weight
    assert (strongest_joining_head(record_with_encoder(encoder), "encoder", (0,), (4,)) is not None) is found


def test_even_attention_joins_nothing():
    assert strongest_joining_head(record_with_encoder(even(10)), "encoder", (0,), (4,)) is None


@pytest.mark.parametrize(("queries", "keys"), [((), (1,)), ((0,), ())])
def test_an_empty_group_is_refused(queries, keys):
    with pytest.raises(ValueError, match="at least one of each"):
        joint_weights(np.eye(3), queries, keys)


def test_a_token_that_does_not_exist_is_refused():
    with pytest.raises(IndexError):
        joint_weights(np.eye(3), (0,), (3,))


def test_the_strongest_partner_is_a_word_and_no_special_token():
    translation = make_translation(n_source=15)
    words = group_words(translation.source)
    elephant = next(word for word in words if word.text == "코끼리")
    encoder = even(15)
    encoder[0, 1, 0, list(elephant.indices)] = 0.3
    encoder[0, 0, 0, 14] = 0.9  # the end token
    partner = strongest_partner(record_with_encoder(encoder), "encoder", words[0], words[1:])
    assert partner is not None
    assert partner.word == elephant
    # 나 gives 0.6 to 코끼리; 는 stays even and gives 2/15.
    assert partner.head.weight == pytest.approx((0.6 + 2 / 15) / 2)


def test_no_partner_where_attention_is_even():
    words = group_words(make_translation(n_source=15).source)
    assert strongest_partner(record_with_encoder(even(15)), "encoder", words[0], words[5:7]) is None
