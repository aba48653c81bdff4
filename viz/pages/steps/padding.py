"""Padding: two sentences of different length in one batch, with the mask and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from model.attention import masked_softmax
from model.experiments.padding import Padded, pad_sentence
from model.records import Token
from model.transformer import padding_mask
from viz import controls
from viz.figures.head_grid import GridTexts, grid_summary, head_grid
from viz.figures.labels import percent_text
from viz.figures.word_bars import Bars, BarsTexts, bars_summary, word_bars
from viz.measures.confidence import written_words
from viz.measures.tables import csv_text, provenance
from viz.measures.words import group_words, single_tokens
from viz.pages.steps.step import Answer, Lesson, Step, show_writings

VIEWS = ("heads", "states", "translation")
PADDING = (0, 1, 2, 5, 10, 20, 40)
# Low enough for a figure in large type to fit on a projector.
PLOT_PX = 200
# Padding in the question.
ASKED = 10
# The other sentence of the batch, cut to the length that is wanted: input to the model, the same in both languages.
NEIGHBOUR = (
    "주말마다 동네 도서관에 들러 두꺼운 여행책을 읽던 우리 할아버지는 올봄에 드디어 배낭을 메고 제주도로 떠나셨는데, "
    "날마다 바닷가를 걸으며 찍은 사진을 저녁이면 온 가족에게 보내 주셨어요."
)
# The sign of a padding token, as where attention maps have one.
PADDING_SIGN = "□"

FORMULA = r"""
\begin{gathered}
\mathrm{softmax}\!\left(\frac{Q K^{\top}}{\sqrt{d_k}} + M\right) V \\
M_{qk} = \begin{cases} 0 & x_k \ne \square \\ -\infty & x_k = \square \end{cases}
\end{gathered}
"""


@st.fragment
def show(lesson: Lesson) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        n_padding = st.select_slider(
            lesson("padding"), PADDING, value=ASKED, key="padding-tokens", width=220, persist_state="session"
        )
        masked = st.toggle(lesson("mask"), key="padding-mask", persist_state="session")
        view = st.segmented_control(
            lesson("view"),
            VIEWS,
            default=VIEWS[0],
            required=True,
            format_func=lambda name: lesson(f"views.{name}"),
            key="padding-view",
            label_visibility="collapsed",
            persist_state="session",
        )
    result = _padded(lesson, n_padding, masked)
    _batch(lesson, result, masked)
    if view == "heads":
        _heads(lesson, result, masked)
    elif view == "states":
        _states(lesson, result, masked)
    else:
        _translation(lesson, result, masked)


def _padded(lesson: Lesson, n_padding: int, masked: bool) -> Padded:
    target = tuple(token.id for token in lesson.translation.target)
    return lesson.run(pad_sentence, NEIGHBOUR, target, n_padding, masked)


def _batch(lesson: Lesson, result: Padded, masked: bool) -> None:
    """The two rows of the batch, token under token; padding that the mask hides is hatched."""
    padding = f'<span class="{"padding masked" if masked else "padding"}">{PADDING_SIGN}</span>'
    own = _cells(lesson.translation.source) + [padding] * result.n_padding
    pairs = "".join(f"<div>{above}{below}</div>" for above, below in zip(own, _cells(result.neighbour), strict=True))
    st.html(f'<div class="lesson-batch" lang="ko">{pairs}</div>')


def _cells(tokens: Sequence[Token]) -> list[str]:
    return [f"<span>{escape(token.text)}</span>" for token in single_tokens(tokens)]


def _writings(lesson: Lesson, result: Padded, masked: bool) -> None:
    padded = lesson("here_masked" if masked else "here")
    writings = [(lesson("alone"), lesson.translation.target_text), (padded, result.target_text)]
    show_writings(writings, nothing=lesson("nothing"))


def _heads(lesson: Lesson, result: Padded, masked: bool) -> None:
    """The share of each head's weight that padding gets."""
    shares = np.concatenate([result.encoder_on_padding, result.cross_on_padding])
    rows = [
        lesson(kind, number=layer + 1)
        for kind, weights in (("encoder_layer", result.encoder_on_padding), ("cross_layer", result.cross_on_padding))
        for layer in range(len(weights))
    ]
    texts = controls.texts_of(GridTexts, f"{lesson.part}.grid", lesson.words)
    table = pd.DataFrame(shares, index=pd.Index(rows, name="layer"))
    controls.figure(
        head_grid(shares, rows, texts, look=lesson.look),
        lesson.words,
        key="padding-heads",
        origin=lesson.origin(),
        file=f"padding-heads-{lesson.translation.checkpoint_id}",
        alt=grid_summary(shares, rows, texts),
        table=lambda: csv_text(table, _origin(lesson, result, masked), index=True),
    )
    most, head = np.unravel_index(int(shares.argmax()), shares.shape)
    text = "heads_none" if result.n_padding == 0 else "heads_masked" if masked else "heads"
    st.markdown(
        lesson(
            text,
            count=result.n_padding,
            encoder=percent_text(float(result.encoder_on_padding.mean())),
            cross=percent_text(float(result.cross_on_padding.mean())),
            row=rows[most],
            head=int(head) + 1,
            most=percent_text(float(shares.max())),
        )
    )


def _states(lesson: Lesson, result: Padded, masked: bool) -> None:
    """How far each word's encoder output is from the one that it has alone."""
    words = group_words(lesson.translation.source)
    names = [word.text for word in words]
    moved = [float(result.moved[list(word.indices)].mean()) for word in words]
    rows = [Bars(lesson("moved"), [100 * share for share in moved], lesson.look.palette.weight)]
    texts = BarsTexts(title=lesson("states_figure"), value=lesson("moved_percent"), hover=lesson("hover"))
    controls.figure(
        word_bars(names, rows, texts, colour=lesson.look.palette.source, look=lesson.look,
                  top=max(100.0, 110 * max(moved)), plot_height=PLOT_PX),
        lesson.words,
        key="padding-states",
        origin=lesson.origin(),
        file=f"padding-states-{lesson.translation.checkpoint_id}",
        alt=bars_summary(names, rows, texts),
        table=lambda: csv_text(pd.DataFrame({"word": names, "moved": moved}), _origin(lesson, result, masked)),
    )
    most = max(range(len(words)), key=lambda place: moved[place])
    same = max(moved) < 1e-5
    st.markdown(
        lesson("states_same" if same else "states", word=controls.plain_label(names[most]),
               most=percent_text(moved[most]), mean=percent_text(float(np.mean(moved))))
    )


def _translation(lesson: Lesson, result: Padded, masked: bool) -> None:
    """What the model writes alone and in the batch, and how likely the words of the first are to it in each."""
    _writings(lesson, result, masked)
    alone = written_words(lesson.translation)
    here = written_words(replace(lesson.translation, log_probs=result.log_probs))
    before, after = (np.array([word.probability for word in written]) for written in (alone, here))
    names = [written.word.text for written in alone]
    palette = lesson.look.palette
    rows = [
        Bars(lesson("alone"), (100 * before).tolist(), palette.weight),
        Bars(lesson("here_masked" if masked else "here"), (100 * after).tolist(), palette.negative),
    ]
    texts = BarsTexts(title=lesson("words_figure"), value=lesson("probability_percent"), hover=lesson("hover"))
    table = pd.DataFrame({"word": names, "alone": before, "in_batch": after})
    controls.figure(
        word_bars(names, rows, texts, colour=palette.target, look=lesson.look, top=100, plot_height=PLOT_PX),
        lesson.words,
        key="padding-translation",
        origin=lesson.origin(),
        file=f"padding-translation-{lesson.translation.checkpoint_id}",
        alt=bars_summary(names, rows, texts),
        table=lambda: csv_text(table, _origin(lesson, result, masked)),
    )
    same = np.abs(result.log_probs - lesson.translation.log_probs).max() < 1e-4
    st.markdown(lesson("words_same" if same else "words", before=percent_text(float(before.mean())),
                       after=percent_text(float(after.mean()))))


def _origin(lesson: Lesson, result: Padded, masked: bool) -> list[tuple[str, str]]:
    return [*provenance(lesson.translation), ("padding tokens", str(result.n_padding)),
            ("padding mask", "on" if masked else "off")]


def _answer(lesson: Lesson) -> Answer:
    result = _padded(lesson, ASKED, False)
    share, even = float(result.encoder_on_padding.mean()), result.n_padding / len(result.neighbour)
    correct = "a" if share < 0.1 else "b" if share < 0.3 else "c"
    return Answer(correct, {"share": percent_text(share), "even": percent_text(even), "count": result.n_padding})


STEP = Step("padding", show, FORMULA, (padding_mask, masked_softmax, pad_sentence), _answer)
