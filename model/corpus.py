"""Sentence pairs: read from TSV files, filtered, and some held out."""

from __future__ import annotations

import filecmp
import fnmatch
import gzip
import hashlib
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.config import TrainingConfig
from model.errors import CorpusError
from model.substitution import shares_number

DEV_EVERYDAY = "dev-everyday"
_ENCODING = "utf-8-sig"  # UTF-8, with or without the mark that Windows programs put first

Pair = tuple[str, str]


def read_pairs(path: Path) -> list[Pair]:
    """Pairs of a TSV file, Korean TAB English, plain or gzipped, in NFC.

    Raises
    ------
    CorpusError
        If the file cannot be read or a line has no TAB; the line is named.
    """
    pairs = []
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding=_ENCODING) as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                korean, tab, english = unicodedata.normalize("NFC", line.rstrip("\r\n")).partition("\t")
                if not tab:
                    raise CorpusError(f"{path} line {number} has no TAB: expected Korean TAB English")
                pairs.append((korean.strip(), english.strip()))
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise CorpusError(f"{path} cannot be read: {error}") from error
    return pairs


def find_files(folders: Sequence[Path]) -> dict[str, Path]:
    """All TSV files below some folders by name; of equal names the first folder's counts.

    Raises
    ------
    CorpusError
        If a folder is missing, or one of two different files of a name would go unnoticed: two below one folder, or
        two test files, of which the second would not be kept out of training.
    """
    files: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise CorpusError(f"{folder} is no folder: name one with TSV files (Korean TAB English)")
        for path in sorted(folder.rglob("*.tsv*")):
            if path.name.endswith((".tsv", ".tsv.gz")):
                name = path.name.removesuffix(".gz").removesuffix(".tsv")
                first = files.setdefault(name, path)
                must_be_equal = is_test_name(name) or first.is_relative_to(folder)
                if first is not path and must_be_equal and not filecmp.cmp(first, path, shallow=False):
                    raise CorpusError(f"{first} and {path} are different files of one name: rename or remove one")
    return files


def is_test_name(name: str) -> bool:
    """True for files that measure and never train."""
    return name.startswith("test-")


def _is_hangul(character: str) -> bool:
    return "가" <= character <= "힣" or "ㄱ" <= character <= "ㆎ"


def could_be_translation(korean: str, english: str) -> bool:
    """False for pairs that cannot be translations: wrong script, empty side, lengths that do not fit."""
    if not any(_is_hangul(c) for c in korean) or any(_is_hangul(c) for c in english):
        return False
    if not any(c.isascii() and c.isalpha() for c in english):
        return False
    # Korean takes about half the characters of English.
    ratio = len(english) / len(korean)
    return 0.4 <= ratio <= 8 if len(korean) > 6 else ratio <= 16


def match_key(text: str) -> str:
    """What two sentences share that differ in spaces, punctuation and case alone."""
    return "".join(c for c in text.casefold() if c.isalnum())


def held_out(name: str, korean: str) -> int:
    """A number that is always the same for a pair and random among pairs, for drawing the held-out ones."""
    return int.from_bytes(hashlib.sha256(f"{name}\t{korean}".encode()).digest()[:8], "big")


@dataclass(frozen=True)
class PairSet:
    """Pairs that passed the filter, with how often a pass over the data repeats each."""

    train: list[Pair]
    weights: np.ndarray  # float32, one a pair
    dev: dict[str, list[Pair]]
    counts: dict[str, int]  # pairs kept by file


def weight_of(name: str, sources: Sequence[tuple[str, float]]) -> float:
    """Mixing weight of a file: of the first pattern that fits its name, else 0."""
    return next((weight for pattern, weight in sources if fnmatch.fnmatch(name, pattern)), 0.0)


def collect_pairs(folders: Sequence[Path], config: TrainingConfig) -> PairSet:
    """Read the files that the configuration names, filter them and hold out `dev-everyday`.

    A training pair goes if its Korean side occurs in a test file, or its English side does and has four or more words.
    """
    files = find_files(folders)
    tests = {name: read_pairs(path) for name, path in files.items() if is_test_name(name)}
    forbidden = _forbidden_sides(pair for pairs in tests.values() for pair in pairs)
    kept: dict[str, list[Pair]] = {}
    seen: set[Pair] = set()
    for name, path in files.items():
        if is_test_name(name) or weight_of(name, config.sources) == 0:
            continue
        kept[name] = []
        for korean, english in read_pairs(path):
            key = (match_key(korean), match_key(english))
            if key not in seen and could_be_translation(korean, english) and not _occurs(korean, english, forbidden):
                seen.add(key)
                kept[name].append((korean, english))
    if not any(kept.values()):
        raise CorpusError(f"no usable pairs in {', '.join(map(str, folders))} for the sources of this configuration")
    dev_everyday = _draw_held_out(kept, config)
    reserved = _forbidden_sides(dev_everyday)
    train: list[Pair] = []
    weights: list[float] = []
    for name, pairs in kept.items():
        pairs = [pair for pair in pairs if not _occurs(*pair, reserved)]
        train += pairs
        weights += [weight_of(name, config.sources) * (config.number_weight if shares_number(*pair) else 1.0)
                    for pair in pairs]
    dev = {DEV_EVERYDAY: dev_everyday} | {name: pairs for name, pairs in tests.items() if name.endswith("-dev")}
    counts = {name: len(pairs) for name, pairs in kept.items()}
    return PairSet(train, np.array(weights, dtype=np.float32), dev, counts)


def _forbidden_sides(pairs: Iterable[Pair]) -> tuple[set[str], set[str]]:
    korean_sides, english_sides = set(), set()
    for korean, english in pairs:
        korean_sides.add(match_key(korean))
        if len(english.split()) >= 4:
            english_sides.add(match_key(english))
    return korean_sides, english_sides


def _occurs(korean: str, english: str, sides: tuple[set[str], set[str]]) -> bool:
    return match_key(korean) in sides[0] or match_key(english) in sides[1]


def _draw_held_out(kept: dict[str, list[Pair]], config: TrainingConfig) -> list[Pair]:
    everyday = [(held_out(name, pair[0]), pair) for name, pairs in kept.items()
                if any(fnmatch.fnmatch(name, pattern) for pattern in config.dev_sources) for pair in pairs]
    size = min(config.n_dev, len(everyday) // 10)
    return [pair for _, pair in sorted(everyday)[:size]]
