from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.checkpoint import save_checkpoint
from model.config import DecodingConfig, ModelConfig
from model.errors import CheckpointError, EmptyTextError, InputError, NothingToTranslateError, TextTooLongError
from model.records import ATTENTION_KINDS, Translation
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID
from model.translator import Translator, describe, pick_device
from tests.checkpoints import random_model

SENTENCES = ["나는 강사입니다.", "오늘은 날씨가 좋아서 공원에 갔어요.", "물", "저는 학생이 아니에요!",
             "나는 나는 나는 나는"]


# ---- an independent computation, one step at a time, in numpy and float64

class NumpyTransformer:
    """The formulas of the paper with plain arrays; keys and values are kept from step to step."""

    def __init__(self, model) -> None:
        self.w = {name: p.detach().double().numpy() for name, p in model.state_dict().items()}
        self.config = model.config

    def linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def norm(self, name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return scaled * self.w[f"{name}.weight"] + self.w[f"{name}.bias"]

    def embed(self, token: int, position: int) -> np.ndarray:
        d = self.config.d_model
        angles = position / 10_000.0 ** (2 * (np.arange(d) // 2) / d)
        table = np.where(np.arange(d) % 2 == 0, np.sin(angles), np.cos(angles))
        return self.w["embedding.weight"][token] * np.sqrt(d) + table

    def attend(self, name: str, query: np.ndarray, keys: np.ndarray, values: np.ndarray):
        """Weights (H, K) of one query (d,), and what it reads (d,)."""
        size, weights, mixed = self.config.d_head, [], []
        for head in range(self.config.n_heads):
            part = slice(head * size, (head + 1) * size)
            scores = keys[:, part] @ query[part] / np.sqrt(size)
            exps = np.exp(scores - scores.max())
            weights.append(exps / exps.sum())
            mixed.append(weights[-1] @ values[:, part])
        return np.array(weights), self.linear(f"{name}.output", np.concatenate(mixed))

    def feed_forward(self, name: str, x: np.ndarray) -> np.ndarray:
        inner = np.maximum(0.0, self.linear(f"{name}.feed_forward.inner", x))
        return self.norm(f"{name}.feed_forward_norm", x + self.linear(f"{name}.feed_forward.outer", inner))

    def encode(self, ids: list[int]):
        x = np.array([self.embed(token, position) for position, token in enumerate(ids)])
        maps = []
        for layer in range(self.config.n_encoder_layers):
            name = f"encoder.{layer}.self_attention"
            queries, keys, values = (self.linear(f"{name}.{part}", x) for part in ("query", "key", "value"))
            rows = [self.attend(name, query, keys, values) for query in queries]
            maps.append(np.stack([weights for weights, _ in rows], axis=1))
            x = self.norm(f"{name}_norm", x + np.array([read for _, read in rows]))
            x = self.feed_forward(f"encoder.{layer}", x)
        return x, np.array(maps)

    def decode(self, source: list[int], target: list[int]):
        """Log probabilities (T, V) and maps of all steps, each step computed without knowing the next token."""
        memory, encoder = self.encode(source)
        n_layers, n_heads, n_target = self.config.n_decoder_layers, self.config.n_heads, len(target)
        decoder = np.zeros((n_layers, n_heads, n_target, n_target))
        cross = np.zeros((n_layers, n_heads, n_target, len(source)))
        cached: list[tuple[list, list]] = [([], []) for _ in range(n_layers)]
        log_probs, token = [], BOS_ID
        for step, following in enumerate(target):
            x = self.embed(token, step)
            for layer in range(n_layers):
                name = f"decoder.{layer}.self_attention"
                cached[layer][0].append(self.linear(f"{name}.key", x))
                cached[layer][1].append(self.linear(f"{name}.value", x))
                keys, values = (np.array(part) for part in cached[layer])
                decoder[layer, :, step, : step + 1], read = self.attend(name, self.linear(f"{name}.query", x), keys,
                                                                       values)
                x = self.norm(f"{name}_norm", x + read)
                name = f"decoder.{layer}.cross_attention"
                keys, values = self.linear(f"{name}.key", memory), self.linear(f"{name}.value", memory)
                cross[layer, :, step], read = self.attend(name, self.linear(f"{name}.query", x), keys, values)
                x = self.norm(f"{name}_norm", x + read)
                x = self.feed_forward(f"decoder.{layer}", x)
            logits = self.w["embedding.weight"] @ x
            log_probs.append(logits - logits.max() - np.log(np.exp(logits - logits.max()).sum()))
            token = following
        return np.array(log_probs), {"encoder": encoder, "decoder": decoder, "cross": cross}


@pytest.fixture(scope="module")
def reference(translator: Translator) -> NumpyTransformer:
    return NumpyTransformer(translator.checkpoint.model)


@pytest.mark.parametrize("decoding", [DecodingConfig(), DecodingConfig(beam_size=3)])
@pytest.mark.parametrize("text", SENTENCES[:2])
def test_captured_weights_equal_those_of_one_step_after_the_other(translator, reference, text, decoding):
    got = translator.translate(text, decoding)
    target = [token.id for token in got.target]
    log_probs, maps = reference.decode([token.id for token in got.source], target)
    for kind in ATTENTION_KINDS:
        np.testing.assert_allclose(got.attention.of_kind(kind), maps[kind], atol=1e-5)
    np.testing.assert_allclose(got.log_probs, log_probs[np.arange(len(target)), target], atol=1e-4)
    for step, candidates in enumerate(got.candidates):
        best = np.argsort(-log_probs[step])[:5]
        np.testing.assert_allclose([c.probability for c in candidates], np.exp(log_probs[step][best]), atol=1e-5)


# ---- what a Translation holds

def check(translation: Translation, translator: Translator) -> None:
    """Everything that is true of any translation with maps."""
    config = translator.model_config
    n_source, n_target = len(translation.source), len(translation.target)
    record = translation.attention
    assert record is not None
    assert record.encoder.shape == (config.n_encoder_layers, config.n_heads, n_source, n_source)
    assert record.decoder.shape == (config.n_decoder_layers, config.n_heads, n_target, n_target)
    assert record.cross.shape == (config.n_decoder_layers, config.n_heads, n_target, n_source)
    for kind in ATTENTION_KINDS:
        weights = record.of_kind(kind)
        assert weights.dtype == np.float32
        np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-5)
    assert not record.decoder[..., np.triu_indices(n_target, 1)[0], np.triu_indices(n_target, 1)[1]].any()
    assert len(translation.decoder_input) == n_target == len(translation.log_probs) == len(translation.candidates)
    assert translation.decoder_input[0].id == BOS_ID
    assert translation.decoder_input[1:] == translation.target[:-1]
    assert translation.source[-1].id == EOS_ID
    for text, tokens in ((translation.source_text, translation.source), (translation.target_text, translation.target)):
        assert all(0 <= t.start <= t.end <= len(text) for t in tokens)
    assert (translation.log_probs <= 0).all()
    for chosen, log_prob, candidates in zip(translation.target, translation.log_probs, translation.candidates,
                                            strict=True):
        probabilities = [c.probability for c in candidates]
        assert len(candidates) == 5 and probabilities == sorted(probabilities, reverse=True)
        assert all(0 <= p <= 1 for p in probabilities) and sum(probabilities) <= 1 + 1e-5
        among = [c for c in candidates if c.id == chosen.id]
        assert not among or among[0].probability == pytest.approx(float(np.exp(log_prob)), abs=1e-5)
    assert translation.checkpoint_id == translator.checkpoint.checkpoint_id


@pytest.mark.parametrize("text", [*SENTENCES, "나는 👧 ㈜한국 ﷺ １２", "  앞뒤에   빈칸  ", "abc def", "漢字",
                                  "مرحبا بك", "하\x00나\u202e둘", "\u1112\u1161\u11ab글", "ㅋㅋㅋ", "123", "한\n줄"])
def test_any_sentence_has_whole_maps(translator, text):
    translation = translator.translate(text)
    assert translation.source_text == text
    assert translation.beam is None and translation.decoding == "greedy no_repeat_ngram=4"
    check(translation, translator)


def test_same_text_same_translation(translator):
    first, second = translator.translate(SENTENCES[0]), translator.translate(SENTENCES[0])
    assert first.target == second.target
    assert np.array_equal(first.attention.cross, second.attention.cross)


def test_a_given_target_is_looked_into(translator):
    translation = translator.translate("나는 강사입니다.", target_text="I am a teacher.")
    check(translation, translator)
    assert translation.target_text == "I am a teacher."
    assert translation.target[-1].id == EOS_ID
    assert translation.decoding == "target given" and translation.beam is None


def test_the_found_translation_given_back_has_the_same_maps(translator):
    found = translator.translate(SENTENCES[1])
    given_ = translator.translate(SENTENCES[1], target_text=found.target_text)
    if [t.id for t in given_.target] == [t.id for t in found.target]:  # one text may be spelled by other pieces
        np.testing.assert_allclose(given_.attention.cross, found.attention.cross, atol=1e-6)
    check(given_, translator)


def test_an_empty_target_is_the_end_alone(translator):
    translation = translator.translate("물", target_text="")
    check(translation, translator)
    assert [t.id for t in translation.target] == [EOS_ID] and translation.target_text == ""


def test_a_given_target_that_is_too_long_is_an_input_error(translator):
    with pytest.raises(TextTooLongError) as caught:
        translator.translate("물", target_text="word " * 300)
    assert caught.value.unit == "tokens" and caught.value.limit == translator.checkpoint.model_config.max_positions
    assert translator.translate("물").attention is not None  # and the next one has its turn


def test_beam_search_keeps_its_tree(translator):
    config = DecodingConfig(beam_size=4, length_penalty=0.0)
    translation = translator.translate(SENTENCES[1], config)
    check(translation, translator)
    assert translation.decoding == "beam_size=4 length_penalty=0 no_repeat_ngram=4"
    assert translation.beam is not None
    last = [n for n in translation.beam.steps[len(translation.target) - 1] if n.kept and n.id == EOS_ID]
    assert float(translation.log_probs.sum()) == pytest.approx(max(n.log_prob for n in last), abs=1e-4)


def test_beam_search_finds_likelier_sentences_than_greedy(translator):
    def total(config: DecodingConfig) -> float:
        return sum(float(t.log_probs.sum()) for t in translator.translate_batch(SENTENCES, config))

    assert total(DecodingConfig(beam_size=8, length_penalty=0.0)) >= total(DecodingConfig()) - 1e-4


@pytest.mark.parametrize("config", [DecodingConfig(), DecodingConfig(beam_size=3)])
def test_a_batch_equals_one_by_one(translator, config):
    alone = [translator.translate(text, config) for text in SENTENCES]
    fast = translator.translate_batch(SENTENCES, config)
    whole = translator.translate_batch(SENTENCES, config, capture=True)
    for one, plain, captured in zip(alone, fast, whole, strict=True):
        assert one.target == plain.target == captured.target
        assert one.source == plain.source and one.decoding == plain.decoding
        assert plain.attention is None and plain.candidates == ()
        np.testing.assert_allclose(plain.log_probs, one.log_probs, atol=1e-5)
        np.testing.assert_allclose(captured.attention.cross, one.attention.cross, atol=1e-5)
        check(captured, translator)


def test_an_empty_batch(translator):
    assert translator.translate_batch([]) == []


# ---- texts that cannot be translated

@pytest.mark.parametrize(("text", "error"), [
    ("", EmptyTextError), (" \n\t", EmptyTextError), ("\x00\u200b", EmptyTextError), ("\ud800", EmptyTextError),
    ("🙂🙂", NothingToTranslateError), ("...", NothingToTranslateError), ("가" * 10_000, TextTooLongError),
    ("가나다 " * 200, TextTooLongError), ("x" * 5_000, TextTooLongError),
])
def test_texts_that_cannot_be_translated(translator, text, error):
    for call in (translator.translate, translator.check, translator.tokens, translator.split_sentences,
                 lambda text: translator.translate_batch([SENTENCES[0], text])):
        with pytest.raises(error):
            call(text)


def test_too_long_a_sentence_says_how_many_tokens_it_has(translator):
    text = "나는 학교에 갑니다 " * 60
    with pytest.raises(TextTooLongError) as caught:
        translator.translate(text)
    assert (caught.value.got, caught.value.limit, caught.value.unit) == (translator.count_tokens(text), 100, "tokens")


def test_the_limit_itself_is_translated(translator):
    text = "물"
    while translator.count_tokens(text + "물") <= translator.max_source_tokens:
        text += "물"
    assert translator.count_tokens(text) == 100
    check(translator.translate(text, DecodingConfig(max_target_tokens=5)), translator)


def test_a_model_of_few_positions_has_a_lower_limit(tokenizer, tmp_path):
    config = ModelConfig(vocab_size=tokenizer.vocab_size, d_model=8, n_heads=2, d_ff=8, n_encoder_layers=1,
                         n_decoder_layers=1, max_positions=12)
    save_checkpoint(tmp_path, random_model(config), tokenizer)
    small = Translator.load(tmp_path, device="cpu")
    assert small.max_source_tokens == 12
    with pytest.raises(TextTooLongError):
        small.translate("나는 학교에 가서 물을 마시고 집에 왔어요")
    check(small.translate("물을 마셔요"), small)


@pytest.mark.parametrize("text", SENTENCES)
def test_source_tokens_are_those_of_the_translation(translator, text):
    assert translator.tokens(text) == translator.translate(text).source


def test_the_network_is_that_of_the_checkpoint(translator):
    assert translator.network is translator.checkpoint.model and not translator.network.training


def test_many_sentences_are_split_and_each_is_translated(translator):
    sentences = translator.split_sentences("안녕하세요. 저는 학생이에요!\n물을 마셔요")
    assert sentences == ["안녕하세요.", "저는 학생이에요!", "물을 마셔요"]
    assert len(translator.translate_batch(sentences)) == 3


def test_a_sentence_in_the_middle_that_is_too_long_is_found_before_the_work(translator):
    with pytest.raises(TextTooLongError):
        translator.split_sentences("안녕하세요. " + "아주 긴 문장 " * 80 + ". 끝.")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from("가나다. !?\nㅤ👧㈜ﷺ\u202e\ud800A1")),
                    max_size=20))
def test_any_text_is_translated_or_is_an_input_error(translator, text):
    config = DecodingConfig(max_target_tokens=6)
    try:
        sentences = translator.split_sentences(text)
        for sentence in sentences:
            check(translator.translate(sentence, config), translator)
    except InputError as error:
        assert error.reason in ("empty", "nothing", "too_long")


@settings(max_examples=40, deadline=None)
@given(target=st.text(st.characters(exclude_categories=()), max_size=15))
def test_any_target_text_can_be_looked_into(translator, target):
    check(translator.translate("물", target_text=target), translator)


# ---- loading

def test_loading_says_what_it_loaded(translator, checkpoint_path):
    assert translator.device == "cpu"
    assert translator.checkpoint.path == checkpoint_path
    assert translator.checkpoint.n_parameters == sum(p.numel() for p in translator.checkpoint.model.parameters())
    assert not translator.checkpoint.model.training


@pytest.mark.parametrize("name", ["tpu", "", "cuda:99"])
def test_a_device_that_is_not_there_is_a_checkpoint_error(name):
    with pytest.raises(CheckpointError, match="choose auto or one of"):
        pick_device(name)


def test_auto_is_a_device_that_is_there():
    assert pick_device("auto").type in ("cpu", "cuda", "mps")


def test_several_threads_may_translate_at_once(translator):
    expected = {text: translator.translate(text).target_text for text in SENTENCES}
    got: dict[str, str] = {}
    threads = [threading.Thread(target=lambda text=text: got.__setitem__(text, translator.translate(text).target_text))
               for text in SENTENCES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == expected


def test_options_in_words():
    assert describe(DecodingConfig(no_repeat_ngram=0)) == "greedy no_repeat_ngram=0"
    assert describe(DecodingConfig(beam_size=4, max_target_tokens=9)) == (
        "beam_size=4 length_penalty=1 max_target_tokens=9 no_repeat_ngram=4")


def test_translating_leaves_the_weights_as_they_are(translator):
    before = {name: p.clone() for name, p in translator.checkpoint.model.state_dict().items()}
    translator.translate(SENTENCES[0], DecodingConfig(beam_size=2))
    assert all(torch.equal(p, before[name]) for name, p in translator.checkpoint.model.state_dict().items())
    assert PAD_ID not in [t.id for t in translator.translate(SENTENCES[0]).target]
