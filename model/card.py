"""`python -m model.card`: write a checkpoint's model card (README.md) from its own files, so that it cannot go stale.

What it gets wrong is written by hand in NOTES.md beside the weights and comes in as it stands.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from model.checkpoint import CARD, CONFIG, load_checkpoint
from model.config import ModelConfig, RecurrentConfig
from model.corpus import weight_of
from model.errors import CheckpointError, ModelError
from model.evaluation import Score, as_table
from model.files import write_text

NOTES = "NOTES.md"
SOURCES = Path(__file__).parent / "data" / "sources.csv"
RECORD = {"config", "steps", "tokens", "device", "pairs_by_file"}
OPTIONS = {"n_dev", "sources", "batch_tokens", "muon_learning_rate", "label_smoothing", "average_decay"}


def read_sources() -> dict[str, dict[str, str]]:
    """Licence, domain and origin of each known corpus file, by its name."""
    with SOURCES.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def licence_of_weights(files: Iterable[str]) -> str:
    """What the licences of the training files leave for the weights."""
    known = read_sources()
    licences = [known[name]["licence"] if name in known else "not listed" for name in files]
    if "not listed" in licences:
        return "what the licences of the data below allow"
    if any("BY-SA" in licence for licence in licences):
        return "CC BY-SA 4.0, after the strictest of the data's licences"
    if all(licence.startswith("CC0") for licence in licences):
        return "CC0 1.0, like the data"
    return "what the licences of the data below allow"


def data_table(pairs_by_file: dict[str, int], weights: list[tuple[str, float]]) -> str:
    """The training files with licences as a Markdown table; a file that is in no list of sources is named as such."""
    known = read_sources()
    lines = ["| file | pairs | weight | licence | domain | origin |", "|---|---:|---:|---|---|---|"]
    for name, n_pairs in sorted(pairs_by_file.items()):
        row = known.get(name, {"licence": "not listed", "domain": "", "origin": ""})
        lines.append(f"| {name} | {n_pairs:,} | {weight_of(name, weights):g} | {row['licence']} | {row['domain']} | "
                     f"{row['origin']} |")
    return "\n".join(lines)


def what_it_is(sizes: ModelConfig | RecurrentConfig) -> str:
    """The network in words."""
    if isinstance(sizes, RecurrentConfig):
        kind = "A bidirectional" if sizes.bidirectional else "An"
        return f"{kind} LSTM encoder-decoder with attention, for comparison with the Transformer,"
    if not sizes.look_ahead_mask:
        return ("A Transformer whose decoder has no look-ahead mask: it sees the token that it has to predict and so "
                "learns nothing,")
    return 'A Transformer ("Attention Is All You Need")'


def sizes_table(sizes: ModelConfig | RecurrentConfig) -> str:
    """Rows of a table with the sizes of a network."""
    if isinstance(sizes, RecurrentConfig):
        encoder = f"2 x {sizes.n_layers}" if sizes.bidirectional else f"{sizes.n_layers}"
        return f"| layers | {encoder} encoder + {sizes.n_layers} decoder |\n| d_model | {sizes.d_model} |"
    return (f"| layers | {sizes.n_encoder_layers} encoder + {sizes.n_decoder_layers} decoder |\n"
            f"| d_model, heads, d_ff | {sizes.d_model}, {sizes.n_heads}, {sizes.d_ff} |")


def training_record(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """How a checkpoint was trained, and with which configuration, from its config.json.

    Raises
    ------
    CheckpointError
        If it does not say: `model.train` writes it, `save_checkpoint` alone does not.
    """
    training = json.loads((path / CONFIG).read_text(encoding="utf-8")).get("training") or {}
    config = training.get("config") or {}
    missing = sorted(RECORD - training.keys()) or sorted(OPTIONS - config.keys())
    if missing:
        raise CheckpointError(f"{path / CONFIG} does not say how the model was trained: {', '.join(missing)} missing "
                              f"under \"training\", which `python -m model.train` writes")
    return training, config


def card(path: Path) -> str:
    """The model card of a checkpoint, as Markdown.

    Raises
    ------
    ModelError
        If the checkpoint or one of its files cannot be read.
    """
    checkpoint = load_checkpoint(path)
    training, config = training_record(path)
    optimiser = "Muon for the weight matrices, AdamW for the rest" if config["muon_learning_rate"] else "AdamW"
    scores = [Score(**score) for score in (checkpoint.scores or {}).get("scores", [])]
    signatures = (checkpoint.scores or {}).get("signatures", {}).values()
    notes = (path / NOTES).read_text(encoding="utf-8") + "\n" if (path / NOTES).exists() else ""
    return f"""# Korean to English, checkpoint `{checkpoint.checkpoint_id}`

{what_it_is(checkpoint.model_config)} trained from scratch for the attention viewer. It is small, it errs, and it
is here to be looked into; do not rely on its translations.

| | |
|---|---|
{sizes_table(checkpoint.model_config)}
| vocabulary | {checkpoint.model_config.vocab_size:,} SentencePiece pieces (unigram, byte fallback), joint |
| parameters | {checkpoint.n_parameters:,} |
| trained on | {training['tokens'] / 1e6:.1f} million tokens (source and target), {training['steps']:,} steps |
| on | {training['device']} |
| optimiser | {optimiser}, batches of up to {config['batch_tokens']:,} tokens |
| regularisation | dropout {checkpoint.model_config.dropout:g}, label smoothing {config['label_smoothing']:g} |
| averaging | running average of the weights, decay {config['average_decay']:g} |
| licence of the weights | {licence_of_weights(training['pairs_by_file'])} |

## Scores

{as_table(scores) if scores else "Not yet evaluated."}

{"".join(f"`{signature}`  {chr(10)}" for signature in signatures)}
Repeat them with `python -m model.evaluate --checkpoint {path} --tests DIR`, where DIR holds the test files.
Files with `-dev` in their names chose settings and the moment to stop; the others were only measured.

{notes}## Data

Pairs that passed the filters; the weight says how often a pass over the data repeats each pair. No pair whose Korean
side, or whose English side of four or more words, occurs in a test file is among them; at most {config['n_dev']:,}
everyday pairs of them were held out.

{data_table(training['pairs_by_file'], config['sources'])}
"""


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m model.card", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/ko-en"))
    path = parser.parse_args(arguments).checkpoint
    try:
        write_text(path / CARD, card(path))
    except (ModelError, OSError) as error:  # OSError: a checkpoint's folder that takes no file
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
