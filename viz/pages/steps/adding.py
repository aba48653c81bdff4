"""Does adding not lose information? A real collision, what the trained model's sums keep, and the scores by part."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from model.experiments.adding import Recovery, nearest_sum, recover_pairs, split_scores
from model.transformer import Transformer
from viz import controls
from viz.figures.labels import percent_text
from viz.figures.numbers import MINUS, number_text
from viz.figures.recovery import RecoveryLine, RecoveryTexts, recovery_lines, recovery_summary
from viz.figures.small_maps import SmallMap, SmallMapsTexts, small_maps, small_maps_summary
from viz.measures.score_parts import shares_of_differences
from viz.measures.tables import csv_text, provenance
from viz.measures.widths import attention_parameters
from viz.measures.words import group_words, single_tokens
from viz.pages.steps.step import PAPER, Answer, Lesson, Step

VIEWS = ("collision", "measured", "scores")
DAMAGES_PERCENT = (0, 10, 30, 50)
# That of the question.
ASKED_DAMAGE_PERCENT = 10
# The order of model.experiments.adding.ScoreParts.
PARTS = ("content_content", "content_position", "position_content", "position_position", "bias")

FORMULA = r"""
\begin{aligned}
q_m \cdot k_n =\;& (W_q x_m) \cdot (W_k x_n) \\
+\;& (W_q x_m) \cdot (W_k p_n) \\
+\;& (W_q p_m) \cdot (W_k x_n) \\
+\;& (W_q p_m) \cdot (W_k p_n) + \cdots \\[0.6em]
W \begin{bmatrix} x \\ p \end{bmatrix} =\;& W_1 x + W_2 p
\end{aligned}
"""


@st.fragment
def show(lesson: Lesson) -> None:
    view = st.segmented_control(
        lesson("view"),
        VIEWS,
        default=VIEWS[0],
        required=True,
        format_func=lambda name: lesson(f"views.{name}"),
        key="adding-view",
        label_visibility="collapsed",
        persist_state="session",
    )
    if view == "collision":
        _collision(lesson)
    elif view == "measured":
        _measured(lesson)
    else:
        _scores(lesson)


def _collision(lesson: Lesson) -> None:
    """Two words at two positions whose sums are the same."""
    colour = lesson.look.palette.source
    word, position = lesson("word"), lesson("position")

    def term(name: str, number: int, vector: str, *, blue: bool) -> str:
        numbers = rf"\textcolor{{{colour}}}{{{vector}}}" if blue else vector
        return rf"\underbrace{{{numbers}}}_{{\text{{{name} {number}}}}}"

    def total(number: int, vector: str, added: str) -> str:
        return rf"{term(word, number, vector, blue=True)} + {term(position, number, added, blue=False)} &= (4, 4, 4)"

    st.markdown(lesson("collision"))
    lines = rf"{total(1, '(1, 2, 3)', '(3, 2, 1)')} \\[1.4em] {total(2, '(2, 2, 2)', '(2, 2, 2)')}"
    st.latex(rf"\begin{{aligned}} {lines} \end{{aligned}}")
    st.markdown(lesson("collision_needs"))
    st.latex(rf"\textcolor{{{colour}}}{{(2, 2, 2) - (1, 2, 3)}} = (1, 0, -1) = (3, 2, 1) - (2, 2, 2)")
    st.markdown(lesson("collision_model", d=lesson.config.d_model))


def _measured(lesson: Lesson) -> None:
    damage = st.segmented_control(
        lesson("damage"),
        sorted({*DAMAGES_PERCENT, _dropout_percent(lesson)}),
        default=_dropout_percent(lesson),
        required=True,
        format_func=lambda percent: f"{percent} %",
        key="adding-damage",
        persist_state="session",
    )
    assert damage is not None
    recovery = _recover(lesson, damage)
    st.markdown(
        lesson(
            "measured_exact" if damage == 0 else "measured",
            words=f"{recovery.n_words:,}",
            positions=recovery.n_positions,
            sampled=recovery.n_sampled,
            damage=damage,
            d=int(recovery.sizes[-1]),
            both=percent_text(float(recovery.added_both[-1])),
            small=int(recovery.sizes[0]),
            small_both=percent_text(float(recovery.added_both[0])),
        )
    )
    palette = lesson.look.palette
    lines = [
        RecoveryLine(lesson("added_both"), recovery.added_both.tolist(), palette.weight),
        RecoveryLine(lesson("added_word"), recovery.added_word.tolist(), palette.source),
        RecoveryLine(lesson("added_position"), recovery.added_position.tolist(), palette.muted),
        RecoveryLine(lesson("joined"), recovery.joined_same_width.tolist(), palette.negative),
    ]
    sizes = recovery.sizes.tolist()
    texts = controls.texts_of(RecoveryTexts, "lesson-adding.recovery", lesson.words)
    controls.figure(
        recovery_lines(sizes, lines, texts, look=lesson.look),
        lesson.words,
        key="adding-recovery",
        origin=lesson.origin()[1:],
        file=f"word-and-position-{damage}-{lesson.translation.checkpoint_id}",
        alt=recovery_summary(sizes, lines, texts),
        table=lambda: csv_text(
            pd.DataFrame({
                "d": sizes,
                "added_both": recovery.added_both,
                "added_word": recovery.added_word,
                "added_position": recovery.added_position,
                "joined_same_width": recovery.joined_same_width,
                "joined_double_width": recovery.joined_double_width,
            }),
            [("checkpoint", lesson.translation.checkpoint_id), ("values set to zero", f"{damage} %"),
             ("pairs", f"{recovery.n_sampled} of {recovery.n_words} pieces x {recovery.n_positions} positions")],
        ),
    )
    _costs(lesson, recovery)


def _dropout_percent(lesson: Lesson) -> int:
    """The model's own dropout, or the paper's if it has none."""
    return round(100 * (lesson.config.dropout or PAPER.dropout))


def _recover(lesson: Lesson, damage_percent: int) -> Recovery:
    # It says nothing of the sentence, so that all sentences share one result.
    return replace(lesson, sentence="").run(recover_pairs, damage_percent)


def _costs(lesson: Lesson, recovery: Recovery) -> None:
    """Adding beside concatenating: how wide the vectors are, what that costs, and how much is found again."""
    d = lesson.config.d_model
    ways = [
        (lesson("add"), f"{d}", d, recovery.added_both[-1]),
        (lesson("join_same"), f"{d // 2} + {d - d // 2} = {d}", d, recovery.joined_same_width[-1]),
        (lesson("join_double"), f"{d} + {d} = {2 * d}", 2 * d, recovery.joined_double_width[-1]),
    ]
    rows = [
        {
            lesson("way"): way,
            lesson("width"): width_text,
            lesson("parameters"): _count(lesson, attention_parameters(width)),
            lesson("found"): f"{percent_text(float(share))} %",
        }
        for way, width_text, width, share in ways
    ]
    st.markdown(f"**{lesson('costs')}**")
    st.table(pd.DataFrame(rows).set_index(lesson("way")))
    n_attentions = lesson.config.n_encoder_layers + 2 * lesson.config.n_decoder_layers
    more = n_attentions * (attention_parameters(2 * d) - attention_parameters(d))
    said = lesson("costs_model", attentions=n_attentions, more=_count(lesson, more))
    if d != PAPER.d_model:
        once, twice = (_count(lesson, attention_parameters(times * PAPER.d_model)) for times in (1, 2))
        said = f"{said} {lesson('costs_paper', d=PAPER.d_model, once=once, twice=twice)}"
    st.caption(said)


def _count(lesson: Lesson, count: int) -> str:
    """A number of parameters with three significant figures: 263 thousand, 1.05 million, or 26.3만."""
    return lesson(
        "count_millions" if count >= 1e6 else "count",
        thousands=number_text(count / 1e3), ten_thousands=number_text(count / 1e4), millions=number_text(count / 1e6),
    )


def _scores(lesson: Lesson) -> None:
    n_heads = lesson.config.n_heads
    head = st.segmented_control(
        lesson("head"),
        range(n_heads),
        default=0,
        required=True,
        format_func=lambda index: str(index + 1),
        key="adding-head",
        persist_state="session",
    )
    assert head is not None
    parts = lesson.run(split_scores).all()
    shares = shares_of_differences(parts)
    st.markdown(
        lesson(
            "scores", head=head + 1, content=_percent(shares[0, head]), positions=_percent(shares[1:4, head].sum()),
            heads=n_heads, content_mean=_percent(shares[0].mean()), positions_mean=_percent(shares[1:4].sum(0).mean()),
        )
    )
    maps = [
        SmallMap(f"{lesson(f'parts.{name}')} {_percent(shares[place, head])} %", parts[place, head])
        for place, name in enumerate(PARTS)
    ]
    maps.append(SmallMap(lesson("parts.sum"), parts[:, head].sum(axis=0)))
    # The four products of content and position as a square, the biases and the sum beside it.
    arranged = [maps[0], maps[1], maps[4], maps[2], maps[3], maps[5]]
    source = lesson.translation.source
    texts = replace(
        controls.texts_of(SmallMapsTexts, "lesson-adding.maps", lesson.words),
        title=lesson("maps.title", head=head + 1),
    )
    controls.figure(
        small_maps(arranged, single_tokens(source), group_words(source), texts, look=lesson.look),
        lesson.words,
        key="adding-scores",
        origin=lesson.origin(),
        file=f"score-parts-head-{head}-{lesson.translation.checkpoint_id}",
        alt=small_maps_summary(arranged, texts),
        table=lambda: _scores_csv(lesson, head),
    )
    st.caption(lesson("share"))


def _percent(share: float) -> str:
    """A share as whole percent; it may be negative."""
    percent = round(100 * float(share))
    return f"{MINUS if percent < 0 else ''}{abs(percent)}"


def _scores_csv(lesson: Lesson, head: int) -> str:
    parts = lesson.run(split_scores).all()[:, head]
    tokens = single_tokens(lesson.translation.source)
    rows = [
        {"query": query, "query_text": tokens[query].text, "key": key, "key_text": tokens[key].text}
        for query in range(len(tokens)) for key in range(len(tokens))
    ]
    table = pd.DataFrame(rows)
    for place, name in enumerate(PARTS):
        table[name] = parts[place].ravel()
    table["score"] = parts.sum(axis=0).ravel()
    return csv_text(table, [*provenance(lesson.translation), ("layer", "0"), ("head", str(head))])


def _answer(lesson: Lesson) -> Answer:
    recovery = _recover(lesson, ASKED_DAMAGE_PERCENT)
    both = float(recovery.added_both[-1])
    correct = "a" if both < 0.1 else "c" if both > 0.9 else "b"
    return Answer(
        correct,
        {
            "percent": percent_text(both),
            "sampled": recovery.n_sampled,
            "damage": ASKED_DAMAGE_PERCENT,
            "d": int(recovery.sizes[-1]),
        },
    )


STEP = Step("adding", show, FORMULA, (Transformer.embed, recover_pairs, nearest_sum, split_scores), _answer)
