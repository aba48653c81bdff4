"""The decoder's mask: what it hides, what a model does when it is taken away, and what one learns that never had it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from model.attention import masked_softmax
from model.experiments.look_ahead import LossCurve, MaskRemoved, loss_curve, read_given, remove_mask, write_alone
from model.records import Translation
from model.transformer import DecoderLayer, look_ahead_mask
from viz import controls
from viz.figures.heatmap import HeatmapTexts, heatmap_summary, map_heatmap
from viz.figures.labels import percent_text
from viz.figures.loss_curves import LossLine, LossTexts, loss_curves, loss_summary
from viz.figures.numbers import number_text
from viz.figures.word_bars import Bars, BarsTexts, bars_summary, word_bars
from viz.measures.confidence import word_probabilities
from viz.measures.maps import AttentionMap, average_map
from viz.measures.masks import later_share
from viz.measures.tables import csv_text, map_csv, provenance
from viz.measures.words import group_words
from viz.pages.steps.step import Answer, Lesson, Step, missing_companion, show_writings

VIEWS = ("triangle", "removed", "training", "copying")
# A smaller model that was trained without the mask, and how files name it.
COMPANION = "ko-en-no-look-ahead-mask"
OTHER_CHECKPOINT = "checkpoint without look-ahead mask"
TRIANGLE_PX = 330

FORMULA = r"""
\begin{gathered}
\mathrm{softmax}\!\left(\frac{Q K^{\top}}{\sqrt{d_k}} + M\right) V \\[0.6em]
M_{qk} = \begin{cases} 0 & k \le q \\ -\infty & k > q \end{cases}
\end{gathered}
"""


@st.fragment
def show(lesson: Lesson) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        view = st.segmented_control(
            lesson("view"),
            VIEWS,
            default=VIEWS[0],
            required=True,
            format_func=lambda name: lesson(f"views.{name}"),
            key="look-ahead-mask-view",
            label_visibility="collapsed",
            width="content",
        )
        masked = view == "triangle" and st.toggle(lesson("mask"), value=True, key="look-ahead-mask-on")
    if view == "triangle":
        _triangle(lesson, masked)
    elif view == "removed":
        _removed(lesson)
    else:
        # The frame does not see what goes wrong when only this part is drawn anew.
        with missing_companion(lesson.words):
            (_training if view == "training" else _copying)(lesson)


def _triangle(lesson: Lesson, on: bool) -> None:
    """The weights of the first layer, where the same queries and keys meet with the mask and without."""
    masked = average_map(lesson.translation, "decoder", layer=0)
    removed = _mask_removed(lesson)
    share = later_share(removed.weights[0].mean(axis=0))
    shown = masked if on else _unmasked(masked, removed)
    texts = controls.texts_of(HeatmapTexts, "heatmap", lesson.words)
    controls.figure(
        map_heatmap(lesson.translation, shown, look=lesson.look, texts=texts, plot_px=TRIANGLE_PX),
        lesson.words,
        key="look-ahead-mask-triangle",
        file=f"look-ahead-mask-{lesson.translation.checkpoint_id}",
        alt=heatmap_summary(shown, texts),
        table=lambda: map_csv(lesson.translation, shown),
    )
    st.markdown(lesson("triangle_on" if on else "triangle_off", percent=percent_text(share)))


def _unmasked(masked: AttentionMap, removed: MaskRemoved) -> AttentionMap:
    return replace(masked, weights=removed.weights[0].mean(axis=0), masked=np.zeros_like(masked.masked))


def _removed(lesson: Lesson) -> None:
    before, after = _before_and_after(lesson)
    st.markdown(
        lesson(
            "disturbed" if after.mean() < before.mean() else "not_disturbed",
            before=percent_text(before.mean()),
            after=percent_text(after.mean()),
            fallen=int((after < before).sum()),
            words=len(before),
        )
    )
    palette = lesson.look.palette
    rows = [(lesson("with"), before, palette.weight), (lesson("without"), after, palette.negative)]
    origin = provenance(lesson.translation)
    _probability_bars(lesson, lesson.translation, rows, origin, title=lesson("removed_figure"), key="removed")


def _training(lesson: Lesson) -> None:
    """How far each model's loss is from the least that it can be: label smoothing, if any, is not what it learns."""
    own, other = lesson.run(loss_curve), lesson.run(loss_curve, companion=COMPANION)
    if not len(other.loss):
        st.info(lesson("no_log"))
        return
    said = lesson("training", **_tokens(other), left=f"{_left(other):.2g}")
    if len(own.loss):
        said += " " + lesson("training_own", **_tokens(own), left=f"{_left(own):.2g}")
    st.markdown(said)
    if own.least > 0:
        st.caption(lesson("least", least=f"{own.least:.3g}"))
    palette = lesson.look.palette
    lines = [
        LossLine(lesson(name), curve.tokens_million.tolist(), (curve.loss - curve.least).tolist(), colour)
        for name, curve, colour in (("own", own, palette.weight), ("other", other, palette.negative))
    ]
    texts = controls.texts_of(LossTexts, f"{lesson.part}.loss", lesson.words)
    footer = _checkpoints(lesson, own.checkpoint_id, other.checkpoint_id)
    controls.figure(
        loss_curves(lines, texts, look=lesson.look, footer=footer),
        lesson.words,
        key="look-ahead-mask-training",
        file=f"training-loss-{own.checkpoint_id}-{other.checkpoint_id}",
        alt=loss_summary(lines, texts),
        table=lambda: csv_text(
            _losses(lines),
            [
                ("checkpoint", own.checkpoint_id),
                (OTHER_CHECKPOINT, other.checkpoint_id),
                ("unit", "nats a token above the least possible"),
            ],
        ),
    )


def _checkpoints(lesson: Lesson, *ids: str) -> list[str]:
    """The footer of a figure of several models."""
    return [f"{lesson.words('heatmap.checkpoint')} {', '.join(ids)}"]


def _tokens(curve: LossCurve) -> dict[str, str]:
    """How many tokens it was trained on, as both languages count."""
    million = float(curve.tokens_million[-1])
    return {"tokens": f"{million:.3g}", "ten_thousands": number_text(100 * million)}


def _left(curve: LossCurve) -> float:
    """Nats above the least possible, over the last twentieth of the training: single batches make the loss jump."""
    return float(curve.loss[-max(1, len(curve.loss) // 20) :].mean()) - curve.least


def _losses(lines: list[LossLine]) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame({"model": line.name, "tokens_million": line.tokens_million, "loss": line.loss}) for line in lines
    )


def _copying(lesson: Lesson) -> None:
    """Both models with a text in sight, right or nonsense, and what the one without mask writes alone."""
    backwards = st.toggle(lesson("backwards"), key="look-ahead-mask-backwards")
    given = _backwards(lesson.translation) if backwards else lesson.translation.target_text
    own, other = lesson.run(read_given, given), lesson.run(read_given, given, companion=COMPANION)
    words, known, seen = group_words(other.target), *(_mean_probability(result) for result in (own, other))
    st.markdown(lesson("copies", text=controls.plain_label(given), own=percent_text(known), other=percent_text(seen)))
    palette = lesson.look.palette
    rows = [(lesson("other"), word_probabilities(other.log_probs, words), palette.negative)]
    own_words = group_words(own.target)
    if [word.text for word in own_words] == [word.text for word in words]:
        rows.insert(0, (lesson("own"), word_probabilities(own.log_probs, own_words), palette.weight))
    origin = [*provenance(own), (OTHER_CHECKPOINT, other.checkpoint_id)]
    _probability_bars(lesson, other, rows, origin, title=lesson("copying_figure"), key="copying",
                      others=[other.checkpoint_id])
    _alone(lesson)


def _alone(lesson: Lesson) -> None:
    """What the model without mask writes when there is nothing to copy: as it likes, and when it may not end."""
    length = len(lesson.translation.target)
    free = lesson.run(write_alone, 0, length, companion=COMPANION)
    forced = lesson.run(write_alone, length - 1, length, companion=COMPANION)
    st.markdown(lesson("alone"))
    writings = [(lesson("alone_own"), lesson.translation.target_text), (lesson("alone_free"), free.text)]
    if forced.text != free.text:
        writings.append((lesson("alone_forced"), forced.text))
    show_writings(writings, nothing=lesson("nothing"))


def _backwards(translation: Translation) -> str:
    """The words of a translation from last to first: no translation any more."""
    return " ".join(word.text for word in reversed(group_words(translation.target)) if not word.is_special)


def _mask_removed(lesson: Lesson) -> MaskRemoved:
    return lesson.run(remove_mask, tuple(token.id for token in lesson.translation.target))


def _before_and_after(lesson: Lesson) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each word of the model's translation with the mask and without, 0 to 1."""
    removed, words = _mask_removed(lesson), group_words(lesson.translation.target)
    return word_probabilities(removed.with_mask, words), word_probabilities(removed.without_mask, words)


def _mean_probability(translation: Translation) -> float:
    """Mean probability of a token, 0 to 1."""
    return float(np.exp(translation.log_probs).mean())


def _probability_bars(
    lesson: Lesson,
    translation: Translation,
    rows: list[tuple[str, np.ndarray, str]],
    origin: list[tuple[str, str]],
    *,
    title: str,
    key: str,
    others: Sequence[str] = (),
) -> None:
    """Probabilities of a translation's words; `others` are the checkpoints beside the app's own that they are of."""
    names = [word.text for word in group_words(translation.target)]
    bars = [Bars(name, (100 * probabilities).tolist(), colour) for name, probabilities, colour in rows]
    texts = BarsTexts(title=title, value=lesson("percent"), hover=lesson("hover"))
    table = pd.DataFrame({"word": names} | {name: probabilities for name, probabilities, _ in rows})
    controls.figure(
        word_bars(names, bars, texts, colour=lesson.look.palette.target, look=lesson.look, top=100,
                  plot_height=200),
        lesson.words,
        key=f"look-ahead-mask-{key}",
        file="-".join(("look-ahead-mask", key, lesson.translation.checkpoint_id, *others)),
        origin=(*lesson.origin(), *(_checkpoints(lesson, *others) if others else ())),
        alt=bars_summary(names, bars, texts),
        table=lambda: csv_text(table, origin),
    )


def _answer(lesson: Lesson) -> Answer:
    before, after = _before_and_after(lesson)
    change = after.mean() - before.mean()
    correct = "b" if abs(change) < 0.02 else "a" if change > 0 else "c"
    return Answer(correct, {"before": percent_text(before.mean()), "after": percent_text(after.mean())})


STEP = Step(
    "look-ahead-mask",
    show,
    FORMULA,
    (look_ahead_mask, masked_softmax, DecoderLayer, remove_mask, write_alone),
    _answer,
)
