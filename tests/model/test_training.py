"""The parts of a training run, in this process. The command line and kills are in test_train.py."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from model.batches import Batch, make_batch
from model.checkpoint import CARD, SCORES, load_checkpoint
from model.corpus import DEV_EVERYDAY
from model.errors import ConfigError, TrainingError
from model.packed import PackedCorpus
from model.tokenizer import PAD_ID
from model.training import (
    CHECKPOINT,
    LOG_COLUMNS,
    STATE,
    Limits,
    Progress,
    Trainer,
    dev_loss,
    learning_rate_factor,
    sequence_loss,
    share_done,
)
from model.transformer import padding_mask
from model.translator import Translator
from tests.checkpoints import CPU, disk_for, tiny_config

CONFIG = tiny_config()


def trainer(packed: PackedCorpus, run, config=CONFIG, **limits) -> Trainer:
    return Trainer(config, packed, run, Limits(**limits), device=CPU)


def train_steps(trainer: Trainer, n: int) -> list[float]:
    return [float(trainer.step(batch, 1.0)) for _, batch in islice(trainer.batches(), n)]


def same_weights(a: Trainer, b: Trainer) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a.model.parameters(), b.model.parameters(), strict=True))


# ---- learning rate and budget

@pytest.mark.parametrize(("step", "done", "factor"), [
    (0, 0.0, 0.1), (4, 0.0, 0.5), (9, 0.0, 1.0), (500, 0.3, 1.0), (500, 0.75, 1.0), (500, 0.875, 0.5),
    (500, 0.9375, 0.25), (500, 1.0, 0.0), (500, 1.5, 0.0), (1, 0.95, 0.2), (4, 0.95, 0.2),
])
def test_learning_rate_by_hand(step, done, factor):
    """Ten steps of warm-up, the last quarter falls to zero."""
    config = replace(CONFIG, warmup_steps=10, decay_share=0.25)
    assert learning_rate_factor(step, done, config) == pytest.approx(factor)


def test_learning_rate_without_warm_up_and_decay():
    config = replace(CONFIG, warmup_steps=0, decay_share=0.0)
    assert [learning_rate_factor(0, done, config) for done in (0.0, 0.99)] == [1.0, 1.0]


def test_share_of_a_budget():
    assert share_done(Progress(step=30), Limits(steps=120)) == 0.25
    assert share_done(Progress(step=130, first_step=100), Limits(steps=120)) == 0.25
    assert share_done(Progress(step=500), Limits(steps=120)) == 1.0
    assert share_done(Progress(step=500, seconds=1e9), Limits()) == 0.0
    # 600 s less 5 s and twice the longest validation: 575 s.
    assert share_done(Progress(seconds=287.5, validation_seconds=10.0), Limits(minutes=10)) == pytest.approx(0.5)
    # A fifth of a short budget at most.
    assert share_done(Progress(seconds=4.8, validation_seconds=10.0), Limits(minutes=0.1)) == pytest.approx(1.0)


@pytest.mark.parametrize("limits", [{"minutes": 0}, {"minutes": -1}, {"steps": 0}, {"minutes": float("nan")},
                                    {"stop_after_minutes": 0}, {"minutes": math.inf}])
def test_budgets_that_cannot_be_are_refused(limits):
    with pytest.raises(ConfigError, match=next(iter(limits))):
        Limits(**limits)


# ---- the loss

def test_loss_is_the_mean_over_real_target_tokens():
    """Against a sum written out in float64, with label smoothing by its definition."""
    rng = np.random.default_rng(0)
    states, projection = rng.normal(size=(2, 3, 4)), rng.normal(size=(7, 4))
    target = np.array([[5, 6, 3], [4, 3, PAD_ID]])
    logits = states @ projection.T
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    losses = [-(0.9 * log_probs[b, t, target[b, t]] + 0.1 * log_probs[b, t].mean())
              for b in range(2) for t in range(3) if target[b, t] != PAD_ID]
    batch = {"source": torch.tensor([[4, 3], [5, 3]]), "decoder_input": torch.tensor([[2, 5, 6], [2, 4, PAD_ID]]),
             "target": torch.from_numpy(target)}
    got = sequence_loss(lambda *_: torch.from_numpy(states).float(), torch.from_numpy(projection).float(), batch, 0.1)
    assert float(got) == pytest.approx(np.mean(losses), abs=1e-5)


def test_padding_does_not_change_the_loss(packed, tmp_path):
    model = trainer(packed, tmp_path).model.eval()
    sources, targets = [packed.source_ids[i] for i in (0, 5)], [packed.target_ids[i] for i in (0, 5)]
    losses = []
    for step in (1, 16):
        batch = make_batch(sources, targets, step=step)
        tensors = {"source": torch.from_numpy(batch.source), "decoder_input": torch.from_numpy(batch.decoder_input),
                   "target": torch.from_numpy(batch.target)}
        losses.append(sequence_loss(model, model.embedding.weight, tensors, 0.1).item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_dev_loss_is_that_of_one_sentence_after_the_other(packed, tmp_path):
    model = trainer(packed, tmp_path).model.eval()
    pairs, tokenizer = packed.dev[DEV_EVERYDAY][:7], packed.tokenizer
    total, count = 0.0, 0
    with torch.no_grad():
        for korean, english in pairs:
            batch = make_batch(tokenizer.ids([korean]), tokenizer.ids([english]))
            source = torch.from_numpy(batch.source)
            states = model(source, torch.from_numpy(batch.decoder_input), padding_mask(source, PAD_ID))
            log_probs = torch.log_softmax(model.logits(states[0]), dim=-1)
            total -= float(log_probs.gather(1, torch.from_numpy(batch.target).T).sum())
            count += batch.target.size
    # bf16 where the processor has it.
    assert dev_loss(model, tokenizer, pairs, 100) == pytest.approx(total / count, rel=5e-3)


# ---- steps, saves, resuming

def test_loss_falls(packed, tmp_path):
    losses = train_steps(trainer(packed, tmp_path), 40)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 1.0


def test_muon_makes_the_loss_fall_too(packed, tmp_path):
    losses = train_steps(trainer(packed, tmp_path, replace(CONFIG, muon_learning_rate=0.01)), 40)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 1.0


@pytest.mark.parametrize("muon", [0.0, 0.01])
def test_a_resumed_run_takes_the_very_steps_it_would_have_taken(packed, tmp_path, muon):
    config = replace(CONFIG, muon_learning_rate=muon)
    whole, first, second = (trainer(packed, tmp_path / name, config) for name in ("whole", "part", "part"))
    train_steps(whole, 9)
    train_steps(first, 5)
    first.save_state()
    second.load_state(tmp_path / "part")
    assert second.progress == first.progress and same_weights(second, first)
    train_steps(second, 4)
    assert same_weights(second, whole)
    assert all(torch.equal(a, b) for a, b in zip(second.average, whole.average, strict=True))
    assert (second.progress.step, second.progress.tokens) == (9, whole.progress.tokens)


def test_the_average_follows_the_weights(packed, tmp_path):
    one = trainer(packed, tmp_path)
    expected = [p.detach().clone() for p in one.model.parameters()]
    for step, (_, batch) in enumerate(islice(one.batches(), 3)):
        one.step(batch, 1.0)
        decay = min(CONFIG.average_decay, (1 + step) / (10 + step))
        expected = [decay * e + (1 - decay) * p.detach() for e, p in zip(expected, one.model.parameters(), strict=True)]
    for got, wanted in zip(one.averaged_model().parameters(), expected, strict=True):
        torch.testing.assert_close(got.detach(), wanted, atol=1e-6, rtol=1e-5)


def test_a_run_with_a_budget_of_steps_ends_with_a_checkpoint(packed, tmp_path):
    one = trainer(packed, tmp_path / "run", steps=6)
    assert one.train()
    assert one.progress.step == 6
    checkpoint = load_checkpoint(tmp_path / "run" / CHECKPOINT)
    for name, average in zip(dict(one.model.named_parameters()), one.average, strict=True):
        torch.testing.assert_close(checkpoint.model.state_dict()[name], average, atol=2e-3, rtol=2e-3)
    with (tmp_path / "run" / "training.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(LOG_COLUMNS)
    assert (rows[-1]["step"], rows[-1]["learning_rate_factor"]) == ("6", "0.0")
    assert float(rows[-1]["dev_loss"]) > 0 and 0 <= float(rows[-1]["dev_chrf"]) <= 100
    assert checkpoint.training_log == rows
    assert Translator.load(tmp_path / "run" / CHECKPOINT, device="cpu").translate("물").attention is not None


def test_what_was_said_of_earlier_weights_goes_with_them(packed, tmp_path):
    folder = tmp_path / CHECKPOINT
    folder.mkdir()
    for name in (SCORES, CARD):
        (folder / name).write_text("{}")
    trainer(packed, tmp_path).export({})
    assert load_checkpoint(folder).scores is None and not (folder / CARD).exists()


def test_the_learning_rate_reaches_its_end(packed, tmp_path, monkeypatch):
    factors: list[float] = []
    step = Trainer.step

    def noted(self: Trainer, batch: Batch, factor: float) -> torch.Tensor:
        factors.append(factor)
        return step(self, batch, factor)

    monkeypatch.setattr(Trainer, "step", noted)
    trainer(packed, tmp_path, replace(CONFIG, warmup_steps=4, decay_share=0.5), steps=20).train()
    assert factors == pytest.approx([0.25, 0.5, 0.75] + [1.0] * 8 + [0.1 * left for left in range(9, 0, -1)])


def test_a_branch_has_its_own_budget_of_steps(packed, tmp_path):
    base = trainer(packed, tmp_path / "base", steps=5)
    base.train()
    branch = trainer(packed, tmp_path / "branch", steps=3)
    branch.branch_from(tmp_path / "base")
    assert branch.progress.seconds == 0.0 and branch.progress.log == base.progress.log
    assert branch.train() and branch.progress.step == 8
    again = trainer(packed, tmp_path / "branch", steps=4)  # and a resumed branch goes on counting
    again.load_state(tmp_path / "branch")
    again.train()
    assert again.progress.step == 9


def test_starting_from_a_checkpoint_takes_its_weights(packed, checkpoint_path, tmp_path):
    one = trainer(packed, tmp_path)
    checkpoint = load_checkpoint(checkpoint_path)
    one.init_from(checkpoint)
    for name, parameter in one.model.named_parameters():
        assert torch.equal(parameter, checkpoint.model.state_dict()[name])
    assert one.progress.step == 0
    loss, fresh = train_steps(one, 1), train_steps(trainer(packed, tmp_path), 1)
    assert loss[0] < fresh[0] - 1.0


def test_options_of_the_configuration_win_over_those_of_the_state(packed, tmp_path):
    first = trainer(packed, tmp_path)
    train_steps(first, 1)
    first.save_state()
    second = trainer(packed, tmp_path, replace(CONFIG, weight_decay=0.25, learning_rate=0.01))
    second.load_state(tmp_path)
    assert [(g["weight_decay"], g["height"]) for g in second.optimizers[0].param_groups] == [(0.25, 0.01)]


# ---- what can go wrong

def test_a_missing_state_is_a_training_error(packed, tmp_path):
    with pytest.raises(TrainingError, match="nothing to resume"):
        trainer(packed, tmp_path).load_state(tmp_path / "nowhere")


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "list", "no progress"])
def test_a_broken_state_is_a_training_error(packed, tmp_path, damage):
    one = trainer(packed, tmp_path)
    one.save_state()
    file = tmp_path / STATE
    content = file.read_bytes()
    if damage == "list":
        torch.save([1, 2], file)
    elif damage == "no progress":
        torch.save({"vocabulary": packed.tokenizer.model, "model": one.model.state_dict()}, file)
    else:
        file.write_bytes({"empty": b"", "text": b"no state", "cut": content[: len(content) // 2]}[damage])
    with pytest.raises(TrainingError) as caught:
        trainer(packed, tmp_path).load_state(tmp_path)
    assert STATE in str(caught.value)


@pytest.mark.parametrize("changes", [{"model": replace(CONFIG.model, d_ff=96)}, {"muon_learning_rate": 0.01},
                                     {"model": replace(CONFIG.model, n_decoder_layers=1)}])
def test_a_state_of_another_configuration_is_a_training_error(packed, tmp_path, changes):
    trainer(packed, tmp_path).save_state()
    with pytest.raises(TrainingError, match="does not fit this configuration") as caught:
        trainer(packed, tmp_path, replace(CONFIG, **changes)).load_state(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_other_sizes_is_a_training_error(packed, checkpoint_path, tmp_path):
    other = trainer(packed, tmp_path, replace(CONFIG, model=replace(CONFIG.model, d_ff=96)))
    with pytest.raises(TrainingError, match="does not fit this configuration") as caught:
        other.init_from(load_checkpoint(checkpoint_path))
    assert "\n" not in str(caught.value)


def test_another_vocabulary_is_a_training_error(packed, checkpoint_path, tmp_path):
    class Other:
        model = b"another vocabulary"

    trainer(packed, tmp_path).save_state()
    other = replace(packed, tokenizer=Other())
    with pytest.raises(TrainingError, match="another vocabulary"):
        trainer(other, tmp_path).load_state(tmp_path)
    with pytest.raises(TrainingError, match="another vocabulary"):
        trainer(other, tmp_path).init_from(load_checkpoint(checkpoint_path))


def test_a_full_disk_is_a_training_error_and_keeps_the_last_save(packed, tmp_path):
    one = trainer(packed, tmp_path)
    one.save_state()
    before = (tmp_path / STATE).read_bytes()
    train_steps(one, 1)
    with disk_for(100_000), pytest.raises(TrainingError, match="The last save is kept"):
        one.save_state()
    assert (tmp_path / STATE).read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [STATE]


def test_a_disk_that_is_full_for_the_checkpoint_is_a_training_error(packed, tmp_path):
    with disk_for(100_000), pytest.raises(TrainingError, match="checkpoint cannot be written"):
        trainer(packed, tmp_path).export({})


def test_weights_that_are_no_numbers_are_not_saved(packed, tmp_path):
    one = trainer(packed, tmp_path)
    one.save_state()
    before = (tmp_path / STATE).read_bytes()
    with torch.no_grad():
        next(one.model.parameters())[3] = float("nan")
    with pytest.raises(TrainingError, match="no longer numbers"):
        one.save_state()
    assert (tmp_path / STATE).read_bytes() == before


def test_a_diverged_run_ends_without_a_checkpoint(packed, tmp_path):
    one = trainer(packed, tmp_path, steps=3)
    with torch.no_grad():
        one.model.embedding.weight.fill_(float("inf"))
    with pytest.raises(TrainingError):
        one.train()
    assert not (tmp_path / CHECKPOINT).exists() and not (tmp_path / STATE).exists()


def test_what_a_kill_left_half_written_is_removed(packed, tmp_path):
    (tmp_path / f"{STATE}.123.tmp").write_bytes(b"half")
    trainer(packed, tmp_path, steps=1).train()
    assert not list(tmp_path.glob("*.tmp"))
