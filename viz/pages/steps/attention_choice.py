"""Choosing which attention a step looks at: its kind, its layer, its head."""

from __future__ import annotations

import streamlit as st

from model.records import ATTENTION_KINDS, AttentionKind
from viz.pages.steps.step import Lesson


def choose_kind(lesson: Lesson, prefix: str, first: AttentionKind = "encoder") -> AttentionKind:
    """Encoder, decoder or cross; at first the encoder, if not told otherwise."""
    chosen = st.segmented_control(
        lesson.words("map.kind"),
        ATTENTION_KINDS,
        default=first,
        required=True,
        format_func=lambda kind: lesson.words(f"map.{kind}"),
        key=f"{prefix}-kind",
        persist_state="session",
    )
    return first if chosen is None else ATTENTION_KINDS[ATTENTION_KINDS.index(chosen)]


def choose_layer(lesson: Lesson, prefix: str, kind: AttentionKind) -> int:
    """A layer of the kind, counted from zero."""
    config = lesson.config
    side, count = (
        ("encoder", config.n_encoder_layers) if kind == "encoder" else ("decoder", config.n_decoder_layers)
    )
    return st.selectbox(
        lesson.words("map.layer"),
        range(count),
        # A number in every language: a chosen option keeps its text when the language changes.
        format_func=lambda layer: str(layer + 1),
        key=f"{prefix}-layer-{side}",
        width=round(80 * lesson.look.type_scale),
        persist_state="session",
    )
