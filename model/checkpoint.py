"""Trained weights on disk: config.json, model.safetensors, spm.model, SHA256SUMS, and what training adds.

Nothing here unpickles: weights are safetensors, all else is JSON, CSV or SentencePiece's own format.
"""

from __future__ import annotations

import csv
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from model.config import ModelConfig, RecurrentConfig
from model.errors import CheckpointError, ConfigError
from model.files import sha256, write_atomically, write_text
from model.recurrent import RecurrentModel
from model.tokenizer import Tokenizer
from model.transformer import Transformer

CONFIG, WEIGHTS, TOKENIZER, SUMS = "config.json", "model.safetensors", "spm.model", "SHA256SUMS"
SCORES, TRAINING_LOG, CARD = "scores.json", "training.csv", "README.md"
TRANSFORMER, LSTM = "transformer", "lstm"

Network = Transformer | RecurrentModel


def new_model(config: ModelConfig | RecurrentConfig) -> Network:
    """An untrained network of these sizes."""
    return RecurrentModel(config) if isinstance(config, RecurrentConfig) else Transformer(config)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A checkpoint that was read and found whole.

    Attributes
    ----------
    checkpoint_id : str
        First 12 hex digits of the SHA-256 of the weights file.
    scores : dict or None
        Content of scores.json: see evaluation.py. None if there are none, or those of other weights.
    training_log : list of dict
        Rows of training.csv; empty if there is none.
    """

    path: Path
    model_config: ModelConfig | RecurrentConfig
    model: Network
    tokenizer: Tokenizer
    checkpoint_id: str
    n_parameters: int
    scores: dict[str, Any] | None
    training_log: list[dict[str, str]]


def save_checkpoint(path: Path, model: Network, tokenizer: Tokenizer, training: dict[str, Any] | None = None,
                    *, dtype: torch.dtype = torch.float16) -> None:
    """Write a checkpoint; the sums come last, so that a half-written one is never taken for whole.

    Parameters
    ----------
    training : dict, optional
        How it was trained, kept in config.json under "training".
    dtype : torch.dtype
        Of the weights on disk.
    """
    path.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in model.state_dict().items()}
    try:
        write_atomically(path / WEIGHTS, lambda file: save_file(state, file))
    except SafetensorError as error:  # how safetensors reports a full disk
        raise CheckpointError(f"{path / WEIGHTS} cannot be written: {error}") from error
    write_atomically(path / TOKENIZER, lambda file: file.write_bytes(tokenizer.model))
    architecture = LSTM if isinstance(model, RecurrentModel) else TRANSFORMER
    config = {"architecture": architecture, "model": dataclasses.asdict(model.config), "training": training or {}}
    write_text(path / CONFIG, json.dumps(config, indent=2, ensure_ascii=False) + "\n")
    write_sums(path)


def write_sums(path: Path) -> None:
    """Write the SHA-256 sums of the files that loading relies on, in the form that `sha256sum -c` reads."""
    names = (CONFIG, WEIGHTS, TOKENIZER)
    write_text(path / SUMS, "".join(f"{sha256(path / name)}  {name}\n" for name in names))


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Read a checkpoint, after its sums and shapes were checked.

    Raises
    ------
    CheckpointError
        If a file is missing or unreadable, a sum or a shape is wrong, or the configuration makes no sense.
    """
    path = Path(path)
    try:
        sums = verify_sums(path)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    checkpoint_id = sums[WEIGHTS][:12]
    config = read_config(path)
    tokenizer = Tokenizer.load(path / TOKENIZER)
    if tokenizer.vocab_size != config.vocab_size:
        raise CheckpointError(f"{path}: the tokenizer has {tokenizer.vocab_size} pieces, the model {config.vocab_size}")
    model = new_model(config)
    load_weights(model, path / WEIGHTS)
    model.eval()
    return Checkpoint(
        path=path, model_config=config, model=model, tokenizer=tokenizer, checkpoint_id=checkpoint_id,
        n_parameters=sum(parameter.numel() for parameter in model.parameters()),
        scores=read_scores(path, checkpoint_id), training_log=read_training_log(path),
    )


def verify_sums(path: Path) -> dict[str, str]:
    """Check every file that SHA256SUMS lists; returns the sums by file name."""
    if not (path / SUMS).is_file():
        raise CheckpointError(f"no checkpoint at {path}: {SUMS} is missing. Train one with `python -m model.train`")
    lines = (path / SUMS).read_text(encoding="utf-8", errors="replace").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in (CONFIG, WEIGHTS, TOKENIZER):
        if not (path / name).is_file():
            raise CheckpointError(f"{path / name} is missing: the checkpoint is incomplete, get it anew")
        if sums.get(name) != sha256(path / name):
            raise CheckpointError(f"{path / name} does not have its SHA-256 sum: it is broken or was changed")
    return sums


def read_config(path: Path) -> ModelConfig | RecurrentConfig:
    """Sizes of a checkpoint's model, from its config.json."""
    try:
        content = json.loads((path / CONFIG).read_text(encoding="utf-8"))
        if content["architecture"] == LSTM:
            return RecurrentConfig(**content["model"])
        if content["architecture"] == TRANSFORMER:
            return ModelConfig(**content["model"])
    except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
        raise CheckpointError(f"{path / CONFIG} is no configuration of a model: {error}") from error
    raise CheckpointError(f"{path / CONFIG} describes a {content['architecture']}, expected {TRANSFORMER} or {LSTM}")


def load_weights(model: nn.Module, file: Path) -> None:
    """Copy the weights of a safetensors file into a model, names and shapes checked."""
    try:
        state = load_file(file)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{file} is no readable safetensors file: {error}") from error
    expected = model.state_dict()
    if state.keys() != expected.keys():
        names = sorted(state.keys() ^ expected.keys())
        raise CheckpointError(f"{file} does not fit its configuration: {len(names)} names differ, first {names[0]}")
    for name, tensor in expected.items():
        if state[name].shape != tensor.shape:
            got, wanted = tuple(state[name].shape), tuple(tensor.shape)
            raise CheckpointError(f"{file}: {name} has shape {got}, the configuration asks for {wanted}")
        if not bool(torch.isfinite(state[name]).all()):
            raise CheckpointError(f"{file}: {name} holds numbers that are not finite")
    model.load_state_dict({name: tensor.float() for name, tensor in state.items()})


def read_scores(path: Path, checkpoint_id: str) -> dict[str, Any] | None:
    """Content of scores.json, or None if these weights were not evaluated."""
    try:
        scores = json.loads((path / SCORES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path / SCORES} is no JSON that can be read: {error}") from error
    return scores if isinstance(scores, dict) and scores.get("checkpoint_id") == checkpoint_id else None


def read_training_log(path: Path) -> list[dict[str, str]]:
    """Rows of training.csv by column; empty if there is none."""
    try:
        with (path / TRAINING_LOG).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as error:
        raise CheckpointError(f"{path / TRAINING_LOG} is no CSV file in UTF-8: {error}") from error
