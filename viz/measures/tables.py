"""Numbers as tables (pandas) and as CSV text. Layers, heads, queries and keys count from zero."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np
import pandas as pd

from model.records import ATTENTION_KINDS, AttentionKind, Translation
from viz.measures.maps import AttentionMap, captured
from viz.measures.words import Word, single_tokens


def map_table(attention_map: AttentionMap) -> pd.DataFrame:
    """One map, a row for each weight that was computed; what the mask hides is left out.

    Returns
    -------
    DataFrame
        query, input, predicted (not for the encoder), key, key_text, weight. `query` and `key` are the place in the
        map, from zero; equal words stay apart by it.
    """
    queries, keys = np.nonzero(~attention_map.masked)
    columns: dict[str, object] = {"query": queries, "input": _texts(attention_map.inputs, queries)}
    if attention_map.predicted is not None:
        columns["predicted"] = _texts(attention_map.predicted, queries)
    columns["key"] = keys
    columns["key_text"] = _texts(attention_map.keys, keys)
    columns["weight"] = _rounded(attention_map.weights[queries, keys])
    return pd.DataFrame(columns)


def map_matrix(attention_map: AttentionMap) -> pd.DataFrame:
    """One map as it is seen: a row for each query, a column for each key; NaN where the mask is.

    Labels begin with their place from zero ("3 코끼리"), so that equal words stay apart.
    """
    weights = np.where(attention_map.masked, np.nan, attention_map.weights)
    rows = [f"{index} {label}" for index, label in enumerate(query_labels(attention_map))]
    columns = [f"{index} {word.text}" for index, word in enumerate(attention_map.keys)]
    return pd.DataFrame(weights, index=pd.Index(rows, name="query"), columns=pd.Index(columns, name="key"))


def query_labels(attention_map: AttentionMap) -> list[str]:
    """What each row stands for: the source word of the encoder, "input → predicted" otherwise."""
    if attention_map.predicted is None:
        return [word.text for word in attention_map.inputs]
    return [
        f"{read.text} → {predicted.text}"
        for read, predicted in zip(attention_map.inputs, attention_map.predicted, strict=True)
    ]


def all_maps_table(translation: Translation) -> pd.DataFrame:
    """Every weight of every map, one row each; what the look-ahead mask hides is left out.

    Returns
    -------
    DataFrame
        kind, layer, head, query, input, predicted (empty for the encoder), key, key_text, weight.

    Raises
    ------
    ValueError
        If the translation was made without capture.
    """
    return pd.concat([_kind_table(translation, kind) for kind in ATTENTION_KINDS], ignore_index=True)


def csv_text(table: pd.DataFrame, header: Sequence[tuple[str, str]], *, index: bool = False) -> str:
    """A table as CSV with comment lines above it.

    Parameters
    ----------
    header : sequence of (name, value)
        Written as "# name: value"; line breaks in a value become spaces.
    index : bool
        Whether the rows' names are written.

    Returns
    -------
    str
        Reads back with `pandas.read_csv(..., comment="#")`: text is quoted, so that a token # is no comment.
        Encode it as "utf-8-sig", or spreadsheets show broken Hangul.
    """
    lines = [f"# {name}: {' '.join(str(value).split())}\n" for name, value in header]
    body = table.to_csv(index=index, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    return "".join(lines) + body


def provenance(translation: Translation) -> list[tuple[str, str]]:
    """The comment lines of every file made from a translation."""
    return [
        ("sentence", translation.source_text),
        ("translation", translation.target_text),
        ("checkpoint", translation.checkpoint_id),
        ("decoding", translation.decoding),
        ("counting", "layers, heads, queries and keys count from zero"),
    ]


def map_csv(translation: Translation, attention_map: AttentionMap) -> str:
    """One map as CSV text, with the sentence, its origin and which map it is above it."""
    which = [
        ("attention", attention_map.kind),
        ("layer", "mean over all" if attention_map.layer is None else str(attention_map.layer)),
        ("head", "mean over all" if attention_map.head is None else str(attention_map.head)),
        ("unit", attention_map.unit),
    ]
    return csv_text(map_table(attention_map), [*provenance(translation), *which])


def all_maps_csv(translation: Translation) -> str:
    """Every weight of every map as CSV text, with the sentence and its origin above it."""
    return csv_text(all_maps_table(translation), provenance(translation))


def _kind_table(translation: Translation, kind: AttentionKind) -> pd.DataFrame:
    weights = captured(translation).of_kind(kind)  # (layers, heads, queries, keys)
    layer, head, query, key = (places.ravel() for places in np.indices(weights.shape))
    seen = key <= query if kind == "decoder" else np.ones(key.shape, dtype=bool)
    layer, head, query, key = layer[seen], head[seen], query[seen], key[seen]
    inputs, keys = single_tokens(translation.query_tokens(kind)), single_tokens(translation.key_tokens(kind))
    predicted = None if kind == "encoder" else single_tokens(translation.target)
    return pd.DataFrame(
        {
            "kind": kind,
            "layer": layer,
            "head": head,
            "query": query,
            "input": _texts(inputs, query),
            "predicted": "" if predicted is None else _texts(predicted, query),
            "key": key,
            "key_text": _texts(keys, key),
            "weight": _rounded(weights.ravel()[seen]),
        }
    )


def _texts(words: Sequence[Word], places: np.ndarray) -> np.ndarray:
    """The text of the word at each place."""
    return np.array([word.text for word in words], dtype=object)[places]


def _rounded(weights: np.ndarray) -> np.ndarray:
    """Seven decimals, as float64: what float32 holds of a weight between 0 and 1, without the noise behind it."""
    return weights.astype(np.float64).round(7)
