"""The training loop: a time budget, saves that survive a kill, one device or several."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from model.batches import Batch, BatchStream, make_batch
from model.checkpoint import CARD, SCORES, TRAINING_LOG, Checkpoint, Network, new_model, save_checkpoint
from model.config import DecodingConfig, TrainingConfig
from model.corpus import DEV_EVERYDAY, Pair
from model.decoding import greedy_search
from model.errors import CheckpointError, ConfigError, TrainingError
from model.files import write_atomically, write_text
from model.optimizer import has_fast_bf16, make_optimizers, set_learning_rate
from model.packed import PackedCorpus
from model.tokenizer import EOS_ID, PAD_ID, Tokenizer
from model.transformer import padding_mask

STATE = "state.pt"
CHECKPOINT = "checkpoint"
LOG_COLUMNS = ("step", "tokens", "minutes", "learning_rate_factor", "tokens_per_second", "train_loss", "dev_loss",
               "dev_chrf", "dev_cross_evenness")
DEV_TRANSLATED = 300
EVENNESS_PAIRS = 50


@dataclass(frozen=True)
class Limits:
    """When training ends and how often it saves.

    Attributes
    ----------
    minutes : float or None
        Budget of the whole run, earlier parts of a resumed one included: the learning rate has reached zero and the
        checkpoint is on disk when it is over. None and no `steps`: it trains at full rate until it is stopped.
    steps : int or None
        The same, counted in steps.
    stop_after_minutes : float or None
        This process saves its state and ends after so many minutes, whatever the budget.
    save_seconds, validate_seconds : float
        Time between saves of the state, and between validations.
    """

    minutes: float | None = None
    steps: int | None = None
    stop_after_minutes: float | None = None
    save_seconds: float = 120.0
    validate_seconds: float = 900.0

    def __post_init__(self) -> None:
        for name in ("minutes", "steps", "stop_after_minutes"):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise ConfigError(f"{name} is {value}, expected a number above 0")


@dataclass
class Progress:
    """Where a run stands; goes into the saved state.

    `step` counts on through a branch, whose budget of steps begins at `first_step`.
    """

    step: int = 0
    first_step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    pool: int = 0
    batches_of_pool: int = 0
    validation_seconds: float = 0.0
    log: list[dict[str, Any]] = field(default_factory=list)


def learning_rate_factor(step: int, done: float, config: TrainingConfig) -> float:
    """Linear warm-up by steps, a plateau, and a linear decay to zero over the last part of the budget.

    Parameters
    ----------
    done : float
        Share of the budget that is used up, 0 to 1.
    """
    warmup = min(1.0, (step + 1) / max(1, config.warmup_steps))
    left = max(0.0, 1.0 - done)
    return min(warmup, left / config.decay_share if config.decay_share > 0 else 1.0)


def share_done(progress: Progress, limits: Limits) -> float:
    """Share of the budget that is used up; 0 for a run without end.

    Some time is kept for the last validation and the files, as long as twice the longest validation so far.
    """
    if limits.steps is not None:
        return min(1.0, (progress.step - progress.first_step) / limits.steps)
    if limits.minutes is not None:
        budget = limits.minutes * 60
        reserve = min(0.2 * budget, 5.0 + 2.0 * progress.validation_seconds)
        return min(1.0, progress.seconds / (budget - reserve))
    return 0.0


def sequence_loss(model: Callable[[Tensor, Tensor, Tensor], Tensor], projection: Tensor, batch: dict[str, Tensor],
                  label_smoothing: float) -> Tensor:
    """Mean cross-entropy (nats) per target token, padding left out."""
    states = model(batch["source"], batch["decoder_input"], padding_mask(batch["source"], PAD_ID))
    real = batch["target"] != PAD_ID
    logits = F.linear(states[real], projection)
    return F.cross_entropy(logits.float(), batch["target"][real], label_smoothing=label_smoothing)


def flops_of(batch: Batch, model: Network) -> float:
    """Floating-point operations of a step forward and backward: 6 for each weight and token that meet."""
    encoder = sum(p.numel() for p in model.encoder.parameters())
    decoder = sum(p.numel() for p in model.decoder.parameters()) + model.embedding.weight.numel()
    return 6.0 * (batch.source.size * encoder + batch.target.size * decoder)


def measured_limit(device: torch.device) -> float:
    """Operations a second of a large product of matrices on this device, in the precision of training."""
    size = 8192 if device.type == "cuda" else 1024
    dtype = torch.bfloat16 if has_fast_bf16(device) else torch.float32
    a = torch.randn(size, size, device=device, dtype=dtype)
    best = 0.0
    for _ in range(5):
        _synchronize(device)
        start = time.perf_counter()
        torch.mm(a, a)
        _synchronize(device)
        best = max(best, 2 * size**3 / (time.perf_counter() - start))
    return best


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Trainer:
    """One training run in one folder: the state to resume from, the log, and the checkpoint."""

    def __init__(self, config: TrainingConfig, corpus: PackedCorpus, run: Path, limits: Limits, *,
                 device: torch.device, compile_model: bool = False) -> None:
        torch.manual_seed(config.seed)
        self.config, self.corpus, self.run, self.limits, self.device = config, corpus, run, limits, device
        self.model = new_model(config.model).to(device)
        self.average = [p.detach().clone() for p in self.model.parameters()]
        self.optimizers = make_optimizers(self.model, config)
        self.progress = Progress()
        self._forward: Callable[[Tensor, Tensor, Tensor], Tensor] = (
            torch.compile(self.model, dynamic=True) if compile_model else self.model)
        self._bf16 = has_fast_bf16(device)
        self._started = time.monotonic()
        self._seconds_before = 0.0
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.world = dist.get_world_size() if dist.is_initialized() else 1

    # ---- state

    def save_state(self) -> None:
        """Write all that resuming needs, atomically. Rank 0 alone.

        Raises
        ------
        TrainingError
            If the disk is full, or the weights are no longer numbers: the last good save is kept.
        """
        if not all(bool(torch.isfinite(parameter).all()) for parameter in self.model.parameters()):
            raise TrainingError(f"the weights are no longer numbers at step {self.progress.step}: lower the learning "
                                f"rate and resume from the last save in {self.run}")
        state = {
            "model": self.model.state_dict(), "average": self.average,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": dataclasses.asdict(self.progress), "vocabulary": self.corpus.tokenizer.model,
        }
        try:
            write_atomically(self.run / STATE, lambda file: torch.save(state, file))
        except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
            raise TrainingError(f"the state cannot be saved in {self.run}: {error}. The last save is kept") from error

    def load_state(self, run: Path) -> None:
        """Go on from the state of a run (this one, or another to branch off).

        Raises
        ------
        TrainingError
            If there is none, or it does not fit the configuration or the vocabulary.
        """
        file = run / STATE
        try:
            state = torch.load(file, map_location=self.device, weights_only=True)
        except FileNotFoundError as error:
            raise TrainingError(f"nothing to resume: {file} does not exist") from error
        except Exception as error:  # a broken archive raises whatever its bytes lead to
            what = type(error).__name__
            raise TrainingError(f"{file} is broken ({what}): start anew or from a checkpoint") from error
        if not isinstance(state, dict) or "vocabulary" not in state:
            raise TrainingError(f"{file} holds no state of a training run")
        if state["vocabulary"] != self.corpus.tokenizer.model:
            raise TrainingError(f"{file} was trained with another vocabulary than the corpus file has")
        try:
            self.model.load_state_dict(state["model"])
            self.average = [average.detach() for average in state["average"]]
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                _load_optimizer(optimizer, saved)
            self.progress = Progress(**state["progress"])
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(f"{file} does not fit this configuration: {_one_line(error)}") from error
        self._seconds_before = self.progress.seconds

    def branch_from(self, run: Path) -> None:
        """Go on from another run's state with a budget of its own; its log comes along."""
        self.load_state(run)
        self._seconds_before = self.progress.seconds = 0.0
        self.progress.first_step = self.progress.step

    def init_from(self, checkpoint: Checkpoint) -> None:
        """Begin from the weights of a checkpoint.

        Raises
        ------
        TrainingError
            If its vocabulary is not that of the corpus, or its sizes are not those of the configuration.
        """
        if checkpoint.tokenizer.model != self.corpus.tokenizer.model:
            raise TrainingError(f"{checkpoint.path} has another vocabulary than the corpus file: make one of its own "
                                "pieces by --corpus and no --packed")
        try:
            self.model.load_state_dict(checkpoint.model.state_dict())
        except RuntimeError as error:
            raise TrainingError(f"{checkpoint.path} does not fit this configuration: {_one_line(error)}") from error
        self.average = [p.detach().clone() for p in self.model.parameters()]

    # ---- one step

    def batches(self) -> Iterator[tuple[int, Batch]]:
        """This rank's batches from where the run stands, with the number of the pool."""
        stream = BatchStream(self.corpus, self.config, self.progress.pool)
        skip = self.progress.batches_of_pool
        for pool, batches in stream.pools():
            usable = len(batches) - len(batches) % self.world
            if pool != self.progress.pool:
                skip = 0
            self.progress.pool = pool
            for place in range(skip, usable, self.world):
                self.progress.batches_of_pool = place + self.world
                yield pool, make_batch(*batches[place + self.rank], step=self.config.length_step)

    def step(self, batch: Batch, factor: float) -> Tensor:
        """Forward, backward, update, average; the training loss (nats per token, smoothed)."""
        self.model.train()
        set_learning_rate(self.optimizers, factor)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bf16):
            loss = sequence_loss(self._forward, self.model.embedding.weight, self._on_device(batch),
                                 self.config.label_smoothing)
        loss.backward()
        self._average_gradients()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self._update_average()
        self.progress.step += 1
        self.progress.tokens += batch.n_tokens * self.world
        return loss.detach()

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.config.average_decay, (1 + self.progress.step) / (10 + self.progress.step))
        torch._foreach_lerp_(self.average, list(self.model.parameters()), 1 - decay)

    def _on_device(self, batch: Batch) -> dict[str, Tensor]:
        arrays = {"source": batch.source, "decoder_input": batch.decoder_input, "target": batch.target}
        return {name: torch.from_numpy(array).to(self.device, non_blocking=True) for name, array in arrays.items()}

    def _average_gradients(self) -> None:
        if self.world == 1:
            return
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        for gradient, part in zip(gradients, flat.div_(self.world).split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def _agree(self, value: float) -> float:
        """Rank 0's value, on all ranks: clocks differ."""
        if self.world == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return float(shared.item())

    # ---- the run

    def train(self) -> bool:
        """Train until a limit; True if the run is complete, False if this process merely stops.

        Raises
        ------
        TrainingError
            If the loss is no longer a number or the disk is full.
        """
        self._remove_half_written()
        limit = measured_limit(self.device)
        self._started = time.monotonic()
        self._tick()
        saved = validated = reported = time.monotonic()
        losses: list[Tensor] = []
        flops, counted_tokens = 0.0, self.progress.tokens
        validate_seconds = self._validate_seconds()
        for _, batch in self.batches():
            done = self._agree(share_done(self.progress, self.limits))
            if done >= 1.0:
                break
            factor = learning_rate_factor(self.progress.step, done, self.config)
            losses.append(self.step(batch, factor))
            flops += flops_of(batch, self.model) * self.world
            self._tick()
            now = time.monotonic()
            if now - reported >= 15.0:
                loss = self._check_loss(losses)
                rate = (self.progress.tokens - counted_tokens) / (now - reported)
                share = flops / (now - reported) / (limit * self.world)
                self._report(loss, rate, share, done)
                self._log(factor, loss, tokens_per_second=rate)
                losses, flops, counted_tokens, reported = [], 0.0, self.progress.tokens, now
            stop = self._agree(float(self._should_stop(now)))
            if self.rank == 0 and (stop or now - saved >= self.limits.save_seconds):
                self.save_state()
                saved = time.monotonic()
            if stop:
                return False
            if self.rank == 0 and now - validated >= validate_seconds:
                self._validate_and_log(factor)
                validated = time.monotonic()
        self._finish()
        return True

    def _remove_half_written(self) -> None:
        """Free the disk of what a kill in the middle of a save left behind."""
        if self.rank == 0:
            for file in self.run.glob(f"{STATE}.*.tmp"):
                file.unlink(missing_ok=True)

    def _tick(self) -> None:
        self.progress.seconds = self._seconds_before + time.monotonic() - self._started

    def _validate_seconds(self) -> float:
        if self.limits.minutes is None:
            return self.limits.validate_seconds
        return min(self.limits.validate_seconds, self.limits.minutes * 60 / 8)

    def _should_stop(self, now: float) -> bool:
        after = self.limits.stop_after_minutes
        return after is not None and now - self._started >= after * 60

    def _check_loss(self, losses: list[Tensor]) -> float:
        loss = float(torch.stack(losses).mean())
        if not math.isfinite(loss):
            raise TrainingError(f"the loss is {loss} at step {self.progress.step}: lower the learning rate and resume")
        return loss

    def _report(self, loss: float, rate: float, share: float, done: float) -> None:
        if self.rank != 0:
            return
        left = ""
        if done > 0.005:
            seconds_left = int(self.progress.seconds * (1 - done) / done)
            left = f" | {seconds_left // 60}:{seconds_left % 60:02d} left"
        filled = f"[{'#' * round(20 * done):<20}] {done:4.0%} | " if done > 0 else ""
        print(f"\r{filled}step {self.progress.step} | {self.progress.tokens / 1e6:.1f} M tokens | loss {loss:.3f} | "
              f"{rate:,.0f} tokens/s, {share:.0%} of the device's limit{left}   ", end="", file=sys.stderr, flush=True)

    def _log(self, factor: float, train_loss: float | None = None, **values: float) -> None:
        row: dict[str, Any] = dict.fromkeys(LOG_COLUMNS, "")
        row |= {"step": self.progress.step, "tokens": self.progress.tokens,
                "minutes": round(self.progress.seconds / 60, 2), "learning_rate_factor": round(factor, 4)}
        if train_loss is not None:
            row["train_loss"] = round(train_loss, 4)
        row |= {name: round(value, 4) for name, value in values.items()}
        self.progress.log.append(row)
        if self.rank == 0:
            write_text(self.run / TRAINING_LOG, log_as_csv(self.progress.log))

    def _validate_and_log(self, factor: float) -> dict[str, float]:
        start = time.monotonic()
        scores = self.validate()
        self.progress.validation_seconds = max(self.progress.validation_seconds, time.monotonic() - start)
        self._tick()
        self._log(factor, **scores)
        named = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        print(f"\nstep {self.progress.step}: {named}", file=sys.stderr, flush=True)
        return scores

    def averaged_model(self) -> Network:
        """A copy of the model with the averaged weights."""
        model = new_model(self.config.model).to(self.device)
        with torch.no_grad():
            for parameter, average in zip(model.parameters(), self.average, strict=True):
                parameter.copy_(average)
        return model.eval()

    def validate(self) -> dict[str, float]:
        """Loss (nats per token, not smoothed), chrF and `cross_evenness` on `dev-everyday`, with averaged weights."""
        pairs = self.corpus.dev[DEV_EVERYDAY]
        if not pairs:
            return {}
        model, tokenizer = self.averaged_model(), self.corpus.tokenizer
        return {"dev_loss": dev_loss(model, tokenizer, pairs, self.config.max_tokens),
                "dev_cross_evenness": cross_evenness(model, tokenizer, pairs[:EVENNESS_PAIRS], self.config.max_tokens),
                "dev_chrf": dev_chrf(model, tokenizer, pairs[:DEV_TRANSLATED], self.config.max_tokens)}

    def _finish(self) -> None:
        if self.rank == 0:
            scores = self._validate_and_log(0.0)
            self.save_state()
            self.export(scores)

    def export(self, scores: dict[str, float]) -> None:
        """Write the averaged weights as a checkpoint."""
        recipe = {
            "config": dataclasses.asdict(self.config), "steps": self.progress.step, "tokens": self.progress.tokens,
            "minutes": round(self.progress.seconds / 60, 1), "device": device_name(self.device),
            "pairs_by_file": self.corpus.counts, "dev": scores,
        }
        folder = self.run / CHECKPOINT
        try:
            # They speak of the weights that were here before.
            for stale in (SCORES, CARD):
                (folder / stale).unlink(missing_ok=True)
            save_checkpoint(folder, self.averaged_model(), self.corpus.tokenizer, json.loads(json.dumps(recipe)))
            write_text(folder / TRAINING_LOG, log_as_csv(self.progress.log))
        except (OSError, CheckpointError) as error:
            raise TrainingError(f"the checkpoint cannot be written to {folder}: {error}") from error


def _load_optimizer(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """Load what an optimiser has gathered; its options stay those of the configuration."""
    options = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    optimizer.load_state_dict(saved)
    for group, own in zip(optimizer.param_groups, options, strict=True):
        group.update(own)


def _one_line(error: Exception) -> str:
    """What torch says on many lines, shortened."""
    return " ".join(str(error).split())[:300]


def device_name(device: torch.device) -> str:
    """The device in words."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device.type}, {os.cpu_count()} cores"


def log_as_csv(rows: list[dict[str, Any]]) -> str:
    """The training log as a CSV text."""
    text: TextIO = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(text, LOG_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _encoded(tokenizer: Tokenizer, pairs: list[Pair], max_tokens: int) -> list[tuple[list[int], list[int]]]:
    sources = tokenizer.ids([korean for korean, _ in pairs])
    targets = tokenizer.ids([english for _, english in pairs])
    return [(s[: max_tokens - 1], t[: max_tokens - 1]) for s, t in zip(sources, targets, strict=True)]


@torch.inference_mode()
def dev_loss(model: Network, tokenizer: Tokenizer, pairs: list[Pair], max_tokens: int) -> float:
    """Mean cross-entropy (nats) per target token over pairs."""
    device = model.embedding.weight.device
    encoded = sorted(_encoded(tokenizer, pairs, max_tokens), key=lambda pair: len(pair[1]))
    total, count = 0.0, 0
    for start in range(0, len(encoded), 50):
        group = encoded[start : start + 50]
        batch = make_batch([s for s, _ in group], [t for _, t in group])
        arrays = {"source": batch.source, "decoder_input": batch.decoder_input, "target": batch.target}
        tensors = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
        n_target = int((batch.target != PAD_ID).sum())
        with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bf16(device)):
            total += float(sequence_loss(model, model.embedding.weight, tensors, 0.0)) * n_target
        count += n_target
    return total / count


@torch.inference_mode()
def cross_evenness(model: Network, tokenizer: Tokenizer, pairs: list[Pair], max_tokens: int) -> float:
    """Entropy of cross-attention as a share of its maximum log S, averaged over layers, heads, rows and pairs.

    1 means that the decoder looks at all source tokens alike: the encoder's states have become the same at all
    positions, which the loss alone does not tell from slow learning.
    """
    device = model.embedding.weight.device
    shares = []
    for source, target in _encoded(tokenizer, pairs, max_tokens):
        batch = make_batch([source], [target])
        cross = model.cross_weights(torch.from_numpy(batch.source).to(device),
                                    torch.from_numpy(batch.decoder_input).to(device))
        entropy = torch.special.entr(cross).sum(dim=-1)  # (..., T)
        shares.append(float(entropy.mean()) / math.log(cross.shape[-1]))
    return sum(shares) / len(shares)


def dev_chrf(model: Network, tokenizer: Tokenizer, pairs: list[Pair], max_tokens: int) -> float:
    """chrF of greedy translations of pairs, 0 to 100."""
    import sacrebleu

    sources = [[*ids[: max_tokens - 1], EOS_ID] for ids in tokenizer.ids([korean for korean, _ in pairs])]
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
    outputs = [""] * len(sources)
    for start in range(0, len(order), 100):
        group = order[start : start + 100]
        for i, ids in zip(group, greedy_search(model, [sources[i] for i in group], DecodingConfig()), strict=True):
            outputs[i] = tokenizer.text(ids)
    return sacrebleu.corpus_chrf(outputs, [[english for _, english in pairs]]).score
