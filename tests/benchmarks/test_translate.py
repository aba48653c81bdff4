from __future__ import annotations

import pytest

from benchmarks.translate import MARIAN, OURS, Timing, as_table, sentence_of, take_turns


class CharacterTokenizer:
    """A token for each character, and the end token."""

    def encode(self, text: str) -> list[str]:
        return [*text, "</s>"]


def test_calls_take_turns_and_the_first_rounds_do_not_count():
    called: list[str] = []
    timings = take_turns({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, rounds=3, warm_up=1)
    assert called == ["a", "b"] * 4
    assert [(timing.name, len(timing.times_ms)) for timing in timings] == [("a", 3), ("b", 3)]


def test_the_table_gives_ratios_of_medians_to_marian():
    table = as_table({1: [Timing(OURS, (10.0, 20.0, 90.0)), Timing(MARIAN, (40.0, 50.0, 55.0))]})
    assert f"| 1 | {OURS} | 0.40 | 2.50 | 20 | 10 (0.25) |" in table
    assert f"| 1 | {MARIAN} | 1.00 | 1.00 | 50 | 40 (1.00) |" in table


@pytest.mark.parametrize("n_tokens", [2, 25, 100])
def test_the_sentence_has_the_wanted_number_of_tokens(n_tokens):
    tokenizer = CharacterTokenizer()
    assert len(tokenizer.encode(sentence_of(tokenizer, n_tokens))) == n_tokens  # type: ignore[arg-type]
