"""Why divide by the root of d_k: the softmax saturates without, and its gradient goes; on random vectors and here."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import streamlit as st

from model.attention import attention_scores, masked_softmax
from model.records import AttentionKind
from viz import controls
from viz.figures.head_pairs import Measure, PairsTexts, head_pairs, pairs_summary
from viz.figures.numbers import number_text, weight_text
from viz.figures.saturation_panels import PanelsTexts, panels_summary, saturation_panels
from viz.measures.saturation import (
    N_KEYS,
    N_QUERIES,
    HeadSaturation,
    Saturation,
    head_saturation,
    random_dot_products,
    saturation,
    softmax,
)
from viz.measures.tables import csv_text, provenance
from viz.pages.steps.attention_choice import choose_kind
from viz.pages.steps.step import PAPER, Answer, Lesson, Step

D_KS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
# Of the random queries the one whose weights are drawn.
SHOWN_QUERY = 0

FORMULA = r"""
\begin{aligned}
\mathrm{Var}(q \cdot k) &= d_k \;\Rightarrow\; \mathrm{Var}\!\left(\frac{q \cdot k}{\sqrt{d_k}}\right) = 1 \\[0.6em]
\frac{\partial w_i}{\partial s_j} &= w_i\,(\delta_{ij} - w_j)
\end{aligned}
"""


def show(lesson: Lesson) -> None:
    _random(lesson)
    _own(lesson)


@st.fragment
def _random(lesson: Lesson) -> None:
    """Random queries and keys: one slider, one figure, one table."""
    own = lesson.config.d_head
    sizes = _sizes(own)
    d_k = st.select_slider(
        lesson("d_k", own=own),
        sizes,
        value=own,
        key="scaling-d-k",
    )
    products = _products(sizes)
    place = sizes.index(d_k)
    divided = [saturation(rows / np.sqrt(size)) for rows, size in zip(products, sizes, strict=True)]
    undivided = [saturation(rows) for rows in products]
    shown = products[place, SHOWN_QUERY]
    weights = softmax(shown / np.sqrt(d_k)), softmax(shown)
    texts = controls.texts_of(PanelsTexts, f"{lesson.part}.panels", lesson.words)
    controls.figure(
        saturation_panels(
            *weights,
            sizes,
            [each.jacobian_norm for each in divided],
            [each.jacobian_norm for each in undivided],
            d_k,
            look=lesson.look,
            texts=texts,
        ),
        lesson.words,
        key="scaling-random",
        file=f"softmax-saturation-d-k-{d_k}",
        alt=panels_summary(*weights, d_k, texts),
        table=lambda: _random_csv(sizes, divided, undivided),
    )
    st.markdown(lesson("random", queries=N_QUERIES, keys=N_KEYS))
    st.markdown(_table(lesson, divided[place], undivided[place]))
    st.caption(lesson("sizes", own=own, paper=PAPER.d_head))


@st.fragment
def _own(lesson: Lesson) -> None:
    """The same on the model's own queries and keys."""
    st.subheader(lesson("own"), anchor=False)
    kind = choose_kind(lesson, "scaling")
    heads = head_saturation(lesson.trace.of_kind(kind))
    falling = int((heads.jacobian_without < heads.jacobian_with).sum())
    st.markdown(
        lesson(
            "own_seen",
            heads=heads.jacobian_with.size,
            falling=falling,
            entropy_with=number_text(float(heads.entropy_with.mean())),
            entropy_without=number_text(float(heads.entropy_without.mean())),
            norm_with=weight_text(float(heads.jacobian_with.mean())),
            norm_without=weight_text(float(heads.jacobian_without.mean())),
        )
    )
    measures = [
        Measure(lesson("entropy_axis"), heads.entropy_with, heads.entropy_without),
        Measure(lesson("norm_axis"), heads.jacobian_with, heads.jacobian_without),
    ]
    texts = controls.texts_of(PairsTexts, f"{lesson.part}.pairs", lesson.words)
    footer = lesson.origin()
    controls.figure(
        head_pairs(measures, look=lesson.look, texts=texts, footer=(lesson.words(f"map.{kind}"), *footer)),
        lesson.words,
        key="scaling-own",
        file=f"scaling-{kind}-{lesson.translation.checkpoint_id}",
        alt=pairs_summary(measures, texts),
        table=lambda: _own_csv(lesson, kind, heads),
    )
    st.markdown(lesson("honest"))


def _sizes(own: int) -> tuple[int, ...]:
    """Sizes on the slider, with the model's own among them."""
    return tuple(sorted({*D_KS, own}))


@functools.cache
def _products(sizes: tuple[int, ...]) -> np.ndarray:
    # The same for every visitor and sentence.
    return random_dot_products(sizes)


def _table(lesson: Lesson, divided: Saturation, undivided: Saturation) -> str:
    """Both softmaxes in numbers, as a Markdown table."""
    rows = (
        ("spread", number_text(divided.spread), number_text(undivided.spread)),
        ("largest", weight_text(divided.largest_weight), weight_text(undivided.largest_weight)),
        ("entropy", number_text(divided.entropy_nats), number_text(undivided.entropy_nats)),
        ("norm", weight_text(divided.jacobian_norm), weight_text(undivided.jacobian_norm)),
    )
    lines = [f"| | {lesson('table.divided')} | {lesson('table.undivided')} |", "| :-- | --: | --: |"]
    lines += [f"| {lesson(f'table.{name}')} | {first} | {second} |" for name, first, second in rows]
    return "\n".join(lines).replace("<", "\\<")


def _random_csv(sizes: tuple[int, ...], divided: list[Saturation], undivided: list[Saturation]) -> str:
    rows = [
        (size, is_divided, each.spread, each.largest_weight, each.entropy_nats, each.jacobian_norm)
        for is_divided, measured in ((True, divided), (False, undivided))
        for size, each in zip(sizes, measured, strict=True)
    ]
    columns = ["d_k", "divided", "spread", "mean_largest_weight", "mean_entropy_nats", "median_jacobian_norm"]
    origin = [("queries", str(N_QUERIES)), ("keys of each query", str(N_KEYS)), ("vectors", "standard normal, seed 0")]
    return csv_text(pd.DataFrame(rows, columns=columns), origin)


def _own_csv(lesson: Lesson, kind: AttentionKind, heads: HeadSaturation) -> str:
    layers, numbers = np.indices(heads.entropy_with.shape)
    table = pd.DataFrame(
        {
            "layer": layers.ravel(),
            "head": numbers.ravel(),
            "entropy_nats_with": heads.entropy_with.ravel(),
            "entropy_nats_without": heads.entropy_without.ravel(),
            "jacobian_norm_with": heads.jacobian_with.ravel(),
            "jacobian_norm_without": heads.jacobian_without.ravel(),
        }
    )
    return csv_text(table, [*provenance(lesson.translation), ("attention", kind)])


def _answer(lesson: Lesson) -> Answer:
    d_k = lesson.config.d_head
    spread = float(_products(_sizes(d_k))[_sizes(d_k).index(d_k)].std())
    root = float(np.sqrt(d_k))
    own = float(lesson.trace.encoder.scores.std()) * root
    # Which of the three is nearest, by ratio.
    guesses = {"a": 1.0, "b": root, "c": float(d_k)}
    correct = min(guesses, key=lambda name: abs(np.log(spread / guesses[name])))
    values = {"d_k": d_k, "spread": number_text(spread), "root": number_text(root), "own": number_text(own)}
    return Answer(correct, values)


STEP = Step("scaling", show, FORMULA, (attention_scores, masked_softmax), _answer)
