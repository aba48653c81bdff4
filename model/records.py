"""What leaves the model: values of numpy and plain Python, no torch. See docs/glossary.md for the terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

AttentionKind = Literal["encoder", "decoder", "cross"]
ATTENTION_KINDS: tuple[AttentionKind, ...] = get_args(AttentionKind)


@dataclass(frozen=True)
class Token:
    """A piece of text as the model reads it.

    Attributes
    ----------
    piece : str
        The piece as in the vocabulary: "▁" stands for a space, "<0xF0>" for a byte.
    id : int
        Its row in the embedding matrix.
    start, end : int
        Characters of the text that it stands for, as typed (source) or as written (target): text[start:end].
        Both are equal for special tokens.
    is_special : bool
        True for beginning, end and padding.
    """

    piece: str
    id: int
    start: int
    end: int
    is_special: bool


@dataclass(frozen=True)
class HeadRef:
    """One attention head; layer and head count from zero."""

    kind: AttentionKind
    layer: int
    head: int


@dataclass(frozen=True)
class Intervention:
    """What is changed in the model for one translation.

    Attributes
    ----------
    heads_off : tuple of HeadRef
        Heads that are switched off: what they gather is left out of the output of their attention. They still look, so
        their weights are captured like all others.
    """

    heads_off: tuple[HeadRef, ...] = ()

    def __str__(self) -> str:
        """As files say it, counted from zero: "heads_off=encoder.0.3,cross.1.2"."""
        return "heads_off=" + ",".join(f"{ref.kind}.{ref.layer}.{ref.head}" for ref in self.heads_off)


@dataclass(frozen=True, eq=False)
class AttentionRecord:
    """All attention weights of one translation: softmax before dropout, float32, rows are queries, columns are keys.

    Attributes
    ----------
    encoder : array, shape (encoder layers, heads, source, source)
    decoder : array, shape (decoder layers, heads, target, target)
        Zero above the diagonal: the look-ahead mask.
    cross : array, shape (decoder layers, heads, target, source)
    """

    encoder: np.ndarray
    decoder: np.ndarray
    cross: np.ndarray

    def __post_init__(self) -> None:
        layers, heads, target, source = self.cross.shape
        expected = {
            "encoder": (self.encoder.shape[0], heads, source, source),
            "decoder": (layers, heads, target, target),
        }
        for kind, shape in expected.items():
            got = getattr(self, kind).shape
            if got != shape:
                raise ValueError(f"{kind} weights have shape {got}, expected {shape} to fit cross {self.cross.shape}")

    def of_kind(self, kind: AttentionKind) -> np.ndarray:
        """Weights of one kind, shape (layers, heads, queries, keys)."""
        return {"encoder": self.encoder, "decoder": self.decoder, "cross": self.cross}[kind]

    def of_head(self, ref: HeadRef) -> np.ndarray:
        """Weights of one head, shape (queries, keys). IndexError if there is no such layer or head."""
        weights = self.of_kind(ref.kind)
        if not (0 <= ref.layer < weights.shape[0] and 0 <= ref.head < weights.shape[1]):
            layers, heads = weights.shape[:2]
            raise IndexError(f"{ref} does not exist: there are {layers} layers with {heads} heads, counted from zero")
        return weights[ref.layer, ref.head]


@dataclass(frozen=True, eq=False)
class AttentionTrace:
    """How the weights of one kind of attention came about, and what they sum up. All float32 but the mask.

    Attributes
    ----------
    queries : array, shape (layers, heads, queries, d_head)
    keys, values : array, shape (layers, heads, keys, d_head)
    scores : array, shape (layers, heads, queries, keys)
        Dot products of queries and keys, divided by the root of d_head, before the mask.
    allowed : bool array, shape (queries, keys)
        The mask: True where a query may look at a key.
    """

    queries: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    scores: np.ndarray
    allowed: np.ndarray

    def masked_scores(self) -> np.ndarray:
        """Scores after the mask: minus infinity where a query may not look. Their softmax is the weights."""
        return np.where(self.allowed, self.scores, np.float32(-np.inf))


@dataclass(frozen=True, eq=False)
class Trace:
    """What a Transformer computed for one translation besides the weights; float32.

    Attributes
    ----------
    encoder_states : array, shape (encoder layers + 1, source, d_model)
        Index 0 is embedding plus position, index l + 1 the output of layer l, counted from zero.
    encoder_attended : array, shape (encoder layers, source, d_model)
        After self-attention, its residual sum and LayerNorm: what the feed-forward sublayer reads.
    decoder_states : array, shape (decoder layers + 1, target, d_model)
        As encoder_states.
    decoder_self_attended : array, shape (decoder layers, target, d_model)
        After masked self-attention, its residual sum and LayerNorm: where the queries of cross-attention come from.
    decoder_cross_attended : array, shape (decoder layers, target, d_model)
        After cross-attention, its residual sum and LayerNorm: what the feed-forward sublayer reads.
    logits : array, shape (target, vocabulary)
        Scores of all tokens of the vocabulary at each step, before the softmax.
    encoder, decoder, cross : AttentionTrace
    """

    encoder_states: np.ndarray
    encoder_attended: np.ndarray
    decoder_states: np.ndarray
    decoder_self_attended: np.ndarray
    decoder_cross_attended: np.ndarray
    logits: np.ndarray
    encoder: AttentionTrace
    decoder: AttentionTrace
    cross: AttentionTrace

    def of_kind(self, kind: AttentionKind) -> AttentionTrace:
        """Queries, keys, values and scores of one kind."""
        return {"encoder": self.encoder, "decoder": self.decoder, "cross": self.cross}[kind]


@dataclass(frozen=True)
class Candidate:
    """A token that could have come next, with its probability (0 to 1)."""

    piece: str
    id: int
    probability: float


@dataclass(frozen=True)
class BeamNode:
    """A hypothesis at one step of beam search.

    Attributes
    ----------
    parent : int
        Index of the node that it continues, in the step before; -1 at the first step.
    log_prob : float
        Sum of the log probabilities of its tokens (nats), without length normalisation.
    kept : bool
        False if the search dropped it after this step.
    """

    parent: int
    piece: str
    id: int
    log_prob: float
    kept: bool


@dataclass(frozen=True)
class BeamTree:
    """What beam search looked at: for each step the hypotheses it kept and the best that it dropped."""

    steps: tuple[tuple[BeamNode, ...], ...]


@dataclass(frozen=True, eq=False)
class Translation:
    """One translated sentence with everything that was computed on the way.

    `decoder_input` and `target` label the same rows: row t of the decoder's maps reads decoder_input[t] and
    predicts target[t].

    Attributes
    ----------
    source_text, target_text : str
        As typed, and as written by the model.
    source : tuple of Token, length S
        Ends with the end token.
    decoder_input : tuple of Token, length T
        Beginning token, y1 ... y(T-1): the keys of decoder self-attention.
    target : tuple of Token, length T
        y1 ... y(T-1), end token (missing if the limit on length was reached).
    log_probs : array, shape (T,)
        Log probability (nats) of each target token, given the source and the tokens before it.
    attention : AttentionRecord or None
        None without capture.
    candidates : tuple, length T
        The five best tokens of each step, best first; empty without capture.
    beam : BeamTree or None
        What beam search kept and dropped; None for greedy search and for a given target.
    checkpoint_id : str
        First 12 hex digits of the SHA-256 of the weights.
    decoding : str
        The options of the search in words for files, such as "beam_size=4 length_penalty=0.6".
    trace : Trace or None
        Hidden states, queries, keys, values, scores and logits, if they were asked for.
    """

    source_text: str
    target_text: str
    source: tuple[Token, ...]
    decoder_input: tuple[Token, ...]
    target: tuple[Token, ...]
    log_probs: np.ndarray
    attention: AttentionRecord | None
    candidates: tuple[tuple[Candidate, ...], ...]
    beam: BeamTree | None
    checkpoint_id: str
    decoding: str
    trace: Trace | None = None

    def query_tokens(self, kind: AttentionKind) -> tuple[Token, ...]:
        """Tokens that the rows of a kind's maps read."""
        return self.source if kind == "encoder" else self.decoder_input

    def key_tokens(self, kind: AttentionKind) -> tuple[Token, ...]:
        """Tokens that the columns of a kind's maps stand for."""
        return self.decoder_input if kind == "decoder" else self.source
