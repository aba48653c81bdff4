from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.records import ATTENTION_KINDS, HeadRef
from tests.records import asymmetric_translation, make_translation
from viz.measures.maps import average_map, average_weights, head_map


def texts(words):
    return None if words is None else [word.text for word in words]


def test_cross_rows_read_the_input_and_predict_the_target():
    shown = head_map(asymmetric_translation(), HeadRef("cross", 0, 0))
    assert texts(shown.inputs) == ["▶", "I"]
    assert texts(shown.predicted) == ["I", "⏹"]
    assert texts(shown.keys) == ["나", "는", "⏹"]
    np.testing.assert_allclose(shown.weights, [[0.70, 0.18, 0.12], [0.02, 0.07, 0.91]], atol=1e-7)
    assert not shown.masked.any()


def test_decoder_keys_are_the_input_and_later_ones_are_masked():
    shown = head_map(asymmetric_translation(), HeadRef("decoder", 0, 0))
    assert texts(shown.inputs) == ["▶", "I"]
    assert texts(shown.predicted) == ["I", "⏹"]
    assert texts(shown.keys) == ["▶", "I"]
    assert shown.masked.tolist() == [[False, True], [False, False]]


def test_encoder_rows_are_source_tokens_that_predict_nothing():
    shown = head_map(asymmetric_translation(), HeadRef("encoder", 0, 0))
    assert texts(shown.inputs) == texts(shown.keys) == ["나", "는", "⏹"]
    assert shown.predicted is None
    np.testing.assert_allclose(shown.weights[0], [0.60, 0.30, 0.10], atol=1e-7)


def test_a_word_of_the_decoder_is_masked_only_where_none_of_its_rows_may_look():
    # I am an ele|phant who: the row of "elephant" may look at "ele" when it predicts "phant".
    shown = head_map(make_translation(n_target=7), HeadRef("decoder", 0, 0), words=True)
    assert texts(shown.predicted) == ["I", "am", "an", "elephant", "who", "⏹"]
    assert texts(shown.inputs) == texts(shown.keys) == ["▶", "I", "am", "an", "elephant", "who"]
    assert shown.masked[3].tolist() == [False, False, False, False, False, True]
    assert shown.weights[3, 4] > 0


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from(ATTENTION_KINDS), st.booleans(), st.integers(0, 99))
def test_rows_sum_to_one_and_masked_weights_are_zero(n_source, n_target, kind, words, seed):
    translation = make_translation(n_source=n_source, n_target=n_target, seed=seed)
    shown = head_map(translation, HeadRef(kind, 1, 3), words=words)
    assert shown.weights.shape == shown.masked.shape == (len(shown.inputs), len(shown.keys))
    np.testing.assert_allclose(shown.weights.sum(axis=1), 1, atol=1e-5)
    assert (shown.weights[shown.masked] == 0).all()


def test_averages_are_taken_over_what_is_not_named():
    weights = np.arange(2 * 3 * 2 * 2, dtype=float).reshape(2, 3, 2, 2)
    np.testing.assert_allclose(average_weights(weights), weights.mean(axis=(0, 1)))
    np.testing.assert_allclose(average_weights(weights, layer=1), weights[1].mean(axis=0))
    np.testing.assert_allclose(average_weights(weights, head=2), weights[:, 2].mean(axis=0))
    np.testing.assert_allclose(average_weights(weights, layer=1, head=2), weights[1, 2])


@pytest.mark.parametrize(("layer", "head"), [(2, None), (-1, None), (None, 4), (None, -1)])
def test_a_layer_or_head_that_does_not_exist_is_refused(layer, head):
    with pytest.raises(IndexError, match="does not exist"):
        average_map(make_translation(layers=2, heads=4), "cross", layer=layer, head=head)


def test_an_average_says_what_it_is_over():
    shown = average_map(make_translation(), "cross", layer=1)
    assert (shown.layer, shown.head, shown.unit) == (1, None, "token")


def test_a_translation_without_capture_is_refused():
    translation = dataclasses.replace(make_translation(), attention=None)
    with pytest.raises(ValueError, match="with capture"):
        head_map(translation, HeadRef("cross", 0, 0))
