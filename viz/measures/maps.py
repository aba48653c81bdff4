"""One attention map with its labels: what a heatmap and a table are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from model.records import AttentionKind, AttentionRecord, HeadRef, Translation
from viz.measures.words import Word, group_words, merge_attention, single_tokens, words_reading


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Weights of one head, or an average over heads or layers, with what its rows and columns stand for.

    Attributes
    ----------
    kind : "encoder" | "decoder" | "cross"
    layer, head : int or None
        Counted from zero; None where the map is the average over them.
    weights : array, shape (queries, keys), float32
        Rows sum to 1.
    unit : "token" | "word"
        What a row and a column stand for.
    masked : array, shape (queries, keys), bool
        Keys that the query must not see: the decoder's later ones. Their weight is 0.
    inputs : tuple of Word, length queries
        What each row reads: source words of the encoder, the decoder's input otherwise.
    predicted : tuple of Word or None
        What each row predicts; None for the encoder, which predicts nothing.
    keys : tuple of Word, length keys
    """

    kind: AttentionKind
    layer: int | None
    head: int | None
    unit: Literal["token", "word"]
    weights: np.ndarray
    masked: np.ndarray
    inputs: tuple[Word, ...]
    predicted: tuple[Word, ...] | None
    keys: tuple[Word, ...]


def captured(translation: Translation) -> AttentionRecord:
    """The weights of a translation. ValueError if it was made without capture."""
    if translation.attention is None:
        raise ValueError("this translation holds no attention weights: translate it with capture")
    return translation.attention


def head_map(translation: Translation, ref: HeadRef, *, words: bool = False) -> AttentionMap:
    """The map of one head.

    Raises
    ------
    IndexError
        If there is no such layer or head.
    ValueError
        If the translation was made without capture.
    """
    weights = captured(translation).of_head(ref)
    return _labelled(translation, weights, ref.kind, ref.layer, ref.head, words=words)


def average_map(
    translation: Translation,
    kind: AttentionKind,
    *,
    layer: int | None = None,
    head: int | None = None,
    words: bool = False,
) -> AttentionMap:
    """The mean over the heads of one layer, over one head index of all layers, or over all.

    Parameters
    ----------
    layer, head : int or None
        Counted from zero; None takes the mean over all of them.

    Raises
    ------
    IndexError
        If there is no such layer or head.
    ValueError
        If the translation was made without capture.
    """
    weights = average_weights(captured(translation).of_kind(kind), layer=layer, head=head)
    return _labelled(translation, weights, kind, layer, head, words=words)


def average_weights(weights: np.ndarray, *, layer: int | None = None, head: int | None = None) -> np.ndarray:
    """Mean over layers and heads, or over one of the two.

    Parameters
    ----------
    weights : array, shape (layers, heads, queries, keys)
    layer, head : int or None
        Counted from zero; None takes the mean over all of them.

    Returns
    -------
    array, shape (queries, keys), float32
        Rows sum to 1 if those of `weights` do.

    Raises
    ------
    IndexError
        If there is no such layer or head; negative numbers are refused.
    """
    n_layers, n_heads = weights.shape[:2]
    for name, index, count in (("layer", layer, n_layers), ("head", head, n_heads)):
        if index is not None and not 0 <= index < count:
            raise IndexError(f"{name} {index} does not exist: there are {count}, from zero")
    layers = slice(None) if layer is None else slice(layer, layer + 1)
    heads = slice(None) if head is None else slice(head, head + 1)
    return weights[layers, heads].mean(axis=(0, 1), dtype=np.float64).astype(np.float32)


def _labelled(
    translation: Translation,
    weights: np.ndarray,
    kind: AttentionKind,
    layer: int | None,
    head: int | None,
    *,
    words: bool,
) -> AttentionMap:
    group = group_words if words else single_tokens
    source = group(translation.source)
    if kind == "encoder":
        queries, inputs, predicted, keys = source, source, None, source
    else:
        predicted = group(translation.target)
        # A row is found by what it predicts; it reads the token before that.
        queries, inputs = predicted, _words_before(translation, predicted, words=words)
        keys = source if kind == "cross" else _decoder_keys(translation, predicted, words=words)
    masked = np.zeros((len(queries), len(keys)), dtype=bool)
    if kind == "decoder":
        masked = _later(queries, keys)
    if words:
        weights = merge_attention(weights, queries, keys)
    return AttentionMap(kind, layer, head, "word" if words else "token", weights, masked, inputs, predicted, keys)


def _decoder_keys(translation: Translation, predicted: tuple[Word, ...], *, words: bool) -> tuple[Word, ...]:
    if words:
        return words_reading(predicted, translation.decoder_input)
    return single_tokens(translation.decoder_input)


def _words_before(translation: Translation, predicted: tuple[Word, ...], *, words: bool) -> tuple[Word, ...]:
    """For each predicted word the word that the decoder has read last before it."""
    read = _decoder_keys(translation, predicted, words=words)
    word_of_token = {index: word for word in read for index in word.indices}
    return tuple(word_of_token[word.indices[0]] for word in predicted)


def _later(queries: tuple[Word, ...], keys: tuple[Word, ...]) -> np.ndarray:
    """Shape (queries, keys): True where the key begins after the last row of the query."""
    last_row = np.array([word.indices[-1] for word in queries])
    first_column = np.array([word.indices[0] for word in keys])
    return first_column[None, :] > last_row[:, None]
