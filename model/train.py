"""`python -m model.train`: train a model from sentence pairs.

A finished model in eight minutes:
    python -m model.train --config base --corpus DIR --run runs/base --minutes 8
Until it is stopped; --resume goes on:
    python -m model.train --config small --corpus DIR --run runs/small
A model to ship from such a run, by letting the learning rate fall to zero:
    python -m model.train --config small --corpus DIR --run runs/ship --branch-from runs/small --minutes 20
Several devices:
    torchrun --standalone --nproc-per-node 2 -m model.train --config base --corpus DIR --run-folder runs/base

The finished checkpoint is in RUN/checkpoint.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from model.checkpoint import LSTM, TRANSFORMER, load_checkpoint
from model.config import ModelConfig, RecurrentConfig, TrainingConfig
from model.errors import ConfigError, ModelError, TrainingError
from model.packed import PackedCorpus, fingerprint, load_corpus, prepare_corpus
from model.tokenizer import Tokenizer
from model.training import CHECKPOINT, STATE, Limits, Trainer

CONFIGS = Path(__file__).parent / "configs"
OWN_DATA = Path(__file__).parent / "data"


def read_training_config(name: str, changes: list[str]) -> TrainingConfig:
    """A configuration by the name of a file in model/configs or by path, with changes such as "dropout=0.2".

    Keys of `TrainingConfig` and of its model's sizes may be changed; values are JSON. A file whose "architecture" is
    "lstm" has sizes of `RecurrentConfig`, any other those of `ModelConfig`.

    Raises
    ------
    ConfigError
        If there is no such file or key, or the values do not fit together.
    """
    file = Path(name) if name.endswith(".json") else CONFIGS / f"{name}.json"
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        known = ", ".join(sorted(path.stem for path in CONFIGS.glob("*.json")))
        raise ConfigError(f"no configuration {name!r}: known are {known}, or give a path to a .json file") from error
    except ValueError as error:
        raise ConfigError(f"{file} is no JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("model", {}), dict):
        raise ConfigError(f"{file} is no configuration: expected an object with values, and one of sizes as \"model\"")
    sizes: dict[str, Any] = content.pop("model", {})
    architecture = content.pop("architecture", TRANSFORMER)
    if architecture not in (TRANSFORMER, LSTM):
        raise ConfigError(f"{file}: architecture is {architecture!r}, expected {TRANSFORMER!r} or {LSTM!r}")
    config_class = RecurrentConfig if architecture == LSTM else ModelConfig
    for change in changes:
        key, equals, value = change.partition("=")
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = value
        if not equals:
            raise ConfigError(f"--set {change}: expected key=value")
        if key == "vocab_size":
            sizes[key] = content[key] = parsed
        elif key in {field.name for field in dataclasses.fields(config_class)}:
            sizes[key] = parsed
        else:
            content[key] = parsed
    try:
        if "sources" in content:
            content["sources"] = tuple((pattern, weight) for pattern, weight in content["sources"])
        if "dev_sources" in content:
            content["dev_sources"] = tuple(content["dev_sources"])
        return TrainingConfig(model=config_class(**sizes), **content)
    except ConfigError:
        raise
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{file}: {error}") from error


def get_corpus(options: argparse.Namespace, config: TrainingConfig, run: Path,
               tokenizer: Tokenizer | None = None) -> PackedCorpus:
    """The packed corpus: the file that was named, or one made from the folders and kept for the next start.

    With a tokenizer the corpus is made of its pieces; without, a tokenizer is trained on it.
    """
    if options.packed is not None and not options.corpus:
        loaded = load_corpus(options.packed)
        assert loaded is not None
        return loaded
    folders = [OWN_DATA, *options.corpus]
    mark = fingerprint(folders, config, tokenizer)
    file = options.packed or run.parent / f"corpus-{mark}.npz"
    if file.exists() and (corpus := load_corpus(file, mark)) is not None:
        return corpus
    print(f"tokenising the corpus into {file} ...", file=sys.stderr, flush=True)
    return prepare_corpus(folders, config, file, tokenizer=tokenizer,
                          n_threads=options.threads or os.cpu_count() or 1)


def pick_device(name: str) -> torch.device:
    """The device for this process: its own GPU under torchrun."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and dist.is_initialized():
        name = f"cuda:{int(os.environ['LOCAL_RANK'])}"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built for the device
        raise ConfigError(f"--device {name} cannot be used here: {str(error).splitlines()[0]}") from error
    return device


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m model.train", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--config", default="small", help="name of a file in model/configs, or a path (default: small)")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="change a value of the configuration")
    add("--corpus", action="append", type=Path, default=[], metavar="DIR",
        help="folder with TSV files (Korean TAB English, may be gzipped); model/data is always read too")
    add("--packed", type=Path, metavar="FILE", help="the tokenised corpus: read it, or write it if there is --corpus")
    add("--prepare-only", action="store_true", help="tokenise the corpus and stop")
    add("--run", "--run-folder", type=Path, required=True,
        help="folder for state, log and checkpoint (the longer name is for torchrun, which takes --run for its own)")
    add("--resume", action="store_true", help="go on from the state in RUN")
    add("--branch-from", type=Path, metavar="RUN", help="go on from the state of another run, with an own budget")
    add("--init-from", type=Path, metavar="CHECKPOINT", help="begin from the weights of a checkpoint")
    add("--minutes", type=float, help="time budget of the run: a finished checkpoint is there when it is over")
    add("--steps", type=int, help="the same in steps")
    add("--stop-after", type=float, metavar="MINUTES", help="save the state and end this process, to --resume later")
    add("--save-seconds", type=float, default=120.0, help="time between saves (default: 120)")
    add("--validate-seconds", type=float, default=900.0, help="time between validations (default: 900)")
    add("--device", default="auto", help="auto, cpu, cuda")
    add("--threads", type=int, help="threads on a CPU")
    add("--compile", action="store_true", help="compile the model: worth it for long runs")
    options = parser.parse_args(arguments)
    given = [name for name in ("resume", "branch_from", "init_from") if getattr(options, name)]
    if len(given) > 1:
        parser.error("--resume, --branch-from and --init-from exclude each other")
    return options


def run_training(options: argparse.Namespace) -> int:
    """Carry out the command; exit code 0, also if it stopped to be resumed."""
    config = read_training_config(options.config, options.set)
    limits = Limits(options.minutes, options.steps, options.stop_after, options.save_seconds, options.validate_seconds)
    device = pick_device(options.device)
    start = load_checkpoint(options.init_from) if options.init_from else None
    corpus = get_corpus(options, config, options.run, start.tokenizer if start else None)
    if corpus.tokenizer.vocab_size != config.vocab_size:
        raise ConfigError(f"the corpus file has {corpus.tokenizer.vocab_size} pieces, the configuration wants "
                          f"{config.vocab_size}: make another with --corpus")
    print(f"{len(corpus):,} training pairs, {config.vocab_size:,} pieces", file=sys.stderr, flush=True)
    if options.prepare_only:
        return 0
    if (options.run / STATE).exists() and not options.resume:
        raise TrainingError(f"{options.run} holds a run already: add --resume, or name another folder")
    trainer = Trainer(config, corpus, options.run, limits, device=device, compile_model=options.compile)
    if options.resume:
        trainer.load_state(options.run)
    elif options.branch_from:
        trainer.branch_from(options.branch_from)
    elif start:
        trainer.init_from(start)
    complete = trainer.train()
    where = options.run / CHECKPOINT if complete else f"{options.run}: --resume goes on"
    print(f"{'finished' if complete else 'stopped'}: {where}", file=sys.stderr)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Entry point; one clear line instead of a traceback for errors that a user can mend."""
    options = parse_options(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    if "WORLD_SIZE" in os.environ:
        use_gpu = torch.cuda.is_available() and options.device in ("auto", "cuda")
        if use_gpu:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl" if use_gpu else "gloo")
    try:
        return run_training(options)
    except (ModelError, OSError) as error:  # OSError: a full disk, a folder that may not be written
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped: --resume goes on from the last save", file=sys.stderr)
        return 130
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


if __name__ == "__main__":
    sys.exit(main())
