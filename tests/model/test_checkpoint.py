from __future__ import annotations

import json
import pickle
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.checkpoint import (
    CONFIG,
    SCORES,
    SUMS,
    TOKENIZER,
    TRAINING_LOG,
    WEIGHTS,
    load_checkpoint,
    save_checkpoint,
    write_sums,
)
from model.errors import CheckpointError
from model.files import sha256
from tests.checkpoints import SMALL, random_model


@pytest.fixture
def copy(checkpoint_path: Path, tmp_path: Path) -> Path:
    """A checkpoint that a test may break."""
    return Path(shutil.copytree(checkpoint_path, tmp_path / "copy"))


class Touch:
    """A pickle that creates a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_what_was_saved_is_loaded(packed, tmp_path):
    model = random_model(replace(SMALL, vocab_size=packed.tokenizer.vocab_size))
    save_checkpoint(tmp_path / "new", model, packed.tokenizer, {"steps": 5}, dtype=torch.float32)
    loaded = load_checkpoint(tmp_path / "new")
    assert loaded.model_config == model.config
    assert not loaded.model.training
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], tensor), name
    assert loaded.tokenizer.model == packed.tokenizer.model
    assert loaded.checkpoint_id == sha256(tmp_path / "new" / WEIGHTS)[:12]
    assert loaded.n_parameters == sum(p.numel() for p in model.parameters())
    assert loaded.scores is None and loaded.training_log == []
    assert json.loads((tmp_path / "new" / CONFIG).read_text())["training"] == {"steps": 5}


def test_weights_are_halves_on_disk_and_floats_in_memory(checkpoint_path):
    assert {t.dtype for t in load_file(checkpoint_path / WEIGHTS).values()} == {torch.float16}
    assert {p.dtype for p in load_checkpoint(checkpoint_path).model.parameters()} == {torch.float32}


def test_the_positions_are_not_among_the_weights(checkpoint_path):
    assert not any("position" in name for name in load_file(checkpoint_path / WEIGHTS))


def test_the_training_log_comes_along(checkpoint_path):
    log = load_checkpoint(checkpoint_path).training_log
    assert log[-1]["step"] == "120" and float(log[-1]["dev_loss"]) > 0


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this system")
def test_sums_are_in_the_form_that_sha256sum_reads(checkpoint_path):
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=checkpoint_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("OK") == 3


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, TOKENIZER])
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_changed_byte_is_found(copy, name, place):
    content = bytearray((copy / name).read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{name} does not have its SHA-256 sum"):
        load_checkpoint(copy)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, TOKENIZER])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        load_checkpoint(copy)


def test_a_checkpoint_without_sums_is_none(copy):
    (copy / SUMS).unlink()
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        load_checkpoint(copy)
    with pytest.raises(CheckpointError, match=r"python -m model\.train"):
        load_checkpoint(copy / "nowhere")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"no sums\n" * 3])
def test_broken_sums_are_a_checkpoint_error(copy, content):
    (copy / SUMS).write_bytes(content)
    with pytest.raises(CheckpointError):
        load_checkpoint(copy)


def test_a_half_written_checkpoint_is_not_taken_for_whole(copy, packed):
    """New weights beside the old sums, as after a kill in the middle of saving."""
    (copy / WEIGHTS).write_bytes(b"half")
    with pytest.raises(CheckpointError):
        load_checkpoint(copy)


# ---- below, the sums fit: what is in the files does not

def change_weights(folder: Path, change) -> None:
    state = load_file(folder / WEIGHTS)
    change(state)
    save_file(state, folder / WEIGHTS)
    write_sums(folder)


def test_a_wrong_shape_is_named(copy):
    change_weights(copy, lambda state: state.update({"encoder.0.feed_forward.inner.bias": torch.zeros(3)}))
    with pytest.raises(CheckpointError, match=r"encoder\.0\.feed_forward\.inner\.bias has shape \(3,\)"):
        load_checkpoint(copy)


@pytest.mark.parametrize("change", [lambda state: state.pop("embedding.weight"),
                                    lambda state: state.update({"embedding.bias": torch.zeros(3)})])
def test_other_names_are_found(copy, change):
    change_weights(copy, change)
    with pytest.raises(CheckpointError, match=r"1 names differ, first embedding"):
        load_checkpoint(copy)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_found(copy, value):
    change_weights(copy, lambda state: state["decoder.1.cross_attention.key.weight"][3].fill_(value))
    with pytest.raises(CheckpointError, match=r"decoder\.1\.cross_attention\.key\.weight holds numbers"):
        load_checkpoint(copy)


@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_a_pickle_in_place_of_the_weights_is_not_run(copy, tmp_path, how):
    touched = tmp_path / "touched"
    with (copy / WEIGHTS).open("wb") as file:
        if how == "pickle":
            pickle.dump(Touch(touched), file)
        else:
            torch.save(Touch(touched), file)
    write_sums(copy)
    with pytest.raises(CheckpointError, match="no readable safetensors file"):
        load_checkpoint(copy)
    assert not touched.exists()
    pickle.loads(pickle.dumps(Touch(touched)))
    assert touched.exists()  # it would have been there if it had been loaded


@pytest.mark.parametrize("content", [b"", b"{}", struct.pack("<Q", 2**60) + b"{}", struct.pack("<Q", 2) + b"[]"])
def test_broken_weights_are_a_checkpoint_error(copy, content):
    (copy / WEIGHTS).write_bytes(content)
    write_sums(copy)
    with pytest.raises(CheckpointError):
        load_checkpoint(copy)


@pytest.mark.parametrize("content", [
    b"", b"[]", b"null", b"{}", b"\xff", b'{"architecture": "gru", "model": {}}', b'{"architecture": "transformer"}',
    b'{"architecture": "transformer", "model": {"size": 3}}', b'{"architecture": "transformer", "model": {"d_ff": 0}}',
    b'{"architecture": "transformer", "model": {"dropout": "x"}}', b'{"architecture": "transformer", "model": []}',
])
def test_a_broken_configuration_is_a_checkpoint_error(copy, content):
    (copy / CONFIG).write_bytes(content)
    write_sums(copy)
    with pytest.raises(CheckpointError, match=CONFIG):
        load_checkpoint(copy)


@pytest.mark.parametrize("changes", [{"d_model": 48}, {"n_encoder_layers": 3}, {"d_ff": 65}])
def test_other_sizes_are_found(copy, changes):
    content = json.loads((copy / CONFIG).read_text())
    content["model"] |= changes
    (copy / CONFIG).write_text(json.dumps(content))
    write_sums(copy)
    with pytest.raises(CheckpointError):
        load_checkpoint(copy)


def test_another_vocabulary_size_is_found(copy):
    content = json.loads((copy / CONFIG).read_text())
    content["model"]["vocab_size"] += 1
    (copy / CONFIG).write_text(json.dumps(content))
    write_sums(copy)
    with pytest.raises(CheckpointError, match="the tokenizer has 1200 pieces, the model 1201"):
        load_checkpoint(copy)


def test_a_broken_tokenizer_is_a_checkpoint_error(copy):
    (copy / TOKENIZER).write_bytes(b"no model")
    write_sums(copy)
    with pytest.raises(CheckpointError, match="SentencePiece"):
        load_checkpoint(copy)


def test_scores_are_read_if_they_are_of_these_weights(copy):
    checkpoint_id = load_checkpoint(copy).checkpoint_id
    scores = {"checkpoint_id": checkpoint_id, "scores": [1]}
    (copy / SCORES).write_text(json.dumps(scores))
    assert load_checkpoint(copy).scores == scores
    (copy / SCORES).write_text(json.dumps(scores | {"checkpoint_id": "0" * 12}))
    assert load_checkpoint(copy).scores is None


def test_a_file_that_may_not_be_read_is_a_checkpoint_error(copy, monkeypatch):
    def refuse(file: Path) -> str:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr("model.checkpoint.sha256", refuse)
    with pytest.raises(CheckpointError, match="Permission denied"):
        load_checkpoint(copy)


@pytest.mark.parametrize("content", [b"{", b"\xff"])
def test_broken_scores_are_a_checkpoint_error(copy, content):
    (copy / SCORES).write_bytes(content)
    with pytest.raises(CheckpointError, match=SCORES):
        load_checkpoint(copy)


def test_a_broken_training_log_is_a_checkpoint_error(copy):
    (copy / TRAINING_LOG).write_bytes(b"step\n\xff\n")
    with pytest.raises(CheckpointError, match=TRAINING_LOG):
        load_checkpoint(copy)
