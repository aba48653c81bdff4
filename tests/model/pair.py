"""A few steps on two devices, and the same by hand on one: `torchrun -m tests.model.pair CORPUS FOLDER`."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from model.packed import load_corpus
from model.training import Limits, Trainer, sequence_loss
from tests.checkpoints import CPU, tiny_config

STEPS = 4
# Small batches: many of them, and no dropout, which is not the same on one device and on two.
CONFIG = replace(tiny_config(), batch_tokens=400, batch_tokens_start=400, max_tokens=60)


def make_trainer(corpus_file: Path, run: Path) -> Trainer:
    corpus = load_corpus(corpus_file)
    assert corpus is not None
    return Trainer(CONFIG, corpus, run, Limits(), device=CPU)


def train_as_one(corpus_file: Path, run: Path) -> list[Tensor]:
    """Weights after STEPS steps, each with the mean of the gradients of two batches."""
    trainer = make_trainer(corpus_file, run)
    batches = [batch for _, batch in islice(trainer.batches(), 2 * STEPS)]
    for pair in zip(batches[::2], batches[1::2], strict=True):
        for batch in pair:
            tensors = {"source": torch.from_numpy(batch.source), "target": torch.from_numpy(batch.target),
                       "decoder_input": torch.from_numpy(batch.decoder_input)}
            with torch.autocast("cpu", torch.bfloat16, enabled=trainer._bf16):
                loss = sequence_loss(trainer.model.train(), trainer.model.embedding.weight, tensors,
                                     CONFIG.label_smoothing)
            (loss / 2).backward()
        nn.utils.clip_grad_norm_(trainer.model.parameters(), CONFIG.clip_norm)
        for optimizer in trainer.optimizers:
            optimizer.step()
            optimizer.zero_grad()
    return [parameter.detach() for parameter in trainer.model.parameters()]


def main(corpus_file: Path, folder: Path) -> None:
    """Train on this process's half, and keep its weights and losses in FOLDER/rankN.pt."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    trainer = make_trainer(corpus_file, folder / "run")
    losses = [float(trainer.step(batch, 1.0)) for _, batch in islice(trainer.batches(), STEPS)]
    torch.save({"losses": losses, "weights": [p.detach() for p in trainer.model.parameters()]},
               folder / f"rank{trainer.rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
