"""Cross-attention: where each English word looks in the Korean sentence, and where its keys and values come from."""

from __future__ import annotations

from html import escape

import streamlit as st

from model.attention import MultiHeadAttention
from model.experiments.cross_attention import key_origins
from model.transformer import DecoderLayer, Transformer
from viz import controls, state
from viz.figures.labels import percent_text
from viz.figures.word_links import LinksTexts, links_summary, word_links
from viz.language import examples
from viz.measures.alignment import crossings
from viz.measures.maps import AttentionMap, average_map
from viz.measures.tables import map_csv
from viz.pages.steps.step import PAPER, Answer, Lesson, Step

SMALL_EXAMPLE = "나는 강사 입니다"

FORMULA = r"""
\begin{gathered}
Q = X_{\text{decoder}} W^Q \\
K = H_{\text{encoder}} W^K, \quad V = H_{\text{encoder}} W^V \\[0.5em]
\mathrm{softmax}\!\left(\frac{Q K^{\top}}{\sqrt{d_k}}\right) V
\end{gathered}
"""


@st.fragment
def show(lesson: Lesson) -> None:
    config = lesson.config
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # The last layer is where the two languages are lined up most clearly.
        layer = _choose(lesson, "layer", config.n_decoder_layers, default=config.n_decoder_layers)
        head = _choose(lesson, "head", config.n_heads, default=0)
        chosen_map = average_map(lesson.translation, "cross", layer=layer, head=head, words=True)
        word = _choose_word(lesson, chosen_map)
        _other_sentence(lesson)
    texts = controls.texts_of(LinksTexts, f"{lesson.part}.links", lesson.words)
    picture, side = st.columns([5, 3], gap="medium")
    with picture:
        controls.figure(
            word_links(chosen_map, texts, look=lesson.look, chosen=word),
            lesson.words,
            key="cross-attention",
            origin=lesson.origin(),
            file=f"cross-attention-links-{lesson.translation.checkpoint_id}",
            alt=links_summary(chosen_map, texts),
            table=lambda: map_csv(lesson.translation, chosen_map),
        )
        st.markdown(_seen(lesson, chosen_map))
    with side:
        _shapes(lesson)


def _other_sentence(lesson: Lesson) -> None:
    """The small example, and the way back from it."""
    if lesson.sentence == SMALL_EXAMPLE:
        before = (text for text in state.history() if text != SMALL_EXAMPLE)
        label, text = lesson("back"), next(before, examples(lesson.words.language)[0].text)
    else:
        label, text = lesson("small", sentence=SMALL_EXAMPLE), SMALL_EXAMPLE
    if st.button(label, key="cross-attention-sentence", on_click=state.put_in_box, args=(text,)):
        # The sentence is the whole page's.
        st.rerun()


def _choose(lesson: Lesson, what: str, count: int, *, default: int) -> int | None:
    """A layer or head, counted from zero; None for the mean over all, which is the option 0."""
    chosen = st.selectbox(
        lesson(what),
        range(count + 1),
        index=default,
        format_func=lambda number: lesson("mean") if number == 0 else str(number),
        key=f"cross-attention-{what}",
        width=round(110 * lesson.look.type_scale),
    )
    return None if chosen == 0 else chosen - 1


def _choose_word(lesson: Lesson, shown: AttentionMap) -> int | None:
    """One target word to look at alone; None for all."""
    assert shown.predicted is not None
    names = [lesson("all_words"), *(f"{place + 1}. {word.text}" for place, word in enumerate(shown.predicted))]
    # Another sentence may have fewer words.
    key = f"cross-attention-word-{len(names)}"
    chosen = st.selectbox(
        lesson("word"),
        range(len(names)),
        format_func=lambda place: names[place],
        key=key,
        width=round(170 * lesson.look.type_scale),
    )
    return None if chosen == 0 else chosen - 1


def _seen(lesson: Lesson, shown: AttentionMap) -> str:
    """How far the two orders cross, from the model's own weights."""
    found = crossings(shown)
    pairs = found.straight + found.crossed
    if pairs == 0:
        return lesson("no_pairs")
    if found.crossed == 0:
        return lesson("same_order", pairs=pairs)
    return lesson("crossed", pairs=pairs, crossed=found.crossed, percent=percent_text(found.crossed / pairs))


def _shapes(lesson: Lesson) -> None:
    """The shapes on the way of one step: of the arrays that the model computed, and of the paper's."""
    cross = lesson.trace.cross
    source, d_model = lesson.trace.encoder_states.shape[1:]
    _, heads, _, d_head = cross.queries.shape
    rows = (
        ("shape_in", f"(1, {d_model})", f"(1, {PAPER.d_model})"),
        ("shape_query", f"({heads}, 1, {d_head})", f"({PAPER.n_heads}, 1, {PAPER.d_head})"),
        ("shape_keys", f"({heads}, {source}, {d_head})", f"({PAPER.n_heads}, {source}, {PAPER.d_head})"),
        ("shape_weights", f"({heads}, 1, {source})", f"({PAPER.n_heads}, 1, {source})"),
        ("shape_out", f"(1, {d_model})", f"(1, {PAPER.d_model})"),
    )
    st.markdown(lesson("shapes", source=source))
    lines = (
        f"<dt>{escape(lesson(key))}</dt><dd>{here} <small>{escape(lesson('paper', shape=paper))}</small></dd>"
        for key, here, paper in rows
    )
    st.html(f'<dl class="lesson-shapes">{"".join(lines)}</dl>')


def _answer(lesson: Lesson) -> Answer:
    shares = lesson.run(key_origins)  # (decoder layers, encoder layers)
    n_layers = shares.shape[1]
    from_last = bool((shares.argmin(axis=1) == n_layers - 1).all())
    first, last = (percent_text(float(shares[0, layer])) for layer in (0, -1))
    return Answer("b" if from_last else "a", {"n": n_layers, "first": first, "last": last})


STEP = Step(
    "cross-attention",
    show,
    FORMULA,
    (Transformer.decode, DecoderLayer, MultiHeadAttention, key_origins),
    _answer,
)
