"""Scores on test files: BLEU and chrF with sacrebleu's signatures."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from model.config import DecodingConfig
from model.corpus import Pair, find_files, is_test_name
from model.errors import CorpusError, InputError
from model.translator import Translator, describe

BATCH_SENTENCES = 64


@dataclass(frozen=True)
class Score:
    """Scores of one file with one way of searching.

    Attributes
    ----------
    bleu, chrf : float
        0 to 100, rounded to two decimal places.
    n_sentences : int
        Pairs in the file. A sentence that the translator rejects counts with an empty translation.
    n_rejected : int
        Of these, those without a translation: too long, nothing to translate, or the model wrote nothing.
    """

    file: str
    decoding: str
    bleu: float
    chrf: float
    n_sentences: int
    n_rejected: int
    seconds: float


def find_test_files(folder: Path) -> dict[str, Path]:
    """All test-*.tsv files below a folder by name, in order.

    Raises
    ------
    CorpusError
        If there are none.
    """
    files = {name: path for name, path in sorted(find_files([folder]).items()) if is_test_name(name)}
    if not files:
        raise CorpusError(f"no test-*.tsv below {folder}")
    return files


def translate_all(translator: Translator, texts: Sequence[str], config: DecodingConfig) -> list[str]:
    """Translations of texts in order, sentence by sentence; "" for a text that the translator rejects.

    A text of several sentences is split, translated and joined again, as in the app.
    """
    sentences: list[tuple[int, str]] = []
    for index, text in enumerate(texts):
        try:
            sentences += [(index, sentence) for sentence in translator.split_sentences(text)]
        except InputError:
            continue
    translations = [""] * len(sentences)
    by_length = sorted(range(len(sentences)), key=lambda place: len(sentences[place][1]))
    for start in range(0, len(by_length), BATCH_SENTENCES):
        group = by_length[start : start + BATCH_SENTENCES]
        found = translator.translate_batch([sentences[place][1] for place in group], config)
        for place, translation in zip(group, found, strict=True):
            translations[place] = translation.target_text
    joined = [""] * len(texts)
    for (index, _), translation in zip(sentences, translations, strict=True):
        joined[index] = f"{joined[index]} {translation}".strip()
    return joined


def score(translations: Sequence[str], references: Sequence[str]) -> tuple[float, float, dict[str, str]]:
    """BLEU, chrF (0 to 100) and their signatures."""
    bleu, chrf = BLEU(), CHRF()
    bleu_score = bleu.corpus_score(list(translations), [list(references)]).score
    chrf_score = chrf.corpus_score(list(translations), [list(references)]).score
    return bleu_score, chrf_score, {"bleu": str(bleu.get_signature()), "chrf": str(chrf.get_signature())}


def evaluate_file(translator: Translator, name: str, pairs: Sequence[Pair],
                  config: DecodingConfig) -> tuple[Score, dict[str, str]]:
    """Score a translator on the pairs of one file; also returns the signatures."""
    start = time.monotonic()
    translations = translate_all(translator, [korean for korean, _ in pairs], config)
    bleu, chrf, signatures = score(translations, [english for _, english in pairs])
    rejected = sum(not translation for translation in translations)
    return Score(name, describe(config), round(bleu, 2), round(chrf, 2), len(pairs), rejected,
                 round(time.monotonic() - start, 1)), signatures


def as_json(scores: Sequence[Score], signatures: dict[str, str], checkpoint_id: str) -> dict[str, Any]:
    """Content of scores.json."""
    return {"checkpoint_id": checkpoint_id, "signatures": signatures,
            "scores": [dataclasses.asdict(score) for score in scores]}


def as_table(scores: Sequence[Score]) -> str:
    """Scores as a Markdown table."""
    lines = ["| file | search | BLEU | chrF | sentences |", "|---|---|---:|---:|---:|"]
    lines += [f"| {s.file} | {s.decoding} | {s.bleu:.1f} | {s.chrf:.1f} | {s.n_sentences} |" for s in scores]
    return "\n".join(lines)
