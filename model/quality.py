"""`python -m model.quality`: translate the lists that judge a model line by line, for docs/quality.md.

The judgement of a line ("yes", "close", "no") is a person's. It stays as long as the translation stays the same; a new
translation gets a "?" to be judged by hand, after which `--count` counts anew.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model.config import DecodingConfig
from model.corpus import Pair, read_pairs
from model.errors import ModelError
from model.evaluation import translate_all
from model.files import write_text
from model.translator import Translator

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "quality.md"
LISTS = {"everyday-100": "Everyday sentences", "elephant": "The elephant and its variants"}
JUDGEMENTS = ("yes", "close", "no", "?")
BEAM = DecodingConfig(beam_size=4)


@dataclass(frozen=True)
class Line:
    """A row of a table: a sentence, its reference, what the model made of it, and how that was judged."""

    korean: str
    reference: str
    translation: str
    judgement: str


def read_lines(page: str) -> dict[str, Line]:
    """The rows of all tables of the page, by their Korean sentence."""
    rows = re.findall(r"^\| *\d+ \| (.+?) \| (.+?) \| (.*?) \| (yes|close|no|\?) \|$", page, re.MULTILINE)
    return {row[0]: Line(*row) for row in rows}


def judged(pairs: Sequence[Pair], translations: Sequence[str], before: dict[str, Line]) -> list[Line]:
    """Rows with the judgements of before where the translation is the same, else "?"."""
    lines = []
    for (korean, reference), translation in zip(pairs, translations, strict=True):
        old = before.get(_cell(korean))
        kept = old.judgement if old is not None and old.translation == _cell(translation) else "?"
        lines.append(Line(_cell(korean), _cell(reference), _cell(translation), kept))
    return lines


def _cell(text: str) -> str:
    """A text as the cell of a Markdown table."""
    return text.replace("|", "\\|").strip()


def as_table(lines: Sequence[Line]) -> str:
    """Rows as a Markdown table."""
    rows = [f"| {number} | {line.korean} | {line.reference} | {line.translation} | {line.judgement} |"
            for number, line in enumerate(lines, 1)]
    return "\n".join(["| | Korean | reference | this model | |", "|---:|---|---|---|---|", *rows])


def count_table(lines_by_list: dict[str, list[Line]]) -> str:
    """How many lines of each list were judged how."""
    counts = {name: Counter(line.judgement for line in lines) for name, lines in lines_by_list.items()}
    shown = [judgement for judgement in JUDGEMENTS if judgement != "?" or any(c["?"] for c in counts.values())]
    rows = [f"| {name} | {' | '.join(str(count[judgement]) for judgement in shown)} |"
            for name, count in counts.items()]
    return "\n".join([f"| list | {' | '.join(shown)} |", "|---|" + "---:|" * len(shown), *rows])


def with_tables(page: str, lines_by_list: dict[str, list[Line]], checkpoint_id: str | None) -> str:
    """The page with its tables, and the id of the checkpoint if it is given, replaced; the text around them stays."""
    page = _replace_table(page, r"\| list \|", count_table(lines_by_list))
    for name, lines in lines_by_list.items():
        heading = page.index(f"## {LISTS[name]}")
        page = page[:heading] + _replace_table(page[heading:], r"\| \| Korean \|", as_table(lines))
    if checkpoint_id is None:
        return page
    return re.sub(r"checkpoint `[0-9a-f]{12}`", f"checkpoint `{checkpoint_id}`", page)


def _replace_table(page: str, first_cells: str, table: str) -> str:
    return re.sub(rf"^{first_cells}.*\n(?:\|.*\n?)*", lambda _: table + "\n", page, count=1, flags=re.MULTILINE)


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m model.quality", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "ko-en")
    parser.add_argument("--lists", type=Path, default=ROOT / "tests" / "data", metavar="DIR")
    parser.add_argument("--count", action="store_true", help="only count the judgements that are on the page")
    options = parser.parse_args(arguments)
    try:
        page = PAGE.read_text(encoding="utf-8")
        before = read_lines(page)
        pairs = {name: read_pairs(options.lists / f"{name}.tsv") for name in LISTS}
        if options.count:
            lines = {name: [before[_cell(korean)] for korean, _ in found] for name, found in pairs.items()}
            write_text(PAGE, with_tables(page, lines, None))
            return 0
        translator = Translator.load(options.checkpoint)
        lines = {name: judged(found, translate_all(translator, [korean for korean, _ in found], BEAM), before)
                 for name, found in pairs.items()}
        write_text(PAGE, with_tables(page, lines, translator.checkpoint.checkpoint_id))
    except KeyError as error:
        print(f"error: {PAGE} has no line for {error}: run it without --count first", file=sys.stderr)
        return 1
    except (ModelError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
