"""Why not an LSTM: how far each word's state depends on each word, in LSTMs and in the Transformer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from model.attention import attention_weights
from model.config import DecodingConfig
from model.errors import InputError
from model.experiments.influence import Influence, leave_out_words, nudge_words, state_change, written
from model.records import Translation
from model.recurrent import RecurrentEncoder
from viz import controls, resources
from viz.figures.influence import InfluenceMap, InfluenceTexts, influence_maps, influence_summary
from viz.figures.influence_by_distance import DistanceCurve, DistanceTexts, distance_summary, influence_by_distance
from viz.figures.labels import percent_text
from viz.language import examples
from viz.measures.influence import fading
from viz.measures.links import TIMES_EVEN_SHARE, strongest_joining_head
from viz.measures.maps import captured
from viz.measures.tables import csv_text, provenance
from viz.measures.words import Word, spaced_words
from viz.pages.steps.step import Answer, Lesson, Step, missing_companion, show_writings

FORMULA = r"""\begin{gathered}
\text{LSTM:} \quad h_t = f(h_{t-1},\, x_t) \\
\text{self-attention:} \quad z_t = \sum_s w_{ts}\, v_s \\
w_{ts} = \mathrm{softmax}_s\!\left(q_t \cdot k_s / \sqrt{d_k}\right)
\end{gathered}"""

# The models by their names in the words, with the folders of their checkpoints; None is the app's own.
MODELS: dict[str, str | None] = {
    "forward": "ko-en-lstm",
    "bidirectional": "ko-en-lstm-bidirectional",
    "transformer": None,
}
MEASURES = {"leave_out": leave_out_words, "nudge": nudge_words}


@dataclass(frozen=True)
class _Pair:
    """Two words whose influence on each other is spoken of, by their places; `near` stands first."""

    near: int
    far: int


@st.fragment
def show(lesson: Lesson) -> None:
    # The frame does not see what goes wrong when only this part is drawn anew.
    with missing_companion(lesson.words):
        _compare(lesson)


def _compare(lesson: Lesson) -> None:
    """Maps, curves and translations of the chosen models for the sentence with the chosen gap."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, added, rest = _gap(lesson)
        chosen = st.segmented_control(
            lesson("models"), MODELS, default=list(MODELS), selection_mode="multi", format_func=lesson,
            key="lstm-models", width="content",
        )
        measure = st.segmented_control(
            lesson("measure"), MEASURES, default="leave_out", required=True, key="lstm-measure", width="content",
            format_func=lambda name: lesson(f"measures.{name}"),
        )
    models = [name for name in MODELS if name in chosen] or list(MODELS)
    if added:
        st.html(f'<p class="lesson-words" lang="ko">{escape(first)} <u>{escape(added)}</u>{escape(rest)}</p>')
        lesson = replace(lesson, sentence=f"{first} {added}{rest}")
    translation = resources.translate(lesson.sentence, DecodingConfig())
    words = _words(translation)
    pair = _pair(lesson, words)
    influences = {name: _influence(lesson, words, name, measure) for name in models}
    _maps(lesson, translation, words, influences, pair, measure)
    framed = lesson("framed", near=_plain(words[pair.near]), far=_plain(words[pair.far])) if pair else ""
    st.caption(f"{lesson(f'measures.{measure}_explained')} {framed}")
    # What is said in numbers speaks of words that are left out.
    if measure == "leave_out":
        for line in _said(lesson, translation, words, pair):
            st.markdown(line)
    _distances(lesson, translation, words, influences, measure)
    if measure == "leave_out" and len(words) > 3:
        st.markdown(_said_fading(lesson, words))
    _translations(lesson, translation)


def _gap(lesson: Lesson) -> tuple[str, str, str]:
    """The sentence's first word, the words that the reader puts after it, and the rest of the sentence."""
    filler = lesson("filler").split()
    end = _words(resources.translate(lesson.sentence, DecodingConfig()))[0].end
    first, rest = lesson.sentence[:end], lesson.sentence[end:]
    added = [" ".join(filler[:n_words]) for n_words in range(len(filler) + 1)]
    translator = resources.service().translator
    most = max(n for n, more in enumerate(added)
               if translator.count_tokens(f"{first} {more}{rest}") <= translator.max_source_tokens)
    # The limit is part of the key: what was chosen for a short sentence may be too much for a long one.
    n_words = most and st.slider(
        lesson("gap"), 0, most, value=0, key=f"lstm-gap-{most}", help=lesson("gap_help"), width=230
    )
    return first, added[n_words], rest


def _words(translation: Translation) -> tuple[Word, ...]:
    return tuple(word for word in spaced_words(translation.source) if not word.is_special)


def _pair(lesson: Lesson, words: tuple[Word, ...]) -> _Pair | None:
    """The words of an example's link if the sentence has them in this order, else the first and the last word."""
    for example in examples(lesson.words.language):
        near, far = (
            next((place for place, word in enumerate(words) if word.text.startswith(linked)), -1)
            for linked in example.link
        )
        if 0 <= near < far:
            return _Pair(near, far)
    return _Pair(0, len(words) - 1) if len(words) > 1 else None


def _influence(lesson: Lesson, words: tuple[Word, ...], model: str, measure: str = "leave_out") -> Influence:
    spans = tuple((word.start, word.end) for word in words)
    return lesson.run(MEASURES[measure], spans, companion=MODELS[model])


def _maps(
    lesson: Lesson,
    translation: Translation,
    words: tuple[Word, ...],
    influences: dict[str, Influence],
    pair: _Pair | None,
    measure: str,
) -> None:
    names = [word.text for word in words]
    maps = [InfluenceMap(lesson(model), each.change) for model, each in influences.items()]
    marked = [(pair.near, pair.far), (pair.far, pair.near)] if pair else []
    section = "map" if measure == "leave_out" else "nudged-map"
    texts = controls.texts_of(InfluenceTexts, f"{lesson.part}.{section}", lesson.words)
    controls.figure(
        influence_maps(names, maps, texts, marked=marked, look=lesson.look),
        lesson.words,
        key="lesson-lstm-maps",
        origin=lesson.origin(translation),
        file=f"influence-{translation.checkpoint_id}",
        alt=influence_summary(names, maps, texts, marked),
        table=lambda: _csv(translation, names, influences, measure),
    )


def _csv(translation: Translation, names: list[str], influences: dict[str, Influence], measure: str) -> str:
    """Every cell of every map; words also by their places from zero, so that equal ones stay apart."""
    rows = [
        (model, state, names[state], changed, names[changed], float(each.change[state, changed]))
        for model, each in influences.items()
        for state, changed in np.ndindex(each.change.shape)
    ]
    table = pd.DataFrame(rows, columns=["model", "state", "state_word", "changed", "changed_word", "change_share"])
    checkpoints = [(f"checkpoint of {model}", each.checkpoint_id) for model, each in influences.items()]
    return csv_text(table, [*provenance(translation), *checkpoints, ("measured by", measure)])


def _said(lesson: Lesson, translation: Translation, words: tuple[Word, ...], pair: _Pair | None) -> list[str]:
    """What is to be seen of the pair, in each model's own numbers."""
    if pair is None:
        return [lesson("pair.alone")]
    left_out = {model: _influence(lesson, words, model) for model in MODELS}
    near, far = _plain(words[pair.near]), _plain(words[pair.far])
    percents = {model: percent_text(float(each.change[pair.far, pair.near])) for model, each in left_out.items()}
    # An LSTM reads the tokens that stand between, and those of the far word itself.
    steps = sum(left_out["forward"].n_tokens[pair.near + 1 : pair.far + 1])
    said = [_said_ahead(lesson, words, pair), lesson("pair.back", near=near, far=far, steps=steps, **percents)]
    if len(translation.source) > TIMES_EVEN_SHARE:  # no weight among fewer tokens can be that many times the even share
        said.append(_said_head(lesson, translation, words, pair))
    return said


def _said_ahead(lesson: Lesson, words: tuple[Word, ...], pair: _Pair) -> str:
    """How far the state of the near word depends on the far one, which comes later."""
    ahead = {
        model: float(_influence(lesson, words, model).change[pair.near, pair.far]) for model in MODELS
    }
    percents = {model: percent_text(share) for model, share in ahead.items()}
    key = "pair.zero" if ahead["forward"] == 0 else "pair.some"
    return lesson(key, near=_plain(words[pair.near]), far=_plain(words[pair.far]), **percents)


def _said_head(lesson: Lesson, translation: Translation, words: tuple[Word, ...], pair: _Pair) -> str:
    """Which encoder head looks from the near word at the far one, or that none does."""
    near, far = words[pair.near], words[pair.far]
    head = strongest_joining_head(captured(translation), "encoder", near.indices, far.indices, times_even_share=0)
    if head is None:
        raise ValueError("a softmax gives every key a weight above 0")
    return lesson(
        "head.joined" if head.times_even_share > TIMES_EVEN_SHARE else "head.not_joined",
        near=_plain(near),
        far=_plain(far),
        layer=head.ref.layer + 1,
        head=head.ref.head + 1,
        weight=f"{head.weight:.3f}",
        even=f"{head.even_share:.3f}",
        times=f"{head.times_even_share:.1f}",
        threshold=f"{TIMES_EVEN_SHARE:g}",
    )


def _said_fading(lesson: Lesson, words: tuple[Word, ...]) -> str:
    """How much is left of influence from the further half of the distances."""
    far = (len(words) + 1) // 2
    percents = {}
    for model in MODELS:
        near_share, far_share = fading(_influence(lesson, words, model).change, far)
        percents |= {f"{model}_near": percent_text(near_share), f"{model}_far": percent_text(far_share)}
    return lesson("distance.fading", far=far, **percents)


def _plain(word: Word) -> str:
    """A word for a sentence in Markdown."""
    return controls.plain_label(word.text)


def _distances(
    lesson: Lesson,
    translation: Translation,
    words: tuple[Word, ...],
    influences: dict[str, Influence],
    measure: str,
) -> None:
    if len(words) < 2:
        return
    styles = list(MODELS)
    curves = [DistanceCurve(lesson(model), each.change, styles.index(model)) for model, each in influences.items()]
    texts = controls.texts_of(DistanceTexts, f"{lesson.part}.distance", lesson.words)
    names = [word.text for word in words]
    controls.figure(
        influence_by_distance(curves, texts, look=lesson.look),
        lesson.words,
        key="lesson-lstm-distance",
        origin=lesson.origin(translation),
        file=f"influence-by-distance-{translation.checkpoint_id}",
        alt=distance_summary(curves, texts),
        table=lambda: _csv(translation, names, influences, measure),
    )


def _translations(lesson: Lesson, translation: Translation) -> None:
    """What each model makes of the sentence."""
    st.markdown(f"**{lesson('translations')}**")
    writings = []
    for model, companion in MODELS.items():
        try:
            read = translation if companion is None else lesson.run(written, companion=companion)
            text = read.target_text
        except InputError as error:
            # Its vocabulary may need more tokens for the sentence than the app's.
            text = controls.input_problem(error, lesson.words)
        writings.append((lesson(model), text))
    show_writings(writings, nothing=lesson("nothing"))
    st.caption(lesson("fair"))


def _answer(lesson: Lesson) -> Answer:
    words = _words(resources.translate(lesson.sentence, DecodingConfig()))
    pair = _pair(lesson, words)
    if pair is None:
        return Answer("a", {"said": lesson("pair.alone")})
    share = float(_influence(lesson, words, "forward").change[pair.near, pair.far])
    correct = "a" if share == 0 else "b" if share < 0.3 else "c"
    return Answer(correct, {"said": _said_ahead(lesson, words, pair)})


STEP = Step(
    "lstm", show, FORMULA, (RecurrentEncoder, attention_weights, leave_out_words, state_change), _answer
)
