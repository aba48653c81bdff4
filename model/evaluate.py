"""`python -m model.evaluate`: BLEU and chrF of a checkpoint on test files, greedy and beam 4.

    python -m model.evaluate --checkpoint checkpoints/ko-en --tests DIR

prints a table and writes scores.json into the checkpoint.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from model.checkpoint import SCORES
from model.config import DecodingConfig
from model.corpus import read_pairs
from model.errors import ModelError
from model.evaluation import Score, as_json, as_table, evaluate_file, find_test_files
from model.files import write_text
from model.translator import Translator


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m model.evaluate", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--checkpoint", type=Path, default=Path("checkpoints/ko-en"), help="default: checkpoints/ko-en")
    add("--tests", type=Path, required=True, metavar="DIR", help="folder with test-*.tsv (Korean TAB English)")
    add("--beams", type=int, nargs="+", default=[1, 4], help="beam sizes, 1 is greedy (default: 1 4)")
    add("--limit", type=int, help="only the first sentences of each file; scores.json is then not written")
    add("--device", default="auto", help="auto, cpu, cuda, mps")
    add("--threads", type=int, help="threads on a CPU")
    return parser.parse_args(arguments)


def run_evaluation(options: argparse.Namespace) -> None:
    """Evaluate, print the table, write scores.json."""
    translator = Translator.load(options.checkpoint, options.device, options.threads)
    files = find_test_files(options.tests)
    scores: list[Score] = []
    signatures: dict[str, str] = {}
    for beam_size in options.beams:
        for name, path in files.items():
            pairs = read_pairs(path)[: options.limit]
            result, signatures = evaluate_file(translator, name, pairs, DecodingConfig(beam_size=beam_size))
            print(f"{name}, beam {beam_size}: chrF {result.chrf:.1f}, {result.seconds:.0f} s", file=sys.stderr)
            scores.append(result)
    print(as_table(scores))
    print("\n".join(signatures.values()))
    if options.limit is None:
        content = as_json(scores, signatures, translator.checkpoint.checkpoint_id)
        write_text(options.checkpoint / SCORES, json.dumps(content, indent=1) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Entry point; one clear line instead of a traceback for errors that a user can mend."""
    try:
        run_evaluation(parse_options(arguments))
    except (ModelError, OSError) as error:  # OSError: a checkpoint's folder that takes no file
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
