"""`python -m model.train`: in this process where that shows the same, as a program of its own where it is killed."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from model import train
from model.checkpoint import load_checkpoint
from model.training import CHECKPOINT, STATE
from model.translator import Translator
from tests.checkpoints import disk_for, write_corpus_folder
from tests.model.pair import train_as_one

ROOT = Path(__file__).parents[2]
# As tests.checkpoints.tiny_config.
TINY = ["--config", "tiny", "--threads", "1", "--device", "cpu", "--set", "vocab_size=1200", "--set", "n_dev=40",
        "--set", 'sources=[["authored-daily",1.0]]']


def command(packed_file: Path, run: Path, *options: object) -> list[str]:
    return [*TINY, "--packed", str(packed_file), "--run", str(run), *map(str, options)]


def start(arguments: Sequence[str], *launcher: str) -> subprocess.Popen[str]:
    """The program by itself, its words caught."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([sys.executable, "-m", *launcher, "model.train", *arguments], cwd=ROOT, env=environment,
                            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def wait_for(condition, process: subprocess.Popen[str], seconds: float = 240.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}: {process.stderr and process.stderr.read()}")
        if time.monotonic() > until:
            process.kill()
            raise AssertionError("it took too long")
        time.sleep(0.02)


def state_of(run: Path) -> dict:
    return torch.load(run / STATE, weights_only=True)


def log_of(run: Path) -> list[dict[str, str]]:
    with (run / "training.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def one_line(text: str) -> str:
    *_, last = text.strip().splitlines()
    assert "Traceback" not in text and last.startswith("error: "), text
    return last


# ---- a whole run

def test_a_run_ends_with_a_checkpoint_that_translates(packed_file, tmp_path, capsys):
    assert train.main(command(packed_file, tmp_path / "run", "--steps", 5)) == 0
    assert f"finished: {tmp_path / 'run' / CHECKPOINT}" in capsys.readouterr().err
    translation = Translator.load(tmp_path / "run" / CHECKPOINT, device="cpu").translate("나는 강사입니다.")
    assert translation.attention is not None


def test_a_time_budget_is_kept_and_the_rate_reaches_its_end(packed_file, tmp_path):
    run = tmp_path / "run"
    begin = time.monotonic()
    assert train.main(command(packed_file, run, "--minutes", 0.05)) == 0
    assert time.monotonic() - begin < 60.0  # no measure of speed: without a budget it would never end
    last = log_of(run)[-1]
    assert last["learning_rate_factor"] == "0.0" and int(last["step"]) > 0
    assert last["dev_loss"] and last["dev_chrf"]
    assert load_checkpoint(run / CHECKPOINT).training_log == log_of(run)


def test_a_process_that_stops_early_is_resumed(packed_file, tmp_path, capsys):
    run = tmp_path / "run"
    assert train.main(command(packed_file, run, "--steps", 100_000, "--stop-after", 0.01)) == 0
    assert "--resume goes on" in capsys.readouterr().err
    assert not (run / CHECKPOINT).exists()
    step = state_of(run)["progress"]["step"]
    assert train.main(command(packed_file, run, "--steps", step + 3, "--resume")) == 0
    assert state_of(run)["progress"]["step"] == step + 3
    assert load_checkpoint(run / CHECKPOINT).n_parameters > 0


def test_from_a_checkpoint_and_from_another_run(packed_file, checkpoint_path, tmp_path):
    assert train.main(command(packed_file, tmp_path / "a", "--steps", 2, "--init-from", checkpoint_path)) == 0
    first, begun = (load_checkpoint(path).model.state_dict()["embedding.weight"]
                    for path in (checkpoint_path, tmp_path / "a" / CHECKPOINT))
    assert float((first - begun).abs().max()) < 0.05  # two steps at the foot of the warm-up
    assert train.main(command(packed_file, tmp_path / "b", "--steps", 3, "--branch-from", tmp_path / "a")) == 0
    assert state_of(tmp_path / "b")["progress"]["step"] == 5
    assert state_of(tmp_path / "a")["progress"]["step"] == 2


def test_from_a_checkpoint_on_other_texts_keeps_its_vocabulary(checkpoint_path, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "OWN_DATA", write_corpus_folder(tmp_path / "own", 60))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "mine.tsv").write_text("".join(f"내 글 {n}번이에요.\tThis is text {n} of mine.\n" for n in range(80)),
                                   encoding="utf-8")
    options = [*TINY[:-1], 'sources=[["mine",1.0]]', "--corpus", str(mine), "--run", str(tmp_path / "runs" / "x"),
               "--steps", "2", "--init-from", str(checkpoint_path)]
    assert train.main(options) == 0
    begun = load_checkpoint(tmp_path / "runs" / "x" / CHECKPOINT)
    assert begun.tokenizer.model == load_checkpoint(checkpoint_path).tokenizer.model


# ---- the corpus

def test_the_corpus_is_tokenised_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train, "OWN_DATA", write_corpus_folder(tmp_path / "own", 1200))
    options = [*TINY, "--run", str(tmp_path / "runs" / "a"), "--prepare-only"]
    assert train.main(options) == 0
    assert "tokenising" in capsys.readouterr().err
    file, = (tmp_path / "runs").glob("corpus-*.npz")
    content = file.read_bytes()
    options[options.index("--run") + 1] = str(tmp_path / "runs" / "b")
    assert train.main(options) == 0
    assert "tokenising" not in capsys.readouterr().err and file.read_bytes() == content
    with (tmp_path / "own" / "authored-daily.tsv").open("a", encoding="utf-8") as texts:
        texts.write("새 문장이에요.\tA new sentence.\n")
    assert train.main(options) == 0
    assert "tokenising" in capsys.readouterr().err and len(list((tmp_path / "runs").glob("corpus-*.npz"))) == 2


def test_a_named_corpus_file_of_other_texts_is_made_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train, "OWN_DATA", write_corpus_folder(tmp_path / "own", 1200))
    mine = tmp_path / "mine"
    mine.mkdir()
    options = [*TINY, "--run", str(tmp_path / "x"), "--corpus", str(mine), "--packed", str(tmp_path / "c.npz"),
               "--prepare-only"]
    for expected in (True, False):
        assert train.main(options) == 0
        assert ("tokenising" in capsys.readouterr().err) is expected
    (mine / "b.tsv").write_text("물\twater\n", encoding="utf-8")
    assert train.main(options) == 0
    assert "tokenising" in capsys.readouterr().err


# ---- what a person can mend is one clear line and exit code 1

def fails(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert train.main(arguments) == 1
    return one_line(capsys.readouterr().err)


@pytest.mark.parametrize(("options", "words"), [
    (["--config", "huge"], "known are"), (["--set", "d_ff=0"], "d_ff"), (["--minutes", "0"], "minutes"),
    (["--steps", "-3"], "steps"), (["--device", "abacus"], "abacus"), (["--resume"], "nothing to resume"),
    (["--init-from", "nowhere"], "no checkpoint"), (["--branch-from", "nowhere"], "nothing to resume"),
    (["--corpus", "nowhere"], "is no folder"), (["--set", "vocab_size=1300"], "1200 pieces"),
])
def test_wrong_options(packed_file, tmp_path, capsys, options, words):
    assert words in fails(command(packed_file, tmp_path / "run", *options), capsys)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is such a device here")
def test_a_device_that_is_not_there(packed_file, tmp_path, capsys):
    assert "cuda" in fails(command(packed_file, tmp_path / "run", "--steps", 1, "--device", "cuda"), capsys)


def test_options_that_exclude_each_other(packed_file, tmp_path):
    with pytest.raises(SystemExit) as caught:
        train.main(command(packed_file, tmp_path, "--resume", "--init-from", "x"))
    assert caught.value.code == 2


def test_a_run_is_not_overwritten(packed_file, tmp_path, capsys):
    assert train.main(command(packed_file, tmp_path, "--steps", 1)) == 0
    before = (tmp_path / STATE).read_bytes()
    assert "add --resume" in fails(command(packed_file, tmp_path, "--steps", 1), capsys)
    assert (tmp_path / STATE).read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "text"])
def test_a_broken_state(packed_file, tmp_path, capsys, damage):
    assert train.main(command(packed_file, tmp_path, "--steps", 1)) == 0
    content = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(content[: len(content) // 2] if damage == "cut" else b"no state")
    assert f"{STATE} is broken" in fails(command(packed_file, tmp_path, "--steps", 2, "--resume"), capsys)


def test_a_broken_corpus_file(packed_file, tmp_path, capsys):
    (tmp_path / "c.npz").write_bytes(packed_file.read_bytes()[:50_000])
    assert "Delete it" in fails(command(tmp_path / "c.npz", tmp_path / "run", "--steps", 1), capsys)
    assert "c.npz" in fails(command(tmp_path / "missing-c.npz", tmp_path / "run", "--steps", 1), capsys)


def test_a_line_of_the_corpus_without_tab(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train, "OWN_DATA", write_corpus_folder(tmp_path / "own", 60))
    (tmp_path / "own" / "authored-daily.tsv").write_text("물\twater\n물 water\n", encoding="utf-8")
    assert "line 2 has no TAB" in fails([*TINY, "--run", str(tmp_path / "run")], capsys)


# Room for nothing; for the log, but not for the state; for the state without the optimiser's part.
@pytest.mark.parametrize("room", [0, 10_000, 300_000])
def test_a_full_disk(packed_file, tmp_path, capsys, room):
    with disk_for(room):
        line = fails(command(packed_file, tmp_path / "run", "--steps", 2), capsys)
    assert str(tmp_path / "run") in line or "too large" in line
    assert not list((tmp_path / "run").glob("*.tmp"))


def test_a_full_disk_while_the_corpus_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train, "OWN_DATA", write_corpus_folder(tmp_path / "own", 1200))
    with disk_for(1000):
        fails([*TINY, "--run", str(tmp_path / "runs" / "a"), "--prepare-only"], capsys)
    assert not list((tmp_path / "runs").iterdir())


def test_a_run_folder_that_is_a_file(packed_file, tmp_path, capsys):
    (tmp_path / "run").write_text("a file")
    fails(command(packed_file, tmp_path / "run", "--steps", 1), capsys)


# ---- as a program

@pytest.mark.slow
def test_a_run_that_is_killed_twice_loses_only_the_steps_since_its_last_save(packed_file, tmp_path):
    run, last = tmp_path / "run", 0

    def has_gone_on() -> bool:
        return (run / STATE).exists() and state_of(run)["progress"]["step"] > last + 10

    for begin in ([], ["--resume"]):
        process = start(command(packed_file, run, "--steps", 100_000, "--save-seconds", 0.3, *begin))
        wait_for(has_gone_on, process)
        saved = state_of(run)["progress"]["step"]
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert process.stderr is not None
        process.stderr.close()
        kept = state_of(run)["progress"]
        assert kept["step"] >= saved > last  # nothing that was saved is gone, and the file is whole
        assert not (run / CHECKPOINT).exists()
        last = kept["step"]
    process = start(command(packed_file, run, "--steps", last + 5, "--resume"))
    assert process.wait() == 0, process.stderr and process.stderr.read()
    assert state_of(run)["progress"]["step"] == last + 5
    assert not list(run.glob("*.tmp"))
    assert Translator.load(run / CHECKPOINT, device="cpu").translate("나는 강사입니다.").attention is not None


@pytest.mark.slow
def test_a_kill_while_saving_leaves_a_whole_state(packed_file, tmp_path):
    """Saves follow each other without a pause, so that the kill meets one of them."""
    run = tmp_path / "run"
    process = start(command(packed_file, run, "--steps", 100_000, "--save-seconds", 0))
    wait_for(lambda: (run / STATE).exists() and list(run.glob(f"{STATE}.*.tmp")), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    step = state_of(run)["progress"]["step"]
    assert train.main(command(packed_file, run, "--steps", step + 2, "--resume")) == 0
    assert not list(run.glob("*.tmp"))


@pytest.mark.slow
def test_two_processes_average_their_gradients_and_keep_equal_weights(packed_file, tmp_path):
    """By torchrun over gloo, each on half of the batches; against one process that averages both halves by itself."""
    done = subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
                           "-m", "tests.model.pair", str(packed_file), str(tmp_path)], cwd=ROOT, capture_output=True,
                          text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    ranks = [torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)]
    assert all(torch.equal(a, b) for a, b in zip(ranks[0]["weights"], ranks[1]["weights"], strict=True))
    assert ranks[0]["losses"] != ranks[1]["losses"]  # they saw different sentences
    expected = train_as_one(packed_file, tmp_path / "one")
    for got, wanted in zip(ranks[0]["weights"], expected, strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_torchrun_ends_with_one_checkpoint(packed_file, tmp_path):
    options = ["--run-folder" if option == "--run" else option
               for option in command(packed_file, tmp_path / "run", "--steps", 6)]
    process = start(options, "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")
    _, words = process.communicate(timeout=300)
    assert process.returncode == 0, words[-3000:]
    progress = state_of(tmp_path / "run")["progress"]
    assert progress["step"] == 6
    assert Translator.load(tmp_path / "run" / CHECKPOINT, device="cpu").translate("물").attention is not None
    # And one process can take it up.
    assert train.main(command(packed_file, tmp_path / "run", "--steps", 8, "--resume")) == 0


@pytest.mark.slow
def test_an_error_is_one_line_and_exit_code_1(packed_file, tmp_path):
    process = start(command(packed_file, tmp_path / "run", "--resume"))
    _, words = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "nothing to resume" in one_line(words)


@pytest.mark.slow
def test_control_c_is_no_traceback(packed_file, tmp_path):
    run = tmp_path / "run"
    process = start(command(packed_file, run, "--steps", 100_000, "--save-seconds", 0.2))
    wait_for(lambda: (run / STATE).exists(), process)
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=60)
    assert process.returncode == 130 and "--resume goes on" in words and "Traceback" not in words
