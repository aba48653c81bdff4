"""Time per sentence with all attention maps, as a ratio to `transformers`: `python -m benchmarks.translate`.

Both sides have the base size, the same random weights and float32, translate the same 25 source tokens greedily into
exactly 25 target tokens, and return every weight of every head. The end token is never chosen because its row of the
embedding matrix, and with it its score, is zero. Calls take turns in one run, so that whatever else the machine does
meets all of them alike; medians are compared. Tokens and weights of both sides are checked to be the same first: the
translator's drafts in int8 must not show.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.marian import marian_like
from model.checkpoint import TOKENIZER, save_checkpoint
from model.config import DecodingConfig, ModelConfig
from model.records import Translation
from model.tokenizer import BOS_ID, EOS_ID, PAD_ID, Tokenizer
from model.transformer import Transformer
from model.translator import Translator

RESULTS = Path(__file__).parent / "results"
SHIPPED = Path(__file__).parents[1] / "checkpoints" / "ko-en" / TOKENIZER
# Words to make a sentence of the wanted length from; random weights do not mind what it says.
WORDS = """나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다 그래서 오늘부터 날마다
친구와 함께 강가를 한 시간씩 천천히 걷기로 했고 저녁에는 물과 풀만 먹으려고 해요"""
OURS, MARIAN = "Translator", "Marian"


@dataclass(frozen=True)
class Timing:
    """Times of one call, in the order in which they were taken."""

    name: str
    times_ms: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)

    @property
    def fastest_ms(self) -> float:
        return min(self.times_ms)


def sentence_of(tokenizer: Tokenizer, n_tokens: int) -> str:
    """A text of exactly `n_tokens` source tokens, end token included."""
    characters = " ".join(WORDS.split() * (1 + n_tokens // 20))
    for end in range(1, len(characters) + 1):
        text = characters[:end].strip()
        if text and len(tokenizer.encode(text)) == n_tokens:
            return text
    raise SystemExit(f"no sentence of {n_tokens} tokens with this tokenizer: choose another --tokens")


def random_translator(tokenizer: Tokenizer, n_positions: int) -> Translator:
    """A translator of base size with random weights, which never ends a sentence by itself."""
    torch.manual_seed(1)
    model = Transformer(ModelConfig(vocab_size=tokenizer.vocab_size, max_positions=n_positions))
    with torch.no_grad():
        model.embedding.weight[[PAD_ID, BOS_ID, EOS_ID]] = 0.0
    with tempfile.TemporaryDirectory() as folder:
        save_checkpoint(Path(folder), model, tokenizer, dtype=torch.float32)
        return Translator.load(folder, device="cpu")


def copy_for_marian(translator: Translator) -> Any:
    """Marian with the translator's weights, and no rule of its own for when to end."""
    marian: Any = marian_like(translator.transformer)
    marian.generation_config.forced_eos_token_id = None
    marian.generation_config.bad_words_ids = None
    return marian


@torch.inference_mode()
def marian_translate(marian: Any, source: Sequence[int], n_target: int) -> Any:
    """Greedy search of `transformers` with all attention maps; source ids end with EOS."""
    ids = torch.tensor([list(source)])
    return marian.generate(ids, attention_mask=torch.ones_like(ids), num_beams=1, do_sample=False,
                           min_new_tokens=n_target, max_new_tokens=n_target, output_attentions=True,
                           return_dict_in_generate=True)


def check_same(translation: Translation, generated: Any, n_target: int) -> None:
    """AssertionError unless both sides wrote the same tokens by the same weights."""
    assert translation.attention is not None
    ours = [token.id for token in translation.target]
    theirs = generated.sequences[0, 1:].tolist()
    assert len(ours) == len(theirs) == n_target, f"{len(ours)} and {len(theirs)} target tokens, expected {n_target}"
    assert ours == theirs, "the two sides chose different tokens"
    encoder = torch.stack(generated.encoder_attentions)[:, 0].numpy()
    # A step gives each layer's weights of its one new row: (1, H, 1, S) to rows of (layer, H, T, S).
    cross = np.stack([torch.cat(step)[:, :, 0].numpy() for step in generated.cross_attentions], axis=2)
    np.testing.assert_allclose(translation.attention.encoder, encoder, atol=1e-4)
    np.testing.assert_allclose(translation.attention.cross, cross, atol=1e-4)
    for row, step in enumerate(generated.decoder_attentions):
        seen = torch.cat(step)[:, :, 0].numpy()
        np.testing.assert_allclose(translation.attention.decoder[:, :, row, : row + 1], seen, atol=1e-4)


def take_turns(calls: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: int = 2) -> list[Timing]:
    """Time each call `rounds` times, one after the other in every round; the first rounds do not count."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    gc.disable()
    try:
        for index in range(warm_up + rounds):
            for name, call in calls.items():
                start = time.perf_counter()
                call()
                if index >= warm_up:
                    times[name].append((time.perf_counter() - start) * 1000)
    finally:
        gc.enable()
    return [Timing(name, tuple(taken)) for name, taken in times.items()]


def as_table(timings: Mapping[int, Sequence[Timing]]) -> str:
    """Markdown: one line for each number of threads and each call, Marian being 1.

    The fastest call tells what the code can do, and the median is slower than it by what the machine does besides.
    """
    lines = ["| threads | what | time (Marian = 1) | times as fast | median, ms | fastest, ms (Marian = 1) |",
             "|---|---|---|---|---|---|"]
    for n_threads, rows in timings.items():
        base = next(row for row in rows if row.name == MARIAN)
        for row in rows:
            share = row.median_ms / base.median_ms
            lines.append(f"| {n_threads} | {row.name} | {share:.2f} | {1 / share:.2f} | {row.median_ms:.0f} | "
                         f"{row.fastest_ms:.0f} ({row.fastest_ms / base.fastest_ms:.2f}) |")
    return "\n".join(lines)


def as_json(timings: Mapping[int, Sequence[Timing]], options: argparse.Namespace) -> dict[str, Any]:
    """What was run, where, and every single time."""
    return {
        "benchmark": "translate", "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "source_tokens": options.tokens, "target_tokens": options.tokens, "rounds": options.rounds,
        "machine": platform.machine(), "processor": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(), "torch": torch.__version__,
        "timings": [
            {"threads": n_threads, "name": row.name, "median_ms": row.median_ms, "times_ms": row.times_ms}
            for n_threads, rows in timings.items() for row in rows
        ],
    }


def measure(options: argparse.Namespace) -> dict[int, list[Timing]]:
    """Times for each number of threads."""
    tokenizer = Tokenizer.load(options.tokenizer)
    translator = random_translator(tokenizer, n_positions=256)
    text = sentence_of(tokenizer, options.tokens)
    source = [token.id for token in tokenizer.encode(text)]
    decoding = DecodingConfig(max_target_tokens=options.tokens, no_repeat_ngram=0)
    marian = copy_for_marian(translator)
    calls: dict[str, Callable[[], object]] = {
        OURS: lambda: translator.translate(text, decoding),
        MARIAN: lambda: marian_translate(marian, source, options.tokens),
    }
    timings: dict[int, list[Timing]] = {}
    for n_threads in options.threads:
        torch.set_num_threads(n_threads)
        check_same(translator.translate(text, decoding), marian_translate(marian, source, options.tokens),
                   options.tokens)
        timings[n_threads] = take_turns(calls, rounds=options.rounds)
    return timings


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads to try")
    parser.add_argument("--rounds", type=int, default=15, help="times that each call is timed")
    parser.add_argument("--tokens", type=int, default=25, help="length of source and of target")
    parser.add_argument("--tokenizer", type=Path, default=SHIPPED, help="a spm.model")
    options = parser.parse_args(arguments)
    timings = measure(options)
    print(as_table(timings))
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "translate.json"
    file.write_text(json.dumps(as_json(timings, options), indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten to {file}")


if __name__ == "__main__":
    main(sys.argv[1:])
