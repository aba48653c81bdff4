"""What the browser needs to show a Translation: its weights as one byte string, its words and colours, its program.

The JavaScript lies in small files, each an ES module by itself; a browser takes only one from here, so `source()` joins
them. The saved page of `standalone_html` runs the same program with the data inside.

In an app the bytes and everything else travel apart, since whatever changes is sent again as a whole:

    payload(translation)      about 480 KB at 40 + 40 tokens and base size; changes with the sentence alone
    settings(words, ...)      about 15 KB of JSON; changes with the language and the theme
"""

from __future__ import annotations

import base64
import functools
import html
import json
import math
import re
import struct
import tomllib
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Literal

import numpy as np

from model.records import ATTENTION_KINDS, AttentionRecord, BeamNode, BeamTree, Candidate, Token, Translation
from viz.explorer.view import View
from viz.figures.palette import DARK, LIGHT, Palette, mix
from viz.measures.heads import entropy_nats, mean_distance_tokens
from viz.measures.maps import captured
from viz.measures.words import Word, display_piece, group_words, single_tokens, special_ids, words_reading

Theme = Literal["light", "dark", "auto"]

PAYLOAD_VERSION = 1
WORDS_PREFIX = "explorer."
# Full weight; w is kept to 1/131070, so that three decimal places are true.
WEIGHT_UNIT = 65535

_FOLDER = Path(__file__).parent
# In this order: a file imports only from those before it.
_PROGRAM = (
    "payload", "units", "maps", "numbers", "say", "colours", "state", "address", "scene", "pen", "scale",
    "matrix", "links", "chain", "overview", "dom", "sentences", "toolbar", "filter", "tray", "player", "table", "card",
    "svg", "npz", "files", "pointer", "keys", "mainview", "overviewpart", "explorer", "entries",
)  # fmt: skip
_RAMP_STOPS = 33


def payload(translation: Translation) -> bytes:
    """All weights of a Translation with what is needed to read them.

    Parameters
    ----------
    translation : Translation
        Made with capture.

    Returns
    -------
    bytes
        Length of the header (uint32, little endian); the header (JSON, UTF-8, filled up with spaces to an even place);
        the weights of the encoder, the decoder and the cross-attention, each (layer, head, query, key) as uint16,
        little endian, round(65535 w). Offsets into texts count UTF-16 units, as JavaScript does.

    Raises
    ------
    ValueError
        If the translation was made without capture.
    """
    attention = captured(translation)
    header = json.dumps(_header(translation, attention), ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (len(header) % 2)
    return b"".join((struct.pack("<I", len(header)), header, *(_packed(attention.of_kind(k)) for k in ATTENTION_KINDS)))


def settings(
    words: Mapping[str, str],
    *,
    language: str,
    theme: Theme = "auto",
    presenter: bool = False,
    view: View | None = None,
) -> dict[str, Any]:
    """Everything but the data, ready for JSON.

    Parameters
    ----------
    words : mapping from key to text
        Those that begin with "explorer." are used; `word_keys()` lists them.
    language : str
        BCP 47 tag of the words, "ko" or "en".
    theme : "light", "dark" or "auto"
        "auto" follows the page around the explorer, or else the system.
    presenter : bool
        Large type and the main view alone, for a projector.
    view : View or None
        Where to begin if the address does not say.

    Raises
    ------
    KeyError
        If texts are missing; the message names them.
    """
    missing = sorted(word_keys() - words.keys())
    if missing:
        raise KeyError(f"words lack {', '.join(missing)}")
    return {
        "language": language,
        "words": {key.removeprefix(WORDS_PREFIX): words[key] for key in sorted(word_keys())},
        "colours": {"light": _colours(LIGHT), "dark": _colours(DARK)},
        "theme": theme,
        "presenter": presenter,
        "view": None if view is None else view.to_json(),
    }


@functools.cache
def source() -> str:
    """The program as one ES module. Its default export is the component for the bytes, `settings` the other one's."""
    return f"{_program()}\nexport default explorerProgram.component;\n"


@functools.cache
def settings_source() -> str:
    """The module of the second, invisible component, which hands the settings to the first."""
    return (_FOLDER / "js" / "settings.js").read_text("utf-8")


def standalone_html(
    translation: Translation,
    words: Mapping[str, str],
    *,
    language: str,
    theme: Theme = "auto",
    view: View | None = None,
) -> str:
    """The whole explorer as one HTML file that works offline. Parameters as in `payload` and `settings`."""
    values = {
        "language": language,
        "title": html.escape(translation.source_text),
        "program": _program(),
        "settings": _script_safe(
            json.dumps(settings(words, language=language, theme=theme, view=view), ensure_ascii=False)
        ),
        "payload": base64.b64encode(payload(translation)).decode("ascii"),
    }
    return re.sub(r"%(\w+)%", lambda match: values[match[1]], _read("standalone.html"))


@functools.cache
def word_keys() -> frozenset[str]:
    """The keys of all texts that the program says: those of viz/words/explorer.en.toml, each after "explorer."."""
    texts = tomllib.loads((_FOLDER.parent / "words" / "explorer.en.toml").read_text("utf-8"))
    return frozenset(f"{WORDS_PREFIX}{key}" for key in texts)


def _header(translation: Translation, attention: AttentionRecord) -> dict[str, Any]:
    source_units, target_units = _Utf16(translation.source_text), _Utf16(translation.target_text)
    target_words = group_words(translation.target)
    special = special_ids(translation)
    return {
        "version": PAYLOAD_VERSION,
        "checkpoint": translation.checkpoint_id,
        "decoding": translation.decoding,
        "sourceText": translation.source_text,
        "targetText": translation.target_text,
        "source": _units(single_tokens(translation.source), source_units, translation.source),
        "input": _units(single_tokens(translation.decoder_input), target_units, translation.decoder_input),
        "target": _units(single_tokens(translation.target), target_units, translation.target),
        "sourceWords": _units(group_words(translation.source), source_units),
        "inputWords": _units(words_reading(target_words, translation.decoder_input), target_units),
        "targetWords": _units(target_words, target_units),
        "shapes": {kind: attention.of_kind(kind).shape for kind in ATTENTION_KINDS},
        "figures": {kind: _figures(attention, kind) for kind in ATTENTION_KINDS},
        "probabilities": [_rounded(math.exp(value)) for value in translation.log_probs],
        "candidates": [[_candidate(each, special) for each in step] for step in translation.candidates],
        "beam": None if translation.beam is None else _beam(translation.beam, special),
    }


def _units(words: Sequence[Word], offsets: _Utf16, tokens: Sequence[Token] = ()) -> list[list[Any]]:
    """[text, first token, number of tokens, start, end, special, and for tokens the piece]."""
    rows = [
        [word.text, word.indices[0], len(word.indices), offsets[word.start], offsets[word.end], int(word.is_special)]
        for word in words
    ]
    return [[*row, token.piece] for row, token in zip(rows, tokens, strict=True)] if tokens else rows


def _figures(attention: AttentionRecord, kind: Any) -> dict[str, list[list[float]] | None]:
    """For each layer and head: mean entropy in nats, and mean distance in tokens where both sides are one text."""
    weights = attention.of_kind(kind)
    distance = None if kind == "cross" else _rounded_rows(mean_distance_tokens(weights))
    return {"entropy": _rounded_rows(entropy_nats(weights).mean(axis=-1)), "distance": distance}


def _candidate(candidate: Candidate, special: Set[int]) -> list[Any]:
    """[text, piece, probability, special]."""
    is_special = candidate.id in special
    text = display_piece(candidate.piece, is_special=is_special)
    return [text, candidate.piece, _rounded(candidate.probability), int(is_special)]


def _beam(tree: BeamTree, special: Set[int]) -> list[list[list[Any]]]:
    """For each step [parent, text, log probability in nats, kept, special] of each hypothesis."""
    return [[_hypothesis(node, node.id in special) for node in step] for step in tree.steps]


def _hypothesis(node: BeamNode, is_special: bool) -> list[Any]:
    text = display_piece(node.piece, is_special=is_special)
    return [node.parent, text, _rounded(node.log_prob), int(node.kept), int(is_special)]


def _packed(weights: np.ndarray) -> bytes:
    return np.rint(weights.clip(0.0, 1.0) * float(WEIGHT_UNIT)).astype("<u2").tobytes()


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def _rounded_rows(values: np.ndarray) -> list[list[float]]:
    return [[_rounded(value) for value in row] for row in values]


class _Utf16:
    """Offsets in UTF-16 units for offsets in characters of one text."""

    def __init__(self, text: str) -> None:
        widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
        self._offsets = [0, *np.cumsum(widths, dtype=int).tolist()]

    def __getitem__(self, character: int) -> int:
        return self._offsets[character]


def _colours(palette: Palette) -> dict[str, Any]:
    shares = np.linspace(0, 1, _RAMP_STOPS)
    return {
        **{name: getattr(palette, name) for name in ("background", "text", "muted", "grid", "source", "target")},
        "heads": list(palette.heads),
        "weight": [mix(palette.background, palette.weight, share) for share in shares],
        "negative": [mix(palette.background, palette.negative, share) for share in shares],
        "positive": [mix(palette.background, palette.positive, share) for share in shares],
    }


def _program() -> str:
    """All files in one function, whose own text the saved page is made from."""
    assets = {"css": _read("explorer.css"), "template": _read("standalone.html")}
    modules = "\n".join(_module(name) for name in _PROGRAM)
    return (
        f"function explorerProgramOf(assets) {{\n{modules}\nreturn entriesModule;\n}}\n"
        f"const explorerAssets = {_script_safe(json.dumps(assets, ensure_ascii=False))};\n"
        "const explorerProgram = explorerProgramOf(explorerAssets);\n"
    )


@functools.cache
def _module(name: str) -> str:
    """A file as a value: its own scope, what it imports taken from the values before it, what it exports returned."""
    text = _read(f"js/{name}.js")
    exported = re.findall(r"^export (?:const|function|class) (\w+)", text, flags=re.MULTILINE)
    text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    text = re.sub(r'^import (\{[^}]*\}) from "\./(\w+)\.js";', r"const \1 = \2Module;", text, flags=re.MULTILINE)
    return f"const {name}Module = (() => {{\n{text}return {{ {', '.join(exported)} }};\n}})();"


@functools.cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _script_safe(text: str) -> str:
    """JSON that cannot end the <script> it stands in: < stands in strings alone, where it may be written like this."""
    return text.replace("<", "\\u003c")
