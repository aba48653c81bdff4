from __future__ import annotations

import dataclasses

import pytest

from model.config import DecodingConfig, ModelConfig, RecurrentConfig, TrainingConfig
from model.errors import ConfigError, ModelError
from model.train import CONFIGS, read_training_config


@pytest.mark.parametrize("changes", [
    {"vocab_size": 0}, {"d_model": -4}, {"n_heads": 0}, {"n_heads": 7}, {"d_model": 3, "n_heads": 1}, {"d_ff": 2.5},
    {"dropout": 1.0}, {"dropout": -0.1}, {"max_positions": 0}, {"n_encoder_layers": 0}, {"n_decoder_layers": "6"},
])
def test_sizes_that_cannot_be_are_refused(changes):
    name = next(iter(changes))
    with pytest.raises(ConfigError, match=name):
        ModelConfig(**changes)


@pytest.mark.parametrize("changes", [
    {"beam_size": 0}, {"beam_size": 17}, {"length_penalty": -1}, {"max_target_tokens": 0}, {"no_repeat_ngram": -1},
])
def test_ways_of_searching_that_cannot_be_are_refused(changes):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        DecodingConfig(**changes)


@pytest.mark.parametrize("changes", [
    {"sources": ()}, {"sources": (("a", -1.0),)}, {"vocab_size": 5}, {"max_tokens": 999}, {"batch_tokens": 100},
    {"batch_tokens_start": 50}, {"batch_tokens_start": 30_000}, {"decay_share": 1.0}, {"number_weight": 0.0},
    {"substitution": 1.0}, {"label_smoothing": -0.1}, {"average_decay": 1.5}, {"learning_rate": 0.0},
    {"length_step": 0},
])
def test_ways_of_training_that_cannot_be_are_refused(changes):
    with pytest.raises(ConfigError):
        TrainingConfig(**changes)


def test_the_longest_padded_batch_fits_the_positions():
    model = ModelConfig(max_positions=100)
    with pytest.raises(ConfigError, match="padded to 104"):
        TrainingConfig(model=model, max_tokens=100, length_step=8)
    assert TrainingConfig(model=model, max_tokens=96, length_step=8).max_tokens == 96
    assert TrainingConfig(model=model, max_tokens=100, length_step=1).max_tokens == 100


def test_configurations_are_values():
    assert ModelConfig() == ModelConfig() and hash(DecodingConfig()) == hash(DecodingConfig())
    with pytest.raises(dataclasses.FrozenInstanceError):
        ModelConfig().d_model = 3  # type: ignore[misc]


def test_size_of_a_head():
    assert ModelConfig(d_model=48, n_heads=4).d_head == 12


# ---- files of configurations

@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.json")))
def test_each_shipped_configuration_can_be_read(name):
    config = read_training_config(name, [])
    assert config.vocab_size == config.model.vocab_size
    # Smoothing keeps the loss above zero, which the model that sees its answers is there to reach.
    assert config.label_smoothing == (0.0 if name == "no-look-ahead-mask" else 0.1)


def test_base_has_the_sizes_of_the_paper():
    model = read_training_config("base", []).model
    assert isinstance(model, ModelConfig)
    assert dataclasses.replace(model, dropout=0.1) == ModelConfig()


def test_values_can_be_changed():
    config = read_training_config("tiny", ["d_ff=96", "vocab_size=700", "learning_rate=0.5", 'sources=[["a*",2]]',
                                           'dev_sources=["x"]', "dropout=0.3"])
    assert isinstance(config.model, ModelConfig)
    assert (config.model.d_ff, config.model.vocab_size, config.vocab_size, config.learning_rate, config.sources,
            config.dev_sources, config.model.dropout) == (96, 700, 700, 0.5, (("a*", 2),), ("x",), 0.3)


def test_the_lessons_networks_are_told_apart_by_their_files():
    one_way, both_ways = (read_training_config(name, ["d_model=64"]).model for name in ("lstm", "lstm-bidirectional"))
    assert isinstance(one_way, RecurrentConfig) and one_way.d_model == 64 and not one_way.bidirectional
    assert both_ways == dataclasses.replace(one_way, bidirectional=True)
    seeing = read_training_config("no-look-ahead-mask", []).model
    assert isinstance(seeing, ModelConfig) and not seeing.look_ahead_mask


@pytest.mark.parametrize("change", ["d_ff", "nonsense=3", "d_ff=0", "d_ff=abc", "learning_rate=fast", "sources=3",
                                    'sources=["a"]', "dev_sources=3", "=", "model=3"])
def test_changes_that_cannot_be_are_one_clear_line(change):
    with pytest.raises(ModelError) as caught:
        read_training_config("tiny", [change])
    assert str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"model": 3}', '{"model": {"size": 3}}', '{"colour": 3}'])
def test_a_file_that_is_no_configuration_is_one_clear_line(tmp_path, content):
    (tmp_path / "mine.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_training_config(str(tmp_path / "mine.json"), [])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["huge", "/nowhere/mine.json"])
def test_an_unknown_name_says_which_are_known(name):
    with pytest.raises(ConfigError, match=r"known are base, .*small, tiny"):
        read_training_config(name, [])
