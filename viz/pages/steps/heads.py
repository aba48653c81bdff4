"""Many heads: the same sentence through each of them, how they are joined, and what each adds."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from model.attention import MultiHeadAttention
from model.experiments.heads import HeadParts, head_parts, measure_heads, translate_without
from model.intervention import without_head
from model.records import AttentionKind, HeadRef
from viz import controls, state
from viz.figures.head_tiles import TilesTexts, head_tiles, tiles_summary
from viz.figures.heatmap import HeatmapTexts, heatmap, heatmap_summary
from viz.figures.labels import percent_text
from viz.figures.numbers import number_text
from viz.measures.head_habits import MOSTLY, HeadHabits, head_habits, mean_pair_distance
from viz.measures.maps import captured, head_map
from viz.measures.tables import csv_text, map_csv, provenance
from viz.pages.steps.attention_choice import choose_kind, choose_layer
from viz.pages.steps.step import PAPER, Answer, Lesson, Step, show_writings

# Leaving a head out makes a difference if the probability changes by more than this share of itself.
NOTABLE = 0.1

FORMULA = r"""
\begin{aligned}
\mathrm{head}_h &= \mathrm{softmax}\!\left(\frac{Q_h K_h^{\top}}{\sqrt{d_k}}\right) V_h \\[0.4em]
\mathrm{output} &= [\mathrm{head}_1;\, \dots;\, \mathrm{head}_H]\, W^O \\
&= \sum_h \mathrm{head}_h\, W^O_h
\end{aligned}
"""


@st.fragment
def show(lesson: Lesson) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = choose_kind(lesson, "heads")
        layer = choose_layer(lesson, "heads", kind)
        head = _choose_head(lesson)
    habits = head_habits(lesson.translation, kind)
    # A projector shows one thing at a time, and large.
    left, right = (st.container(), st.container()) if state.presenting() else st.columns([2, 4], gap="small")
    with left:
        _tiles(lesson, kind, layer, head, habits)
    with right:
        _enlarged(lesson, HeadRef(kind, layer, head))
    _claims(lesson, kind, habits)
    _shapes(lesson, kind)
    _parts(lesson, kind, layer, head, habits)
    _switched_off(lesson)


def _choose_head(lesson: Lesson) -> int:
    head = st.segmented_control(
        lesson("head"),
        range(lesson.config.n_heads),
        default=0,
        required=True,
        format_func=lambda head: str(head + 1),
        key=state.HEAD_CHOICE_KEY,
        persist_state="session",
    )
    return 0 if head is None else head


def _tiles(lesson: Lesson, kind: AttentionKind, layer: int, head: int, habits: HeadHabits) -> None:
    """All heads small; a click on one chooses it."""
    st.caption(lesson("tiles"))
    weights = captured(lesson.translation).of_kind(kind)[layer]
    allowed = lesson.trace.of_kind(kind).allowed
    notes = [_note(lesson, kind, habits, layer, each) for each in range(len(weights))]
    texts = controls.texts_of(TilesTexts, f"{lesson.part}.tiles_figure", lesson.words)
    footer = lesson.origin()
    place = f"{lesson.words(f'map.{kind}')} · {lesson.words('heatmap.layer', number=layer + 1)}"
    controls.figure(
        head_tiles(
            np.where(allowed, weights, np.nan),
            notes,
            head,
            n_columns=4 if state.presenting() else 2,
            look=lesson.look,
            texts=texts,
            footer=(place, *footer),
        ),
        lesson.words,
        key="heads-tiles",
        file=f"heads-{kind}-{layer}-{lesson.translation.checkpoint_id}",
        alt=tiles_summary(weights, notes, texts),
        table=lambda: _tiles_csv(lesson, kind, layer),
        on_pick=state.choose_head,
    )


def _enlarged(lesson: Lesson, ref: HeadRef) -> None:
    texts = controls.texts_of(HeatmapTexts, "heatmap", lesson.words)
    shown = head_map(lesson.translation, ref)
    controls.figure(
        heatmap(lesson.translation, ref, look=lesson.look, texts=texts),
        lesson.words,
        key="heads-enlarged",
        file=f"head-{ref.kind}-{ref.layer}-{ref.head}-{lesson.translation.checkpoint_id}",
        alt=heatmap_summary(shown, texts),
        table=lambda: map_csv(lesson.translation, shown),
    )


def _special(lesson: Lesson, kind: AttentionKind) -> str:
    """The special token among the keys of a kind."""
    return lesson("begin" if kind == "decoder" else "end")


def _note(lesson: Lesson, kind: AttentionKind, habits: HeadHabits, layer: int, head: int) -> str:
    return lesson(
        "note_cross" if kind == "cross" else "note",
        special=_special(lesson, kind),
        special_share=percent_text(habits.special[layer, head]),
        itself=percent_text(habits.itself[layer, head]),
        neighbours=percent_text(habits.neighbours[layer, head]),
    )


def _claims(lesson: Lesson, kind: AttentionKind, habits: HeadHabits) -> None:
    """What is popularly said of heads, counted for all heads of the kind."""
    shares = (habits.special, habits.itself, habits.neighbours)
    special, itself, neighbours = (int((share > MOSTLY).sum()) for share in shares)
    layer, head = np.unravel_index(int(habits.neighbours.argmax()), habits.neighbours.shape)
    said = lesson(
        "habits_cross" if kind == "cross" else "habits",
        kind=lesson.words(f"map.{kind}"),
        heads=habits.special.size,
        special=_special(lesson, kind),
        special_count=special,
        itself=itself,
        neighbours=neighbours,
        rest=habits.special.size - special - itself - neighbours,
        layer=int(layer) + 1,
        head=int(head) + 1,
        most=percent_text(float(habits.neighbours.max())),
    )
    distance = mean_pair_distance(captured(lesson.translation).of_kind(kind))
    st.markdown(f"{said} {lesson('different', distance=percent_text(distance))}")


def _shapes(lesson: Lesson, kind: AttentionKind) -> None:
    """From the heads to the output by shape, here and in the paper."""
    st.subheader(lesson("shapes"), anchor=False)
    config = lesson.config
    tokens = lesson.trace.of_kind(kind).queries.shape[2]
    st.markdown(lesson("shapes_text", tokens=tokens))
    colours = [lesson.look.palette.head(head) for head in range(config.n_heads)]
    chips = "".join(f'<span style="background:{colour}">{head + 1}</span>' for head, colour in enumerate(colours))
    model, paper = (tokens, config.d_model), (tokens, PAPER.d_model)
    rows = (
        (lesson("shape_in"), f"{model}", f"{paper}", ""),
        (
            lesson("shape_heads", count=config.n_heads),
            f"{config.n_heads} × {(tokens, config.d_head)}",
            f"{PAPER.n_heads} × {(tokens, PAPER.d_head)}",
            f'<span class="lesson-heads">{chips}</span>',
        ),
        (lesson("shape_joined"), f"{model}", f"{paper}", f'<span class="lesson-heads joined">{chips}</span>'),
        (
            lesson("shape_matrix"),
            f"{(config.d_model, config.d_model)}",
            f"{(PAPER.d_model, PAPER.d_model)}",
            "",
        ),
        (lesson("shape_out"), f"{model}", f"{paper}", ""),
    )
    lines = (
        f"<dt>{escape(name)}</dt><dd>{here} {drawn} <small>{escape(lesson('paper', shape=other))}</small></dd>"
        for name, here, other, drawn in rows
    )
    st.html(f'<dl class="lesson-shapes">{"".join(lines)}</dl>')
    st.caption(
        lesson(
            "sizes",
            heads=config.n_heads,
            d_head=config.d_head,
            paper_heads=PAPER.n_heads,
            paper_head=PAPER.d_head,
        )
    )


def _parts(lesson: Lesson, kind: AttentionKind, layer: int, head: int, habits: HeadHabits) -> None:
    """How long each head's part of the output is, and the translation without it."""
    st.subheader(lesson("parts"), anchor=False)
    parts = _measured(lesson, kind, layer)
    lengths = float(parts.lengths.sum())
    st.markdown(lesson("parts_text", lengths=number_text(lengths), sum=number_text(parts.length_of_sum)))
    change = np.abs(parts.without / parts.probability - 1).max()
    st.markdown(
        lesson(
            "without_text",
            all=number_text(100 * parts.probability),
            least=number_text(100 * float(parts.without.min())),
            most=number_text(100 * float(parts.without.max())),
            verdict=lesson("verdict_large" if change > NOTABLE else "verdict_small"),
        )
    )
    names = [lesson("table.head"), lesson("table.share"), lesson("table.without"), _special(lesson, kind)]
    shares = [habits.special[layer]]
    if kind != "cross":
        names += [lesson("table.neighbours"), lesson("table.itself")]
        shares += [habits.neighbours[layer], habits.itself[layer]]
    palette = lesson.look.palette
    rows = []
    for each in range(len(parts.lengths)):
        # One place more for the translations: they often differ by less than a percent.
        without = number_text(100 * float(parts.without[each]))
        others = [percent_text(float(share[each])) for share in shares]
        percents = [percent_text(float(parts.lengths[each]) / lengths), without, *others]
        cells = "".join(f"<td>{escape(percent)} %</td>" for percent in percents)
        name = f'<td style="color:{palette.head(each)}">{each + 1}</td>'
        rows.append(f"<tr{' class=chosen' if each == head else ''}>{name}{cells}</tr>")
    header = "".join(f"<th>{escape(name)}</th>" for name in names)
    st.html(f'<div class="lesson-table"><table><tr>{header}</tr>{"".join(rows)}</table></div>')


def _switched_off(lesson: Lesson) -> None:
    """The sentence translated anew without the heads that the class chooses."""
    st.subheader(lesson("off"), anchor=False)
    st.markdown(lesson("off_text"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = choose_kind(lesson, "heads-off", "cross")
        everywhere = st.toggle(lesson("off_layers"), value=True, key="heads-off-layers", persist_state="session")
        layer = 0 if everywhere else choose_layer(lesson, "heads-off", kind)
        chosen = st.pills(
            lesson("off_heads"),
            range(lesson.config.n_heads),
            selection_mode="multi",
            format_func=lambda head: str(head + 1),
            key="heads-off",
            persist_state="session",
        )
    layers = range(len(captured(lesson.translation).of_kind(kind))) if everywhere else (layer,)
    heads = tuple(HeadRef(kind, each, head) for each in layers for head in sorted(chosen))
    writings = [(lesson("off_none"), lesson.translation.target_text)]
    if heads:
        where = lesson("off_everywhere") if everywhere else lesson.words("heatmap.layer", number=layer + 1)
        name = lesson("off_some", kind=lesson.words(f"heatmap.{kind}"), layer=where, count=len(heads))
        writings.append((name, lesson.run(translate_without, heads).target_text))
    show_writings(writings, nothing=lesson("nothing"))


def _measured(lesson: Lesson, kind: AttentionKind, layer: int) -> HeadParts:
    return lesson.run(measure_heads, tuple(token.id for token in lesson.translation.target), kind, layer)


def _tiles_csv(lesson: Lesson, kind: AttentionKind, layer: int) -> str:
    weights = captured(lesson.translation).of_kind(kind)[layer]
    allowed = np.broadcast_to(lesson.trace.of_kind(kind).allowed, weights.shape)
    head, query, key = np.nonzero(allowed)
    table = pd.DataFrame({"head": head, "query": query, "key": key, "weight": weights[allowed].astype(float).round(7)})
    return csv_text(table, [*provenance(lesson.translation), ("attention", kind), ("layer", str(layer))])


def _answer(lesson: Lesson) -> Answer:
    distance = mean_pair_distance(captured(lesson.translation).encoder)
    correct = "a" if distance < 0.2 else "b" if distance <= 0.5 else "c"
    return Answer(correct, {"distance": percent_text(distance)})


STEP = Step(
    "heads",
    show,
    FORMULA,
    (
        MultiHeadAttention.split_heads,
        MultiHeadAttention.attend,
        MultiHeadAttention.join_heads,
        head_parts,
        without_head,
    ),
    _answer,
)
