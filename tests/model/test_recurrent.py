"""The LSTM held to a cell written by hand, to its own steps, and to what it can and cannot know."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from model import card, evaluate, train
from model.checkpoint import CARD, CONFIG, SCORES, load_checkpoint, save_checkpoint, write_sums
from model.config import DecodingConfig, ModelConfig, RecurrentConfig
from model.decoding import StepDecoder, beam_search, greedy_search, step_decoder
from model.errors import CheckpointError, ConfigError
from model.recurrent import RecurrentModel, RecurrentStepDecoder, reverse_within_length
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID
from model.training import CHECKPOINT
from model.transformer import Transformer, padding_mask
from model.translator import Translator
from tests.checkpoints import random_model

SOURCE = torch.tensor([[5, 9, 14, 50, 33, 7, EOS_ID], [41, 17, 28, EOS_ID, PAD_ID, PAD_ID, PAD_ID]])
DECODER_INPUT = torch.tensor([[BOS_ID, 44, 23, 59, 12], [BOS_ID, 31, 8, 19, 27]])
MASK = padding_mask(SOURCE, PAD_ID)
SENTENCES = ["나는 강사입니다.", "오늘은 날씨가 좋아서 공원에 갔어요.", "물"]


def random_recurrent(*, bidirectional: bool, n_layers: int = 2) -> RecurrentModel:
    """A model in evaluation mode with strong weights and random biases: attention is uneven, a forgotten bias shows."""
    torch.manual_seed(3)
    model = RecurrentModel(RecurrentConfig(60, 12, n_layers, bidirectional, dropout=0.0, max_positions=40)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.5 * torch.randn_like(parameter)
    return model


@pytest.fixture(params=[False, True], ids=["forward", "bidirectional"])
def model(request) -> RecurrentModel:
    return random_recurrent(bidirectional=request.param)


def close(got: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


# ---- an independent computation in numpy and float64

def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm_by_hand(lstm: nn.LSTM, inputs: np.ndarray, hidden: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Hochreiter and Schmidhuber's cell with a forget gate, layer by layer, word by word.

    inputs (L, d_model), hidden and cell (layers, d_model) at the start -> states of the last layer (L, d_model).
    """
    weights = {name: parameter.detach().double().numpy() for name, parameter in lstm.named_parameters()}
    for layer in range(lstm.num_layers):
        h, c, states = hidden[layer], cell[layer], []
        for x in inputs:
            gates = (weights[f"weight_ih_l{layer}"] @ x + weights[f"bias_ih_l{layer}"]
                     + weights[f"weight_hh_l{layer}"] @ h + weights[f"bias_hh_l{layer}"])
            enters, forgets, candidate, leaves = np.split(gates, 4)
            c = sigmoid(forgets) * c + sigmoid(enters) * np.tanh(candidate)
            h = sigmoid(leaves) * np.tanh(c)
            states.append(h)
        inputs = np.array(states)
    return inputs


class ByHand:
    """The whole network for one sentence."""

    def __init__(self, model: RecurrentModel) -> None:
        self.model = model
        self.w = {name: parameter.detach().double().numpy() for name, parameter in model.named_parameters()}
        self.start = np.zeros((model.config.n_layers, model.config.d_model))

    def linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def embed(self, ids: list[int]) -> np.ndarray:
        return self.w["embedding.weight"][ids] * np.sqrt(self.model.config.d_model)

    def encode(self, ids: list[int]) -> np.ndarray:
        encoder, embedded = self.model.encoder, self.embed(ids)
        states = lstm_by_hand(encoder.rightward, embedded, self.start, self.start)
        if encoder.leftward is None:
            return states
        from_end = lstm_by_hand(encoder.leftward, embedded[::-1], self.start, self.start)[::-1]
        return self.linear("encoder.joined", np.concatenate([states, from_end], axis=-1))

    def decode(self, ids: list[int], memory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits (T, V) and attention weights (T, S)."""
        hidden = np.tanh(self.linear("decoder.start", memory[-1])).reshape(self.start.shape)
        states = lstm_by_hand(self.model.decoder.lstm, self.embed(ids), hidden, self.start)
        scores = self.linear("decoder.query", states) @ memory.T / np.sqrt(self.model.config.d_model)
        weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        joined = np.tanh(self.linear("decoder.joined", np.concatenate([weights @ memory, states], axis=-1)))
        return joined @ self.w["embedding.weight"].T, weights


@torch.no_grad()
def test_the_network_equals_one_written_by_hand(model):
    by_hand = ByHand(model)
    memory = model.encode(SOURCE, MASK)
    states, weights = model.with_weights(SOURCE, DECODER_INPUT, MASK)
    for row, length in enumerate([7, 4]):
        expected = by_hand.encode(SOURCE[row, :length].tolist())
        np.testing.assert_allclose(memory[row, :length], expected, atol=1e-5)
        logits, expected_weights = by_hand.decode(DECODER_INPUT[row].tolist(), expected)
        np.testing.assert_allclose(model.logits(states[row]), logits, atol=1e-5)
        np.testing.assert_allclose(weights[row, :, :length], expected_weights, atol=1e-5)


# ---- its parts agree

@torch.no_grad()
def test_steps_equal_the_teacher_forced_pass(model):
    expected = torch.log_softmax(model.logits(model(SOURCE, DECODER_INPUT, MASK)), dim=-1)
    decoder = RecurrentStepDecoder(model, SOURCE)
    for position in range(DECODER_INPUT.shape[1]):
        close(decoder.step(DECODER_INPUT[:, position]), expected[:, position])


@torch.no_grad()
def test_selected_rows_go_on_as_they_were(model):
    expected = torch.log_softmax(model.logits(model(SOURCE, DECODER_INPUT, MASK)), dim=-1)
    decoder = RecurrentStepDecoder(model, SOURCE)
    decoder.step(DECODER_INPUT[:, 0])
    rows = torch.tensor([1, 1, 0])
    decoder.select(rows)
    close(decoder.step(DECODER_INPUT[rows, 1]), expected[rows, 1])
    decoder.select(torch.tensor([2]))
    close(decoder.step(DECODER_INPUT[:1, 2]), expected[:1, 2])


@torch.no_grad()
def test_padding_changes_nothing(model):
    alone_memory, alone = model.encode(SOURCE[1:, :4], None), model.with_weights(SOURCE[1:, :4], DECODER_INPUT[1:])
    memory, together = model.encode(SOURCE, MASK), model.with_weights(SOURCE, DECODER_INPUT, MASK)
    close(memory[1:, :4], alone_memory)
    close(together[0][1:], alone[0])
    close(together[1][1:, :, :4], alone[1])
    assert not together[1][1, :, 4:].any()


@torch.no_grad()
def test_what_stands_in_the_padding_changes_nothing(model):
    other = SOURCE.clone()
    other[1, 4:] = torch.tensor([8, 9, 10])
    for got, expected in zip(model.with_weights(other, DECODER_INPUT, MASK),
                             model.with_weights(SOURCE, DECODER_INPUT, MASK), strict=True):
        assert torch.equal(got, expected)


@torch.no_grad()
def test_attention_rows_sum_to_one(model):
    weights = model.with_weights(SOURCE, DECODER_INPUT, MASK)[1]
    close(weights.sum(-1), torch.ones(2, 5))
    assert bool((weights >= 0).all())
    close(model.cross_weights(SOURCE[:1], DECODER_INPUT[:1]), weights[:1])


@pytest.mark.parametrize("config", [DecodingConfig(max_target_tokens=8),
                                    DecodingConfig(beam_size=3, max_target_tokens=8)])
def test_a_batch_is_searched_as_one_by_one(model, config):
    sources = [SOURCE[0].tolist(), SOURCE[1, :4].tolist()]

    def search(batch: list[list[int]]) -> list[list[int]]:
        if config.beam_size == 1:
            return greedy_search(model, batch, config)
        return [ids for ids, _ in beam_search(model, batch, config, [str(i) for i in range(60)])]

    assert search(sources) == [*search(sources[:1]), *search(sources[1:])]


def test_each_network_has_its_own_decoder_for_steps(model):
    assert isinstance(step_decoder(model, SOURCE), RecurrentStepDecoder)
    assert isinstance(step_decoder(random_model(), SOURCE), StepDecoder)


# ---- what a state can know

def influence(model: RecurrentModel) -> np.ndarray:
    """How strongly the state at i (row) depends on the embedding of word j (column), for the first sentence."""
    embedded = model.embed(SOURCE[:1]).detach().requires_grad_()
    states = model.encoder(embedded, torch.tensor([SOURCE.shape[1]]))[0]
    return torch.stack([torch.autograd.grad(state.square().sum(), embedded, retain_graph=True)[0][0].norm(dim=-1)
                        for state in states]).numpy()


def test_later_words_have_exactly_no_influence_on_earlier_states_of_a_forward_encoder():
    norms = influence(random_recurrent(bidirectional=False))
    is_later = np.triu(np.ones_like(norms, dtype=bool), 1)
    assert (norms[is_later] == 0.0).all()
    assert (norms[~is_later] > 0.0).all()


def test_all_words_have_influence_on_all_states_of_a_bidirectional_encoder():
    assert (influence(random_recurrent(bidirectional=True)) > 0.0).all()


@torch.no_grad()
@pytest.mark.parametrize("bidirectional", [False, True])
def test_another_last_word_is_known_at_the_first_only_from_both_ends(bidirectional):
    model, changed = random_recurrent(bidirectional=bidirectional), SOURCE[:1].clone()
    changed[0, -2] = 40
    before, after = model.encode(SOURCE[:1], None), model.encode(changed, None)
    assert torch.equal(before[:, :-2], after[:, :-2]) is not bidirectional
    assert not torch.equal(before[:, -2:], after[:, -2:])


@torch.no_grad()
def test_later_target_tokens_change_no_earlier_state_of_the_decoder(model):
    changed = DECODER_INPUT.clone()
    changed[:, 3] = 40
    before, after = model(SOURCE, DECODER_INPUT, MASK), model(SOURCE, changed, MASK)
    assert torch.equal(before[:, :3], after[:, :3]) and not torch.equal(before[:, 3:], after[:, 3:])


# ---- reversing

def test_each_row_is_reversed_up_to_its_length():
    rows = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [7, 0, 0, 0]])
    expected = [[4, 3, 2, 1], [6, 5, 0, 0], [7, 0, 0, 0]]
    assert reverse_within_length(rows, torch.tensor([4, 2, 1])).tolist() == expected


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5), extra=st.integers(0, 3), size=st.integers(1, 3))
def test_reversing_turns_each_row_and_leaves_its_padding(lengths, extra, size):
    longest = max(lengths) + extra
    x = torch.arange(len(lengths) * longest * size).view(len(lengths), longest, size)
    turned = reverse_within_length(x, torch.tensor(lengths))
    for row, length in enumerate(lengths):
        assert torch.equal(turned[row, :length], x[row, :length].flip(0))
        assert torch.equal(turned[row, length:], x[row, length:])
    assert torch.equal(reverse_within_length(turned, torch.tensor(lengths)), x)


# ---- training, loading, measuring by the same commands as the Transformer

TINY = {"vocab_size": 1200, "sources": [["authored-daily", 1.0]], "batch_tokens": 1000, "batch_tokens_start": 1000,
        "learning_rate": 0.003, "warmup_steps": 5, "average_decay": 0.9, "n_dev": 40}
SHAPES = {
    "forward": {"architecture": "lstm", "model": {"vocab_size": 1200, "d_model": 16, "n_layers": 1}},
    "bidirectional": {"architecture": "lstm", "model": {"vocab_size": 1200, "d_model": 16, "bidirectional": True}},
    "no mask": {"model": {"vocab_size": 1200, "d_model": 16, "n_heads": 2, "d_ff": 16, "n_encoder_layers": 1,
                          "n_decoder_layers": 1, "look_ahead_mask": False}},
}


@pytest.fixture(scope="module")
def trained(packed_file: Path, tmp_path_factory: pytest.TempPathFactory):
    """Trains one of SHAPES by the command when it is first asked for; returns the folder of its checkpoint."""
    done: dict[str, Path] = {}

    def get(shape: str) -> Path:
        if shape not in done:
            folder = tmp_path_factory.mktemp("recurrent")
            (folder / "config.json").write_text(json.dumps({**TINY, **SHAPES[shape]}), encoding="utf-8")
            arguments = ["--config", folder / "config.json", "--packed", packed_file, "--run", folder / "run",
                         "--steps", "40", "--device", "cpu", "--threads", "1"]
            assert train.main([str(argument) for argument in arguments]) == 0
            done[shape] = folder / "run" / CHECKPOINT
        return done[shape]

    return get


@pytest.mark.parametrize("shape", ["forward", "bidirectional"])
def test_a_trained_lstm_is_loaded_and_translates(trained, shape):
    checkpoint = load_checkpoint(trained(shape))
    assert checkpoint.model_config == RecurrentConfig(**SHAPES[shape]["model"])
    assert isinstance(checkpoint.model, RecurrentModel) and not checkpoint.model.training
    assert float(checkpoint.training_log[-1]["dev_loss"]) > 0
    translator = Translator.load(trained(shape), device="cpu")
    assert translator.network.config == checkpoint.model_config
    for config in (DecodingConfig(max_target_tokens=6), DecodingConfig(beam_size=2, max_target_tokens=6)):
        for text, translation in zip(SENTENCES, translator.translate_batch(SENTENCES, config), strict=True):
            assert translation.source == translator.tokens(text)
            assert translation.attention is None and translation.trace is None
            assert len(translation.log_probs) == len(translation.target) and (translation.log_probs <= 0).all()


def test_an_lstm_learns(trained):
    assert float(load_checkpoint(trained("bidirectional")).training_log[-1]["dev_loss"]) < np.log(1200) - 0.5


def test_maps_of_an_lstm_are_refused_in_one_clear_line(trained):
    translator = Translator.load(trained("forward"), device="cpu")
    for ask in (lambda: translator.translate(SENTENCES[0]), lambda: translator.translate_batch(SENTENCES, capture=True),
                lambda: translator.translate(SENTENCES[0], target_text="I am.", capture="trace"),
                lambda: translator.model_config):
        with pytest.raises(CheckpointError, match="is an LSTM: it has no attention heads to look at") as caught:
            ask()
        assert "\n" not in str(caught.value)
    assert translator.translate_batch(SENTENCES[:1])[0].target  # and the next one has its turn


@pytest.mark.parametrize(("shape", "words"), [
    ("forward", ["An LSTM encoder-decoder with attention", "| layers | 1 encoder + 1 decoder |", "| d_model | 16 |"]),
    ("bidirectional", ["A bidirectional LSTM encoder-decoder", "| layers | 2 x 2 encoder + 2 decoder |"]),
    ("no mask", ["decoder has no look-ahead mask", "| layers | 1 encoder + 1 decoder |", "16, 2, 16"]),
])
def test_the_same_commands_measure_and_describe_it(trained, tmp_path, shape, words):
    (tmp_path / "test-x.tsv").write_text("물\twater\n나는 강사입니다.\tI am a teacher.\n", encoding="utf-8")
    assert evaluate.main(["--checkpoint", str(trained(shape)), "--tests", str(tmp_path), "--beams", "1", "2"]) == 0
    scores = json.loads((trained(shape) / SCORES).read_text(encoding="utf-8"))
    assert len(scores["scores"]) == 2
    assert card.main(["--checkpoint", str(trained(shape))]) == 0
    text = (trained(shape) / CARD).read_text(encoding="utf-8")
    for part in (*words, scores["checkpoint_id"], "| test-x | greedy", "40 steps"):
        assert part in text


def test_a_transformer_without_look_ahead_mask_sees_later_tokens(trained):
    checkpoint = load_checkpoint(trained("no mask"))
    model = checkpoint.model
    assert isinstance(model, Transformer) and not model.config.look_ahead_mask
    changed = DECODER_INPUT.clone()
    changed[:, 3] = 40
    with torch.no_grad():
        decoded = model.decode_traced(DECODER_INPUT, model.encode(SOURCE, None))
        assert not torch.equal(decoded.states[:, :3], model(SOURCE, changed)[:, :3])
        close(model(SOURCE, DECODER_INPUT), decoded.states)
    assert bool((decoded.self_weights > 0).all())
    assert Translator.load(trained("no mask"), device="cpu").translate(SENTENCES[0]).attention is not None


def test_a_configuration_from_before_the_choice_of_mask_has_the_mask(checkpoint_path, tmp_path):
    old = load_checkpoint(checkpoint_path)
    save_checkpoint(tmp_path, old.model, old.tokenizer)
    content = json.loads((tmp_path / CONFIG).read_text(encoding="utf-8"))
    del content["model"]["look_ahead_mask"]
    (tmp_path / CONFIG).write_text(json.dumps(content), encoding="utf-8")
    write_sums(tmp_path)
    sizes = load_checkpoint(tmp_path).model_config
    assert isinstance(sizes, ModelConfig) and sizes.look_ahead_mask


@pytest.mark.parametrize("architecture", ["gru", "", None, 3, ["lstm"]])
def test_a_wrong_architecture_is_one_clear_line(tmp_path, capsys, architecture):
    (tmp_path / "mine.json").write_text(json.dumps({**TINY, **SHAPES["forward"], "architecture": architecture}))
    with pytest.raises(ConfigError, match="expected 'transformer' or 'lstm'"):
        train.read_training_config(str(tmp_path / "mine.json"), [])
    assert train.main(["--config", str(tmp_path / "mine.json"), "--run", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1


@pytest.mark.parametrize("changes", [{"d_model": 0}, {"n_layers": -1}, {"vocab_size": 2.5}, {"max_positions": 0},
                                     {"dropout": 1.0}])
def test_sizes_of_an_lstm_that_cannot_be_are_refused(changes):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        RecurrentConfig(**changes)


def test_weights_of_the_other_architecture_do_not_fit(trained, tmp_path):
    folder = shutil.copytree(trained("forward"), tmp_path / "copy")
    content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    content |= {"architecture": "transformer", "model": {"vocab_size": 1200, "d_model": 16, "n_heads": 2}}
    (folder / CONFIG).write_text(json.dumps(content), encoding="utf-8")
    write_sums(folder)
    with pytest.raises(CheckpointError, match="does not fit its configuration"):
        load_checkpoint(folder)
