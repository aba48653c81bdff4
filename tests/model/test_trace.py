"""A trace explains itself: each of its arrays follows from those before it, by plain numpy and the model's weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from model.records import ATTENTION_KINDS, Trace, Translation
from model.tokenizer import BOS_ID, PAD_ID
from model.trace import trace_of
from model.transformer import padding_mask
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

TEXT = "오늘은 날씨가 좋아서 공원에 갔어요."


class Layers:
    """The parameters of a model as functions of numpy arrays."""

    def __init__(self, translator: Translator) -> None:
        self.weights = {name: p.detach().double().numpy() for name, p in translator.network.state_dict().items()}

    def linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name: str, x: np.ndarray) -> np.ndarray:
        scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def feed_forward(self, name: str, x: np.ndarray) -> np.ndarray:
        inner = np.maximum(0.0, self.linear(f"{name}.feed_forward.inner", x))
        return self.norm(f"{name}.feed_forward_norm", x + self.linear(f"{name}.feed_forward.outer", inner))

    def attend(self, name: str, weights: np.ndarray, values: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Weighted sums of values of all heads, joined, projected, added to x (Q, d_model), normalised."""
        joined = np.concatenate([w @ v for w, v in zip(weights, values, strict=True)], axis=-1)
        return self.norm(f"{name}_norm", x + self.linear(f"{name}.output", joined))


def softmax(scores: np.ndarray) -> np.ndarray:
    exps = np.exp(scores - scores.max(-1, keepdims=True))
    return exps / exps.sum(-1, keepdims=True)


def split(x: np.ndarray, n_heads: int) -> np.ndarray:
    """(L, d_model) -> (heads, L, d_head)."""
    return np.stack(np.split(x, n_heads, axis=-1))


@pytest.fixture(scope="module")
def translation(translator) -> Translation:
    return translator.translate(TEXT, capture="trace")


@pytest.fixture(scope="module")
def trace(translation) -> Trace:
    assert translation.trace is not None
    return translation.trace


@pytest.fixture(scope="module")
def layers(translator) -> Layers:
    return Layers(translator)


def test_shapes_follow_from_the_sentence_and_the_model(translator, translation, trace):
    config, n_source, n_target = translator.model_config, len(translation.source), len(translation.target)
    n_encoder, n_decoder, d_model = config.n_encoder_layers, config.n_decoder_layers, config.d_model
    shapes = {"encoder_states": (n_encoder + 1, n_source, d_model), "encoder_attended": (n_encoder, n_source, d_model),
              "decoder_states": (n_decoder + 1, n_target, d_model),
              "decoder_self_attended": (n_decoder, n_target, d_model),
              "decoder_cross_attended": (n_decoder, n_target, d_model), "logits": (n_target, config.vocab_size)}
    for name, shape in shapes.items():
        array = getattr(trace, name)
        assert (array.shape, array.dtype) == (shape, np.float32), name
    for kind in ATTENTION_KINDS:
        part, n_queries = trace.of_kind(kind), len(translation.query_tokens(kind))
        n_layers, n_keys = n_encoder if kind == "encoder" else n_decoder, len(translation.key_tokens(kind))
        heads = (n_layers, config.n_heads)
        assert part.queries.shape == (*heads, n_queries, config.d_head)
        assert part.keys.shape == part.values.shape == (*heads, n_keys, config.d_head)
        assert part.scores.shape == (*heads, n_queries, n_keys)
        assert {a.dtype for a in (part.queries, part.keys, part.values, part.scores)} == {np.dtype(np.float32)}


def test_the_first_states_are_embeddings_and_positions(translator, translation, trace, layers):
    d_model = translator.model_config.d_model
    sides = ((translation.source, trace.encoder_states), (translation.decoder_input, trace.decoder_states))
    for tokens, states in sides:
        angles = np.arange(len(tokens))[:, None] / 10_000.0 ** (2 * (np.arange(d_model) // 2) / d_model)
        positions = np.where(np.arange(d_model) % 2 == 0, np.sin(angles), np.cos(angles))
        embeddings = layers.weights["embedding.weight"][[token.id for token in tokens]] * np.sqrt(d_model)
        np.testing.assert_allclose(states[0], embeddings + positions, atol=1e-5)


def test_queries_keys_and_values_are_projections_of_the_states(translator, trace, layers):
    n_heads = translator.model_config.n_heads
    for kind, module in (("encoder", "encoder.{}.self_attention"), ("decoder", "decoder.{}.self_attention"),
                         ("cross", "decoder.{}.cross_attention")):
        part = trace.of_kind(kind)
        for layer in range(len(part.queries)):
            queries_from, keys_from = {
                "encoder": (trace.encoder_states[layer],) * 2, "decoder": (trace.decoder_states[layer],) * 2,
                "cross": (trace.decoder_self_attended[layer], trace.encoder_states[-1])}[kind]
            name = module.format(layer)
            for got, projection, states in ((part.queries, "query", queries_from), (part.keys, "key", keys_from),
                                            (part.values, "value", keys_from)):
                expected = split(layers.linear(f"{name}.{projection}", states), n_heads)
                np.testing.assert_allclose(got[layer], expected, atol=1e-5)


def test_scores_are_scaled_dot_products(translator, trace):
    for kind in ATTENTION_KINDS:
        part = trace.of_kind(kind)
        dots = np.einsum("lhqd,lhkd->lhqk", part.queries, part.keys)
        np.testing.assert_allclose(part.scores, dots / np.sqrt(translator.model_config.d_head), atol=1e-5)


def test_the_softmax_of_masked_scores_is_the_weights(translation, trace):
    for kind in ATTENTION_KINDS:
        weights = softmax(trace.of_kind(kind).masked_scores())
        np.testing.assert_allclose(weights, translation.attention.of_kind(kind), atol=1e-6)


def test_only_the_decoder_is_masked_and_only_above_the_diagonal(trace):
    assert trace.encoder.allowed.all() and trace.cross.allowed.all()
    above = np.triu(np.ones_like(trace.decoder.allowed), 1)
    assert np.array_equal(~trace.decoder.allowed, above)
    assert np.isneginf(trace.decoder.masked_scores()[..., above]).all()
    assert np.isfinite(trace.decoder.scores).all()


def test_weighted_values_projected_added_and_normalised_are_the_next_states_of_the_encoder(translation, trace, layers):
    for layer, states in enumerate(trace.encoder_states[:-1]):
        attended = layers.attend(f"encoder.{layer}.self_attention", translation.attention.encoder[layer],
                                 trace.encoder.values[layer], states)
        np.testing.assert_allclose(trace.encoder_attended[layer], attended, atol=1e-5)
        following = layers.feed_forward(f"encoder.{layer}", trace.encoder_attended[layer])
        np.testing.assert_allclose(trace.encoder_states[layer + 1], following, atol=1e-5)


def test_weighted_values_projected_added_and_normalised_are_the_next_states_of_the_decoder(translation, trace, layers):
    for layer, states in enumerate(trace.decoder_states[:-1]):
        own = layers.attend(f"decoder.{layer}.self_attention", translation.attention.decoder[layer],
                            trace.decoder.values[layer], states)
        np.testing.assert_allclose(trace.decoder_self_attended[layer], own, atol=1e-5)
        cross = layers.attend(f"decoder.{layer}.cross_attention", translation.attention.cross[layer],
                              trace.cross.values[layer], trace.decoder_self_attended[layer])
        np.testing.assert_allclose(trace.decoder_cross_attended[layer], cross, atol=1e-5)
        following = layers.feed_forward(f"decoder.{layer}", trace.decoder_cross_attended[layer])
        np.testing.assert_allclose(trace.decoder_states[layer + 1], following, atol=1e-5)


def test_logits_come_from_the_last_states_and_give_the_log_probabilities(translation, trace, layers):
    np.testing.assert_allclose(trace.logits, trace.decoder_states[-1] @ layers.weights["embedding.weight"].T, atol=1e-4)
    log_probs = trace.logits - np.log(np.exp(trace.logits.astype(np.float64)).sum(-1, keepdims=True))
    chosen = [token.id for token in translation.target]
    np.testing.assert_allclose(log_probs[np.arange(len(chosen)), chosen], translation.log_probs, atol=1e-5)


def test_a_trace_changes_nothing_else_of_the_translation(translator, translation):
    plain = translator.translate(TEXT)
    assert plain.trace is None
    assert plain.target == translation.target and plain.candidates == translation.candidates
    for kind in ATTENTION_KINDS:
        assert np.array_equal(plain.attention.of_kind(kind), translation.attention.of_kind(kind))


def test_a_target_of_ones_own_has_a_trace_too(translator):
    given = translator.translate("물", target_text="I am a teacher.", capture="trace")
    assert given.trace is not None and given.trace.logits.shape[0] == len(given.target)


def test_without_the_look_ahead_mask_nothing_is_masked():
    model = random_model(dataclasses.replace(SMALL, look_ahead_mask=False))
    with torch.inference_mode():
        encoded = model.encode_traced(torch.tensor([[5, 6, 7]]))
        decoded = model.decode_traced(torch.tensor([[BOS_ID, 8]]), encoded.memory)
        trace = trace_of(encoded, decoded, model.logits(decoded.states[0]))
    assert trace.decoder.allowed.all() and trace.decoder.allowed.shape == (2, 2)


def test_masked_padding_shows_in_the_trace():
    model, source = random_model(), torch.tensor([[5, 6, 7, PAD_ID]])
    with torch.inference_mode():
        encoded = model.encode_traced(source, padding_mask(source, PAD_ID))
        decoded = model.decode_traced(torch.tensor([[BOS_ID, 8]]), encoded.memory, padding_mask(source, PAD_ID))
        trace = trace_of(encoded, decoded, model.logits(decoded.states[0]))
    assert trace.encoder.allowed.tolist() == [[True, True, True, False]] * 4
    assert trace.cross.allowed.tolist() == [[True, True, True, False]] * 2
