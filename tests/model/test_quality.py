"""The page that judges a model line by line: judgements stay with their translations."""

from __future__ import annotations

import pytest

from model.quality import LISTS, PAGE, Line, as_table, count_table, judged, read_lines, with_tables

PAIRS = [("안녕", "Hello."), ("그는 a|b를 썼다", "He wrote a|b."), ("잘 가", "Bye.")]
OLD = [Line("안녕", "Hello.", "Hi.", "yes"), Line("그는 a\\|b를 썼다", "He wrote a\\|b.", "He wrote.", "no"),
       Line("잘 가", "Bye.", "", "close")]


def page(lines: list[Line]) -> str:
    return f"""# Quality

What checkpoint `0123456789ab` makes of it. Text stays.

{count_table({"everyday-100": lines, "elephant": lines})}

More text.

## Everyday sentences

{as_table(lines)}

## The elephant and its variants

{as_table(lines)}
"""


def test_what_was_written_is_read_again() -> None:
    assert list(read_lines(page(OLD)).values()) == OLD


def test_a_judgement_stays_with_its_translation_alone() -> None:
    before = {line.korean: line for line in OLD}
    lines = judged(PAIRS, ["Hi.", "He wrote a|b.", ""], before)
    assert [line.judgement for line in lines] == ["yes", "?", "close"]
    assert lines[1].translation == "He wrote a\\|b."


def test_tables_and_the_checkpoint_change_and_the_text_stays() -> None:
    lines = judged(PAIRS, ["Hello!", "He wrote a|b.", "Bye."], {})
    changed = with_tables(page(OLD), {"everyday-100": lines, "elephant": lines}, "ba9876543210")
    assert "Text stays." in changed and "More text." in changed and "0123456789ab" not in changed
    assert "| everyday-100 | 0 | 0 | 0 | 3 |" in changed
    assert list(read_lines(changed).values()) == lines
    assert changed == page(lines).replace("0123456789ab", "ba9876543210")


@pytest.mark.parametrize("name", LISTS)
def test_the_page_that_is_shipped_counts_its_own_lines(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    lines = list(read_lines(text).values())
    parts = {"everyday-100": lines[:100], "elephant": lines[100:]}
    assert len(lines) == 120
    assert all(line.judgement != "?" for line in lines), "judge the new translations by hand"
    row = count_table(parts).splitlines()[2 + list(LISTS).index(name)]
    assert row in text
