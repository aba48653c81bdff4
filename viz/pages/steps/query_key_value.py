"""Query, key, value: one row of attention as real numbers, from the dot products to the weighted sum of values."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from model.attention import MultiHeadAttention, attention_scores, masked_softmax
from model.records import AttentionKind, HeadRef
from viz import controls, state
from viz.figures.attention_rows import RowLabels
from viz.figures.labels import percent_text
from viz.figures.numbers import number_text, weight_text
from viz.figures.query_keys import QueryKeysTexts, query_keys, query_keys_summary
from viz.figures.weighted_values import WeightedValuesTexts, weighted_values, weighted_values_summary
from viz.measures.attention_steps import AttentionSteps, attention_steps, leading_keys
from viz.measures.maps import captured
from viz.measures.tables import csv_text, provenance
from viz.measures.words import Word, group_words, single_tokens
from viz.pages.steps.attention_choice import choose_kind, choose_layer
from viz.pages.steps.step import PAPER, Answer, Lesson, Step

# More keys than this stand together in one row until all are asked for.
MAX_KEYS = 12
# How many numbers of a vector, and how many keys of a sum, are spelled out.
N_SPELLED = 3

FORMULA = r"""
\begin{aligned}
q &= x\, W^Q, \;\; k = x\, W^K, \;\; v = x\, W^V \\[0.6em]
w_{ij} &= \mathrm{softmax}_j\!\left(\frac{q_i \cdot k_j}{\sqrt{d_k}}\right) \\[0.6em]
z_i &= \sum_j w_{ij}\, v_j
\end{aligned}
"""


@st.fragment
def show(lesson: Lesson) -> None:
    ref, query, all_keys = _choose(lesson)
    steps = attention_steps(lesson.trace.of_kind(ref.kind), ref.layer, ref.head, query)
    keys = single_tokens(lesson.translation.key_tokens(ref.kind))
    shown = tuple(range(len(keys))) if all_keys else leading_keys(steps, MAX_KEYS)
    _figures(lesson, ref, query, steps, keys, shown)
    _worked(lesson, ref.kind, steps, keys)
    config = lesson.config
    st.caption(
        lesson(
            "sizes",
            d_head=config.d_head,
            d_model=config.d_model,
            n_heads=config.n_heads,
            paper_head=PAPER.d_head,
            paper_model=PAPER.d_model,
            paper_heads=PAPER.n_heads,
        )
    )


def _choose(lesson: Lesson) -> tuple[HeadRef, int, bool]:
    """Which head, which of its queries, and whether all keys are shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = choose_kind(lesson, "query-key-value")
        layer = choose_layer(lesson, "query-key-value", kind)
        head = st.selectbox(
            lesson.words("map.head"),
            range(lesson.config.n_heads),
            format_func=lambda head: str(head + 1),
            key="query-key-value-head",
            width=round(80 * lesson.look.type_scale),
            persist_state="session",
        )
        names = _query_names(lesson, kind)
        query = st.selectbox(
            lesson("query"),
            range(len(names)),
            # In the middle of the decoder half of the keys are masked, and half are not.
            index=len(names) // 2 if kind == "decoder" else 0,
            format_func=lambda place: f"{place + 1}. {names[place]}",
            key=f"query-key-value-query-{kind}",
            width=round(200 * lesson.look.type_scale),
        )
        n_keys = len(lesson.translation.key_tokens(kind))
        all_keys = n_keys <= MAX_KEYS or st.toggle(lesson("all_keys"), key="query-key-value-all")
    return HeadRef(kind, layer, head), query, all_keys


def _seen(lesson: Lesson, kind: AttentionKind, query: int, steps: AttentionSteps, keys: tuple[Word, ...]) -> str:
    """Where query, key and value come from, and which key gets the largest weight."""
    strongest = int(steps.weights.argmax())
    seen = lesson(
        "seen",
        query=controls.plain_label(_query_names(lesson, kind)[query]),
        key=controls.plain_label(keys[strongest].text),
        weight=weight_text(float(steps.weights[strongest])),
        even=weight_text(1 / int(steps.allowed.sum())),
    )
    return f"{lesson(f'from_{kind}')} {seen}"


def _query_names(lesson: Lesson, kind: AttentionKind) -> list[str]:
    """Names of the rows: a piece with the word that it is of; "input → predicted" in the decoder."""
    translation = lesson.translation
    read = single_tokens(translation.query_tokens(kind))
    if kind != "encoder":
        predicted = single_tokens(translation.target)
        return [f"{before.text} → {after.text}" for before, after in zip(read, predicted, strict=True)]
    word_of = {index: word for word in group_words(translation.source) for index in word.indices}
    return [
        piece.text if len(word_of[place].indices) == 1 else f"{piece.text} ({word_of[place].text})"
        for place, piece in enumerate(read)
    ]


def _figures(
    lesson: Lesson, ref: HeadRef, query: int, steps: AttentionSteps, keys: tuple[Word, ...], shown: tuple[int, ...]
) -> None:
    """Query against keys, and weights times values, side by side where there is room."""
    read = single_tokens(lesson.translation.query_tokens(ref.kind))[query].text
    palette = lesson.look.palette
    colours = {
        "query_colour": palette.source if ref.kind == "encoder" else palette.target,
        "key_colour": palette.target if ref.kind == "decoder" else palette.source,
    }
    others = lesson("row_others", count=len(keys) - len(shown))
    heads = RowLabels(lesson("row_query", word=read), lesson("row_sum"), keys, shown, others, **colours)
    values = RowLabels("", lesson("row_output"), keys, shown, others, **colours)
    footer = (_place(lesson, ref, read), *lesson.origin())
    # A projector shows one thing at a time, and large.
    left, right = (st.container(), st.container()) if state.presenting() else st.columns(2, gap="medium")
    with left:
        texts = controls.texts_of(QueryKeysTexts, f"{lesson.part}.keys_figure", lesson.words)
        controls.figure(
            query_keys(steps, heads, with_mask=ref.kind == "decoder", look=lesson.look, texts=texts, footer=footer),
            lesson.words,
            key="query-key-value-keys",
            file=f"query-keys-{lesson.translation.checkpoint_id}",
            alt=query_keys_summary(steps, heads, texts),
            table=lambda: _steps_csv(lesson, ref, query, steps, keys),
        )
        st.markdown(_seen(lesson, ref.kind, query, steps, keys))
    with right:
        texts = controls.texts_of(WeightedValuesTexts, f"{lesson.part}.values_figure", lesson.words)
        controls.figure(
            weighted_values(steps, values, look=lesson.look, texts=texts, footer=footer),
            lesson.words,
            key="query-key-value-values",
            file=f"weighted-values-{lesson.translation.checkpoint_id}",
            alt=weighted_values_summary(steps, texts),
            table=lambda: _values_csv(lesson, ref, query, steps, keys),
        )


def _place(lesson: Lesson, ref: HeadRef, query: str) -> str:
    words = lesson.words
    return lesson(
        "place",
        kind=words(f"map.{ref.kind}"),
        layer=words("heatmap.layer", number=ref.layer + 1),
        head=words("heatmap.head", number=ref.head + 1),
        query=query,
    )


def _worked(lesson: Lesson, kind: AttentionKind, steps: AttentionSteps, keys: tuple[Word, ...]) -> None:
    """Every step for one key with numbers in it, a line each."""
    st.subheader(lesson("worked"), anchor=False)
    strongest = int(steps.weights.argmax())
    key = st.selectbox(
        lesson("key"),
        range(-1, len(keys)),
        format_func=lambda place: "★" if place < 0 else f"{place + 1}. {keys[place].text}",
        key=f"query-key-value-key-{kind}",
        width=round(340 * lesson.look.type_scale),
    )
    place = strongest if key < 0 else key
    lines = [_product(lesson, steps, place), _scaled(lesson, steps, place)]
    if kind == "decoder":
        lines.append(lesson("steps.allowed" if steps.allowed[place] else "steps.masked"))
    lines += [_softmax(lesson, steps, place), _output(lesson, steps, keys)]
    st.html(f'<ol class="lesson-worked">{"".join(f"<li>{line}</li>" for line in lines)}</ol>')


def _product(lesson: Lesson, steps: AttentionSteps, key: int) -> str:
    pairs = list(zip(steps.query, steps.keys[key], strict=True))
    terms = [f"{_factor(q)} × {_factor(k)}" for q, k in pairs[:N_SPELLED]]
    return lesson(
        "steps.product", terms=_sum_of(terms, len(pairs)), product=number_text(float(steps.dot_products[key]))
    )


def _scaled(lesson: Lesson, steps: AttentionSteps, key: int) -> str:
    size = len(steps.query)
    return lesson(
        "steps.scaled",
        product=number_text(float(steps.dot_products[key])),
        d=size,
        root=number_text(float(np.sqrt(size))),
        scaled=number_text(float(steps.scaled[key])),
    )


def _softmax(lesson: Lesson, steps: AttentionSteps, key: int) -> str:
    largest = float(steps.masked.max())
    return lesson(
        "steps.softmax",
        largest=number_text(largest),
        exponent=number_text(float(steps.masked[key]) - largest),
        exponential=escape(weight_text(float(steps.exponentials[key]))),
        total=number_text(float(steps.exponentials.sum())),
        weight=escape(weight_text(float(steps.weights[key]))),
    )


def _output(lesson: Lesson, steps: AttentionSteps, keys: tuple[Word, ...]) -> str:
    largest = np.argsort(-steps.weights, kind="stable")[:N_SPELLED]
    terms = [
        f"{escape(weight_text(float(steps.weights[key])))} × v<sub>{escape(keys[key].text)}</sub>"
        for key in largest
        if steps.weights[key] > 0
    ]
    return lesson(
        "steps.output",
        terms=_sum_of(terms, int((steps.weights > 0).sum())),
        numbers=", ".join(number_text(float(value)) for value in steps.output[:N_SPELLED])
        + (", …" if len(steps.output) > N_SPELLED else ""),
    )


def _sum_of(terms: list[str], count: int) -> str:
    """Terms with plus signs between them, and … if there are more."""
    return " + ".join([*terms, *(["…"] if count > len(terms) else [])])


def _factor(value: float) -> str:
    text = number_text(float(value))
    return f"({text})" if value < 0 else text


def _steps_csv(lesson: Lesson, ref: HeadRef, query: int, steps: AttentionSteps, keys: tuple[Word, ...]) -> str:
    table = pd.DataFrame(
        {
            "key": range(len(keys)),
            "key_text": [word.text for word in keys],
            "dot_product": steps.dot_products,
            "scaled": steps.scaled,
            "allowed": steps.allowed,
            "weight": steps.weights,
        }
    )
    for place, row in enumerate(steps.keys.T):
        table[f"key_{place}"] = row
    vector = " ".join(f"{value:.7g}" for value in steps.query)
    return csv_text(table, [*_origin(lesson, ref, query), ("query vector", vector)])


def _values_csv(lesson: Lesson, ref: HeadRef, query: int, steps: AttentionSteps, keys: tuple[Word, ...]) -> str:
    table = pd.DataFrame({"key": range(len(keys)), "key_text": [word.text for word in keys], "weight": steps.weights})
    for place, row in enumerate(steps.values.T):
        table[f"value_{place}"] = row
    vector = " ".join(f"{value:.7g}" for value in steps.output)
    return csv_text(table, [*_origin(lesson, ref, query), ("weighted sum", vector)])


def _origin(lesson: Lesson, ref: HeadRef, query: int) -> list[tuple[str, str]]:
    which = {"attention": ref.kind, "layer": ref.layer, "head": ref.head, "query": query}
    return [*provenance(lesson.translation), *((name, str(value)) for name, value in which.items())]


def _answer(lesson: Lesson) -> Answer:
    scores = lesson.trace.of_kind("encoder").scores
    weights = captured(lesson.translation).of_kind("encoder")
    negative = scores < 0
    of_negative = weights[negative].astype(np.float64)
    correct = "b" if (of_negative > 0).all() else "a"
    mean = float(of_negative.mean()) if negative.any() else 0.0
    values = {"count": f"{scores.size:,}", "negative": percent_text(float(negative.mean())), "mean": percent_text(mean)}
    return Answer(correct, values)


STEP = Step(
    "query-key-value",
    show,
    FORMULA,
    (attention_scores, masked_softmax, MultiHeadAttention.traced),
    _answer,
)
