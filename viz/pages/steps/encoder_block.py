"""The encoder block: residual sums, how words move through the layers, and why LayerNorm and not BatchNorm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.experiments.batch_norm import NormsCompared, batch_norm, change_batch
from model.experiments.encoder_block import ResidualSums, residual_sums
from model.transformer import EncoderLayer, FeedForward
from viz import controls
from viz.figures.labels import percent_text
from viz.figures.layer_lines import LayerLine, LayerTexts, layer_lines, layer_summary
from viz.figures.numbers import MINUS
from viz.figures.word_bars import Bars, BarsTexts, bars_summary, word_bars
from viz.measures.movement import similarity_to_start, similarity_to_words, word_vectors
from viz.measures.tables import csv_text, provenance
from viz.measures.words import Word, group_words
from viz.pages.steps.step import PAPER, Answer, Lesson, Step

VIEWS = ("path", "sums", "norm")
# What shares a batch with the class's sentence, at first and then: input to the model, the same in both languages.
BEFORE = ("우리 집 고양이는 햇볕이 드는 창가에서 낮잠을 자요.", "내일 비가 오면 소풍을 다음 주로 미루려고 합니다.")
AFTER = ("회의가 길어져서 저녁을 못 먹었어요.", "세 번째 줄에 앉은 학생이 손을 들고 질문했어요.")
PADDING = (0, 5, 10, 20, 40)
# Low enough for a figure in large type to fit on a projector.
PLOT_PX = 220
# Two shares that differ by less than a tenth count as equal.
EQUAL = 1.1

FORMULA = r"""
\begin{aligned}
a &= \mathrm{LayerNorm}(x + \mathrm{Attention}(x)) \\
y &= \mathrm{LayerNorm}(a + \mathrm{FFN}(a)) \\
&\quad \mathrm{FFN}(a) = W_2 \max(0,\, W_1 a + b_1) + b_2 \\
&\quad \mathrm{LayerNorm}(z)_i = \gamma_i \, \frac{z_i - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta_i \\
&\quad \mu = \frac{1}{d} \sum_{j=1}^{d} z_j, \quad \sigma^2 = \frac{1}{d} \sum_{j=1}^{d} (z_j - \mu)^2
\end{aligned}
"""


@st.fragment
def show(lesson: Lesson) -> None:
    controls_row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with controls_row:
        view = st.segmented_control(
            lesson("view"),
            VIEWS,
            default=VIEWS[0],
            required=True,
            format_func=lambda name: lesson(f"views.{name}"),
            key="encoder-block-view",
            label_visibility="collapsed",
            persist_state="session",
        )
    if view == "path":
        _path(lesson, controls_row)
    elif view == "sums":
        _sums(lesson)
    else:
        _norm(lesson, controls_row)
    _sizes(lesson)


def _sizes(lesson: Lesson) -> None:
    config = lesson.config
    own = (config.d_model, config.d_ff, config.n_encoder_layers)
    paper = (PAPER.d_model, PAPER.d_ff, PAPER.n_encoder_layers)
    text = lesson("sizes", d_model=own[0], d_ff=own[1], layers=own[2])
    if own != paper:
        text += " " + lesson("paper", d_model=paper[0], d_ff=paper[1], layers=paper[2])
    st.markdown(text)


def _path(lesson: Lesson, controls_row: DeltaGenerator) -> None:
    """How far a word's vector moves from its start, and how close it comes to the others."""
    words = group_words(lesson.translation.source)
    places = [place for place, word in enumerate(words) if not word.is_special]
    place = controls_row.selectbox(
        lesson("word"),
        places,
        format_func=lambda place: words[place].text,
        key=f"encoder-block-word-{len(words)}",
        label_visibility="collapsed",
        width=200,
        persist_state="session",
    )
    vectors = word_vectors(lesson.trace.encoder_states, words)
    own, to_words = similarity_to_start(vectors, place), similarity_to_words(vectors, place)
    others = [other for other in range(len(words)) if other != place]
    closest = max(range(len(others)), key=lambda index: to_words[-1, others[index]])
    near = others[closest]
    main = LayerLine(words[place].text, own.tolist())
    lines = [LayerLine(_spoken(lesson, words[other]), to_words[:, other].tolist()) for other in others]
    texts = controls.texts_of(LayerTexts, f"{lesson.part}.lines", lesson.words)
    controls.figure(
        layer_lines(main, lines, closest, texts, look=lesson.look, plot_height=PLOT_PX),
        lesson.words,
        key="encoder-block-path",
        origin=lesson.origin(),
        file=f"encoder-block-path-{lesson.translation.checkpoint_id}",
        alt=layer_summary(main, lines, closest, texts),
        table=lambda: csv_text(_path_table(words, place, own, to_words), provenance(lesson.translation)),
    )
    st.markdown(
        lesson(
            "path",
            layers=len(own) - 1,
            word=controls.plain_label(words[place].text),
            end=_two_decimals(own[-1]),
            closest=controls.plain_label(_spoken(lesson, words[near])),
            start_near=_two_decimals(to_words[0, near]),
            end_near=_two_decimals(to_words[-1, near]),
        )
    )


def _spoken(lesson: Lesson, word: Word) -> str:
    """A word in a sentence; the end token by its name and not by its sign."""
    return lesson("end_token") if word.is_special else word.text


def _two_decimals(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS)


def _path_table(words: Sequence[Word], place: int, own: np.ndarray, to_words: np.ndarray) -> pd.DataFrame:
    """A row for each layer, 0 before the first: the cosine with the word's own start, and with each word."""
    table = pd.DataFrame({"layer": range(len(own)), "word": words[place].text, "start": own})
    others = {f"{index} {word.text}": to_words[:, index] for index, word in enumerate(words) if index != place}
    return pd.concat([table, pd.DataFrame(others)], axis=1)


def _sums(lesson: Lesson) -> None:
    """What attention and feed-forward add, layer by layer."""
    sums: ResidualSums = lesson.run(residual_sums)
    palette = lesson.look.palette
    layers = [lesson("layer", number=layer + 1) for layer in range(len(sums.attention))]
    rows = [
        Bars(lesson("attention"), (100 * sums.attention.mean(axis=1)).tolist(), palette.weight),
        Bars(lesson("feed_forward"), (100 * sums.feed_forward.mean(axis=1)).tolist(), palette.negative),
    ]
    texts = BarsTexts(title=lesson("sums_figure"), value=lesson("sums_percent"), hover=lesson("hover"))
    table = pd.DataFrame({"layer": range(len(layers)), "attention": sums.attention.mean(axis=1),
                          "feed_forward": sums.feed_forward.mean(axis=1), "active": sums.active.mean(axis=1)})
    controls.figure(
        word_bars(layers, rows, texts, colour=palette.text, look=lesson.look, plot_height=PLOT_PX),
        lesson.words,
        key="encoder-block-sums",
        origin=lesson.origin(),
        file=f"encoder-block-sums-{lesson.translation.checkpoint_id}",
        alt=bars_summary(layers, rows, texts),
        table=lambda: csv_text(table, provenance(lesson.translation)),
    )
    st.markdown(lesson("sums", attention=percent_text(sums.attention.mean()),
                       feed_forward=percent_text(sums.feed_forward.mean())))
    st.markdown(lesson("active", d_ff=lesson.config.d_ff, active=percent_text(sums.active.mean())))


def _norm(lesson: Lesson, controls_row: DeltaGenerator) -> None:
    """The same sentence in a batch that changes around it."""
    with controls_row:
        n_padding = st.select_slider(
            lesson("padding"), PADDING, value=10, key="encoder-block-padding", width=220, persist_state="session"
        )
        swapped = st.toggle(lesson("swap"), key="encoder-block-swap", persist_state="session")
    companions = AFTER if swapped else BEFORE
    result: NormsCompared = lesson.run(change_batch, BEFORE, companions, n_padding)
    words = group_words(lesson.translation.source)
    names = [word.text for word in words]
    layer, batch, of_words = (
        _by_word(words, shares) for shares in (result.layer_norm, result.batch_norm, result.batch_norm_of_words)
    )
    palette = lesson.look.palette
    rows = [
        Bars(lesson("layer_norm"), (100 * layer).tolist(), palette.weight),
        Bars(lesson("batch_norm"), (100 * batch).tolist(), palette.negative),
        Bars(lesson("batch_norm_of_words"), (100 * of_words).tolist(), palette.muted),
    ]
    texts = BarsTexts(title=lesson("norm_figure"), value=lesson("norm_percent"), hover=lesson("hover"))
    top = max(10.0, *(1.1 * value for row in rows for value in row.values))
    table = pd.DataFrame({"word": names, "layer_norm": layer, "batch_norm": batch, "batch_norm_of_words": of_words})
    controls.figure(
        word_bars(names, rows, texts, colour=palette.source, look=lesson.look, top=top, plot_height=PLOT_PX),
        lesson.words,
        key="encoder-block-norm",
        origin=lesson.origin(),
        file=f"encoder-block-norm-{lesson.translation.checkpoint_id}",
        alt=bars_summary(names, rows, texts),
        table=lambda: csv_text(table, provenance(lesson.translation)),
    )
    if n_padding == 0 and not swapped:
        st.markdown(lesson("norm_same"))
    else:
        _norm_texts(lesson, result)
    st.caption(lesson("batch", sentences=" · ".join(companions)))


def _norm_texts(lesson: Lesson, result: NormsCompared) -> None:
    st.markdown(
        lesson(
            "norm",
            padding_before=percent_text(result.padding[0]),
            padding_after=percent_text(result.padding[1]),
            layer=percent_text(_without_rounding(result.layer_norm)),
            batch=percent_text(result.batch_norm.mean()),
            words=percent_text(_without_rounding(result.batch_norm_of_words)),
        )
    )
    st.markdown(
        lesson(
            "statistics",
            feature=result.feature + 1,
            mean_before=_two_decimals(result.mean[0]),
            mean_after=_two_decimals(result.mean[1]),
            deviation_before=_two_decimals(result.deviation[0]),
            deviation_after=_two_decimals(result.deviation[1]),
        )
    )


def _without_rounding(shares: np.ndarray) -> float:
    """The mean of some shares, 0 if it is no more than the rounding of float32."""
    mean = float(shares.mean())
    return mean if mean > 1e-5 else 0.0


def _by_word(words: Sequence[Word], shares: np.ndarray) -> np.ndarray:
    return np.array([shares[list(word.indices)].mean() for word in words])


def _answer(lesson: Lesson) -> Answer:
    sums: ResidualSums = lesson.run(residual_sums)
    attention, feed_forward = float(sums.attention.mean()), float(sums.feed_forward.mean())
    if max(attention, feed_forward) < EQUAL * min(attention, feed_forward):
        correct = "c"
    else:
        correct = "a" if attention > feed_forward else "b"
    return Answer(correct, {"attention": percent_text(attention), "feed_forward": percent_text(feed_forward)})


STEP = Step("encoder-block", show, FORMULA, (EncoderLayer, FeedForward, residual_sums, batch_norm), _answer)
