"""The output: from the decoder's vector to the next token, greedy against beam search, and dropout."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from model.config import DecodingConfig
from model.decoding import greedy_search, normalised
from model.experiments.output import dropout_passes, next_tokens
from model.records import Candidate, Token, Translation
from model.transformer import Transformer
from viz import controls, resources
from viz.figures.candidate_bars import CandidatesTexts, candidate_bars, candidates_summary
from viz.figures.feedback import FeedbackTexts, feedback_html
from viz.figures.labels import percent_text
from viz.figures.running_sums import Path, SumsTexts, running_sums, sums_summary
from viz.figures.word_ranges import RangesTexts, ranges_summary, word_ranges
from viz.measures.confidence import Alternative, word_probabilities
from viz.measures.tables import csv_text, provenance
from viz.measures.words import display_piece, group_words, special_ids
from viz.pages.steps.step import PAPER, Answer, Lesson, Step, show_writings

VIEWS = ("candidates", "search", "dropout")
N_CANDIDATES = 10
BEAM_SIZES = (2, 4, 8)
BEAM_SIZE = 4
# At the first step nothing has gone back in yet.
FIRST_STEP = 4
RATES = (0.0, 0.1, 0.2, 0.3, 0.5)
N_PASSES = 20
SEED = 1

FORMULA = r"""
\begin{gathered}
p = \mathrm{softmax}(E\, h_t), \qquad E \in \mathbb{R}^{V \times d_{\text{model}}} \\[0.4em]
\mathrm{score}(y) = \frac{\sum_t \log p(y_t)}{\left((5 + |y|)/6\right)^{\alpha}}
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
            key="output-view",
            label_visibility="collapsed",
            width="content",
        )
        if view == "candidates":
            step = _choose_step(lesson)
        elif view == "search":
            size = _choose_beam(lesson)
        else:
            rate = _choose_rate(lesson)
    if view == "candidates":
        _candidates(lesson, step)
    elif view == "search":
        _search(lesson, size)
    else:
        _dropout(lesson, rate)


def _choose_step(lesson: Lesson) -> int:
    """A step of the decoder, counted from zero."""
    n_steps = len(lesson.translation.target)
    if n_steps == 1:
        return 0
    # Another translation may have fewer steps.
    return st.slider(lesson("step"), 1, n_steps, min(FIRST_STEP, n_steps), key=f"output-step-{n_steps}") - 1


def _choose_beam(lesson: Lesson) -> int:
    size = st.segmented_control(
        lesson("beam"), BEAM_SIZES, default=BEAM_SIZE, required=True, format_func=str, key="output-beam"
    )
    return size or BEAM_SIZE


def _choose_rate(lesson: Lesson) -> float:
    trained = lesson.config.dropout
    return st.select_slider(
        lesson("rate"),
        sorted({*RATES, trained}),
        value=trained,
        format_func=lambda share: f"{share:g}",
        key="output-rate",
    )


def _candidates(lesson: Lesson, step: int) -> None:
    """One step of the decoder: what it reads, the ten likeliest tokens, and which of them goes back in."""
    translation = lesson.translation
    read, written = ([_shown(token) for token in tokens] for tokens in (translation.decoder_input, translation.target))
    around = controls.texts_of(FeedbackTexts, f"{lesson.part}.feedback", lesson.words)
    st.html(feedback_html(read, written, step, around))
    best = lesson.run(next_tokens, _target(translation), N_CANDIDATES)[step]
    candidates = [_alternative(candidate, translation) for candidate in best]
    ids = [candidate.id for candidate in best]
    chosen = ids.index(translation.target[step].id) if translation.target[step].id in ids else None
    if chosen != 0:
        st.caption(lesson("skipped", best=controls.plain_label(candidates[0].text)))
    texts = replace(
        controls.texts_of(CandidatesTexts, f"{lesson.part}.candidates", lesson.words),
        title=lesson("candidates_title", number=step + 1),
    )
    controls.figure(
        candidate_bars(candidates, chosen, texts, look=lesson.look),
        lesson.words,
        key="output-candidates",
        origin=lesson.origin(translation),
        file=f"candidates-{translation.checkpoint_id}-step-{step}",
        alt=candidates_summary(candidates, texts),
        table=lambda: csv_text(
            pd.DataFrame([(one.text, one.probability) for one in candidates], columns=["token", "probability"]),
            [*provenance(translation), ("step", f"{step}, from zero")],
        ),
    )
    config = lesson.config
    st.caption(
        lesson(
            "linear", d_model=config.d_model, paper=PAPER.d_model, vocabulary=f"{config.vocab_size:,}",
            rest=percent_text(max(0.0, 1 - sum(candidate.probability for candidate in best))), count=len(best),
        )
    )


def _search(lesson: Lesson, size: int) -> None:
    """Greedy against beam search: both sentences, and how their log probabilities add up."""
    greedy, beam = lesson.translation, _beam(lesson, size)
    names = (lesson("greedy"), lesson("beam_of", size=size))
    st.markdown(lesson(f"search_{_compare(greedy, beam)}", times=_times(_log_prob(beam) - _log_prob(greedy))))
    show_writings(
        (f"{name} · {_scores(lesson, found)}", found.target_text)
        for name, found in zip(names, (greedy, beam), strict=True)
    )
    palette = lesson.look.palette
    paths = [
        Path(name, [_shown(token) for token in found.target], found.log_probs.tolist(), colour)
        for name, found, colour in zip(names, (greedy, beam), (palette.negative, palette.weight), strict=True)
    ]
    texts = controls.texts_of(SumsTexts, f"{lesson.part}.sums", lesson.words)
    controls.figure(
        running_sums(paths, texts, look=lesson.look),
        lesson.words,
        key="output-search",
        origin=(*lesson.origin(greedy), *lesson.origin(beam)),
        file=f"greedy-and-beam-{greedy.checkpoint_id}",
        alt=sums_summary(paths, texts),
        table=lambda: csv_text(_paths_table(paths), provenance(beam)),
    )


def _beam(lesson: Lesson, size: int) -> Translation:
    with st.spinner(lesson.words("lesson.computing"), show_time=True):
        return resources.translate(lesson.sentence, DecodingConfig(beam_size=size))


def _log_prob(translation: Translation) -> float:
    """Log probability of the whole sentence, in nats."""
    return float(translation.log_probs.sum(dtype=np.float64))


def _compare(greedy: Translation, beam: Translation) -> str:
    """Whether the beam's sentence is the "same", or "likelier" or "rarer"."""
    if _target(greedy) == _target(beam):
        return "same"
    return "likelier" if _log_prob(beam) > _log_prob(greedy) else "rarer"


def _times(nats: float) -> str:
    """How many times likelier, to three figures."""
    times = math.exp(min(abs(nats), 50.0))
    return f"{times:.3g}" if times < 100 else f"{float(f'{times:.3g}'):,.0f}"


def _nats(number: float) -> str:
    """To three figures, with the sign of a minus."""
    return f"{number:.3g}".replace("-", "−")


def _scores(lesson: Lesson, found: Translation) -> str:
    length = len(found.target)
    score = normalised(_log_prob(found), length, DecodingConfig().length_penalty)
    return lesson("scores", log_prob=_nats(_log_prob(found)), normalised=_nats(score), count=length)


def _paths_table(paths: list[Path]) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame({"search": path.name, "token": path.tokens, "log_prob_nats": path.log_probs}) for path in paths
    )


def _dropout(lesson: Lesson, rate: float) -> None:
    """The same words predicted again and again with values left out at random."""
    translation = lesson.translation
    passes = lesson.run(dropout_passes, _target(translation), rate, N_PASSES, SEED)
    words = group_words(translation.target)
    names = [word.text for word in words]
    steady, scattered = (100 * word_probabilities(logs, words) for logs in (translation.log_probs, passes.on))
    low, high = scattered.min(axis=0), scattered.max(axis=0)
    widest = int((high - low).argmax())
    st.markdown(
        lesson(
            "scatter", count=N_PASSES, rate=f"{rate:g}", here=f"{lesson.config.dropout:g}", paper=f"{PAPER.dropout:g}",
            word=controls.plain_label(names[widest]), low=percent_text(low[widest] / 100),
            high=percent_text(high[widest] / 100), kept=percent_text(float(passes.first_choice.mean())),
        )
    )
    texts = controls.texts_of(RangesTexts, f"{lesson.part}.ranges", lesson.words)
    controls.figure(
        word_ranges(names, steady, scattered, texts, colour=lesson.look.palette.target, look=lesson.look, top=100),
        lesson.words,
        key="output-dropout",
        origin=lesson.origin(translation),
        file=f"dropout-{rate:g}-{translation.checkpoint_id}",
        alt=ranges_summary(names, steady, scattered, texts),
        table=lambda: csv_text(
            pd.DataFrame({"word": names, "without_percent": steady, "lowest_percent": low, "highest_percent": high}),
            [*provenance(translation), ("dropout", f"{rate:g}"), ("passes", str(N_PASSES)), ("seed", str(SEED))],
        ),
    )


def _target(translation: Translation) -> tuple[int, ...]:
    return tuple(token.id for token in translation.target)


def _shown(token: Token) -> str:
    return display_piece(token.piece, is_special=token.is_special)


def _alternative(candidate: Candidate, translation: Translation) -> Alternative:
    is_special = candidate.id in special_ids(translation)
    return Alternative(display_piece(candidate.piece, is_special=is_special), candidate.probability, is_special)


def _answer(lesson: Lesson) -> Answer:
    greedy, beam = lesson.translation, _beam(lesson, BEAM_SIZE)
    correct = {"likelier": "a", "same": "b", "rarer": "c"}[_compare(greedy, beam)]
    return Answer(correct, {"greedy": _nats(_log_prob(greedy)), "beam": _nats(_log_prob(beam))})


STEP = Step(
    "output", show, FORMULA, (Transformer.logits, next_tokens, greedy_search, normalised, dropout_passes), _answer
)
