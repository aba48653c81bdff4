from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from model import drafting
from model.config import DecodingConfig, ModelConfig
from model.decoding import PackedDecoder, Projection, StepDecoder, greedy_search
from model.drafting import (
    MAX_DRAFTS,
    DecodedTarget,
    RoundedProjection,
    corrected,
    decode_target,
    greedy_targets,
    has_fast_int8,
    rounded_decoder,
)
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID
from model.transformer import Transformer
from model.translator import Translator
from tests.checkpoints import SMALL, random_model

SHIPPED = Path(__file__).parents[2] / "checkpoints" / "ko-en"
EVERYDAY = Path(__file__).parents[1] / "data" / "everyday-100.tsv"
SOURCES = [[5, 9, 14, 50, 33, 7, EOS_ID], [41, 17, 28, EOS_ID], [8, EOS_ID], [5, 5, 5, 40, 22, EOS_ID]]
has_int8 = pytest.mark.skipif(not has_fast_int8(), reason="no fast int8 on this processor: there are no drafts")


def lively_model(seed: int, config: ModelConfig = SMALL) -> Transformer:
    """A random model that writes many different tokens and ends at some time."""
    model = random_model(config, seed)
    with torch.no_grad():
        model.embedding.weight.mul_(2.0)
        model.embedding.weight[EOS_ID] *= 4.0
    return model


def noisy_decoder(model: Transformer, noise: float, seed: int) -> PackedDecoder:
    """A drafter whose weights are each off by a normal share of themselves: it errs as often as one likes."""
    generator = torch.Generator().manual_seed(seed)

    def pack(weight: Tensor, bias: Tensor | None) -> Projection:
        return Projection.of(weight * (1 + noise * torch.randn(weight.shape, generator=generator)), bias)

    return PackedDecoder.of(model, pack)


@torch.inference_mode()
def memories_of(model: Transformer, sources: Sequence[Sequence[int]]) -> list[Tensor]:
    return [model.encode(torch.tensor([list(source)]), None) for source in sources]


def drafted(model: Transformer, sources: Sequence[list[int]], config: DecodingConfig,
            rounded: PackedDecoder | None) -> list[list[int]]:
    return [target.ids for target in greedy_targets(model, sources, memories_of(model, sources), config, None, rounded)]


# ---- correcting, by hand

def draft_of(ids: list[int], likeliest: list[list[int]], n_tokens: int = 12) -> DecodedTarget:
    """A draft whose pass prefers the tokens `likeliest[t]` in row t, the first of them most."""
    logits = torch.zeros(len(ids), n_tokens)
    for row, tokens in enumerate(likeliest):
        for place, token in enumerate(tokens):
            logits[row, token] = 9.0 - place
    return DecodedTarget(ids, None, logits)  # type: ignore[arg-type]


ANY_NGRAM = DecodingConfig(no_repeat_ngram=0)


def test_a_draft_that_is_right_stays():
    assert corrected(draft_of([5, 6, EOS_ID], [[5], [6], [EOS_ID]]), ANY_NGRAM) == [5, 6, EOS_ID]


def test_a_draft_is_kept_up_to_its_first_error_and_goes_on_with_the_right_token():
    assert corrected(draft_of([5, 6, 7, 8], [[5], [9], [7], [4]]), ANY_NGRAM) == [5, 9]
    assert corrected(draft_of([5, 6, 7, 8], [[4], [9], [7], [8]]), ANY_NGRAM) == [4]
    assert corrected(draft_of([5, 6, 7, 8], [[5], [EOS_ID], [7], [8]]), ANY_NGRAM) == [5, EOS_ID]
    assert corrected(draft_of([5, 6, EOS_ID], [[5], [6], [7]]), ANY_NGRAM) == [5, 6, 7]


def test_what_greedy_search_may_not_write_corrects_no_draft():
    likeliest = [[PAD_ID, 5], [BOS_ID, UNK_ID, 6], [7]]
    assert corrected(draft_of([5, 6, 7], likeliest), ANY_NGRAM) == [5, 6, 7]
    # After 5 6 5 the pair 5 6 would come twice.
    repeats = draft_of([5, 6, 5, 8], [[5], [6], [5], [6, 8]])
    assert corrected(repeats, DecodingConfig(no_repeat_ngram=2)) == [5, 6, 5, 8]
    assert corrected(repeats, ANY_NGRAM) == [5, 6, 5, 6]


def test_correcting_leaves_the_logits_as_they_are():
    draft = draft_of([5, 6], [[5], [6]])
    before = draft.logits.clone()
    corrected(draft, DecodingConfig())
    assert torch.equal(draft.logits, before)


# ---- the result is that of float32, whatever the draft

@has_int8
@pytest.mark.parametrize("no_repeat_ngram", [0, 2, 4])
@pytest.mark.parametrize("seed", range(6))
def test_drafts_in_int8_lead_to_what_float32_writes(seed, no_repeat_ngram):
    model = lively_model(seed)
    config = DecodingConfig(no_repeat_ngram=no_repeat_ngram)
    assert drafted(model, SOURCES, config, rounded_decoder(model)) == greedy_search(model, SOURCES, config)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 99), noise=st.sampled_from([0.0, 0.01, 0.1, 0.5, 3.0]), n=st.sampled_from([0, 2, 4]),
       limit=st.sampled_from([None, 1, 7]),
       sources=st.lists(st.lists(st.integers(4, 59), min_size=1, max_size=12).map(lambda ids: [*ids, EOS_ID]),
                        min_size=1, max_size=4))
def test_any_draft_leads_to_what_float32_writes(seed, noise, n, limit, sources):
    model = lively_model(seed)
    config = DecodingConfig(no_repeat_ngram=n, max_target_tokens=limit)
    assert drafted(model, sources, config, noisy_decoder(model, noise, seed)) == greedy_search(model, sources, config)


@pytest.mark.parametrize(("noise", "at_least"), [(0.05, 2), (0.5, 2), (3.0, MAX_DRAFTS + 1)])
def test_a_drafter_that_errs_is_corrected_step_by_step_and_given_up_at_last(noise, at_least, monkeypatch):
    model, config = lively_model(3), DecodingConfig(max_target_tokens=15)
    with torch.no_grad():
        model.embedding.weight[EOS_ID] = 0.0  # it writes on to the limit
    passes: list[list[int]] = []
    decode = decode_target
    monkeypatch.setattr(drafting, "decode_target", lambda m, ids, memory: passes.append(ids) or decode(m, ids, memory))
    expected, = greedy_search(model, SOURCES[:1], config)
    assert drafted(model, SOURCES[:1], config, noisy_decoder(model, noise, seed=1)) == [expected]
    assert at_least <= len(passes) <= MAX_DRAFTS + 1
    agreed = [next((i for i, (a, b) in enumerate(zip(ids, expected, strict=False)) if a != b), len(expected))
              for ids in passes]
    assert agreed == sorted(set(agreed))  # each draft begins with all that was settled, and one token more


def test_a_right_draft_costs_one_pass(monkeypatch):
    model, config = lively_model(4), DecodingConfig()
    passes: list[list[int]] = []
    decode = decode_target
    monkeypatch.setattr(drafting, "decode_target", lambda m, ids, memory: passes.append(ids) or decode(m, ids, memory))
    assert drafted(model, SOURCES, config, PackedDecoder.of(model)) == passes


@torch.inference_mode()
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_the_pass_belongs_to_the_target(noise):
    model = lively_model(5)
    memories = memories_of(model, SOURCES)
    targets = greedy_targets(model, SOURCES, memories, DecodingConfig(), None, noisy_decoder(model, noise, seed=2))
    for target, source in zip(targets, SOURCES, strict=True):
        memory = model.encode(torch.tensor([source]), None)
        expected = model.decode_traced(torch.tensor([[BOS_ID, *target.ids[:-1]]]), memory)
        torch.testing.assert_close(target.logits, model.logits(expected.states[0]), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(target.decoded.self_weights, expected.self_weights, atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(target.decoded.cross_weights, expected.cross_weights, atol=1e-6, rtol=1e-5)


def check_same_as_without_drafts(translator: Translator, sentences: list[str]) -> None:
    """`translate_batch` without capture makes no drafts."""
    plain = [translator.translate_batch([sentence])[0] for sentence in sentences]
    alone = [translator.translate(sentence) for sentence in sentences]
    together = translator.translate_batch(sentences, capture=True)
    assert [t.target for t in alone] == [t.target for t in plain] == [t.target for t in together]


def everyday_sentences() -> list[str]:
    return [line.split("\t")[0] for line in EVERYDAY.read_text(encoding="utf-8").splitlines()]


def test_a_trained_model_translates_as_without_drafts(translator):
    check_same_as_without_drafts(translator, everyday_sentences()[:12])


@pytest.mark.slow
def test_the_shipped_model_translates_as_without_drafts():
    check_same_as_without_drafts(Translator.load(SHIPPED, device="cpu"), everyday_sentences())


# ---- int8

@has_int8
@torch.inference_mode()
def test_rounded_projections_are_nearly_right():
    torch.manual_seed(0)
    weight, bias, x = torch.randn(40, 64) * torch.logspace(-3, 3, 40)[:, None], torch.randn(40), torch.randn(3, 64)
    weight[7] = 0.0
    got, expected = RoundedProjection.of(weight, bias)(x), x @ weight.T + bias
    assert float(((got - expected).norm(dim=0) / expected.norm(dim=0)).max()) < 0.05  # of each output, large or small
    assert torch.equal(got[:, 7], bias[7].expand(3))


@has_int8
@torch.inference_mode()
def test_a_rounded_decoder_is_nearly_the_decoder():
    model = random_model()
    rounded = rounded_decoder(model)
    assert rounded is not None
    source = torch.tensor(SOURCES[:1])
    nearly, right = StepDecoder(model, source, rounded), StepDecoder(model, source)
    for token in (BOS_ID, 44, 23):
        got, expected = nearly.step(torch.tensor([token])), right.step(torch.tensor([token]))
        assert 0 < float((got - expected).abs().max()) < 0.5
        assert float((got - expected).abs().mean() / expected.std()) < 0.1


@has_int8
def test_packing_warns_of_nothing(recwarn):
    assert rounded_decoder(random_model()) is not None
    assert not recwarn.list


def test_without_look_ahead_mask_there_are_no_drafts():
    """A pass over the draft would know what comes after each row, and could not check it."""
    assert rounded_decoder(random_model(ModelConfig(vocab_size=60, d_model=24, n_heads=3, d_ff=40, n_encoder_layers=1,
                                                    n_decoder_layers=1, look_ahead_mask=False))) is None


def test_without_fast_int8_there_are_no_drafts(monkeypatch):
    monkeypatch.setattr(drafting, "has_fast_int8", lambda: False)
    assert rounded_decoder(random_model()) is None


@pytest.mark.parametrize("seed", range(3))
def test_without_drafts_the_search_is_float32(seed):
    model, config = lively_model(seed), DecodingConfig()
    assert drafted(model, SOURCES, config, None) == greedy_search(model, SOURCES, config)
