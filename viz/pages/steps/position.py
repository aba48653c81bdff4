"""Positional encoding: its waves, its matrix, how alike positions are, and that only their offset counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from model.positional import sinusoidal_positions
from model.transformer import Transformer
from viz import controls
from viz.figures.numbers import number_text
from viz.figures.positional_curves import CurvesTexts, curves_summary, positional_curves
from viz.figures.positional_matrix import MatrixTexts, least_width_px, matrix_summary, positional_matrix
from viz.figures.positional_products import ProductsTexts, positional_products, products_summary
from viz.figures.positional_similarity import SimilarityTexts, positional_similarity, similarity_summary
from viz.measures.positions import BASE, cosine_by_distance, positional_encoding, wavelengths_positions
from viz.measures.words import display_piece
from viz.pages.encoding import D_MODELS, FORMULA, encoding_csv, products_csv, similarity_csv
from viz.pages.steps.step import PAPER, Answer, Lesson, Step

VIEWS = ("curves", "matrix", "similarity", "products", "by_hand")
# Positions that are drawn at least; a longer sentence has more.
LEAST_POSITIONS = 50
FAR = 10
# A smaller rise of the cosine similarity is not seen in the figure.
SEEN_RISE = 0.01
# Of the two pairs of positions whose dot products are compared: the offset within a pair, and from pair to pair.
OFFSET, SHIFT = 5, 10
BY_HAND_D_MODEL, BY_HAND_POSITION = 3, 1


@st.fragment
def show(lesson: Lesson) -> None:
    view = st.segmented_control(
        lesson("view"),
        VIEWS,
        default=VIEWS[0],
        required=True,
        format_func=lambda name: lesson(f"views.{name}"),
        key="position-step-view",
        label_visibility="collapsed",
        persist_state="session",
    )
    if view == "by_hand":
        _by_hand(lesson)
        return
    n_positions = max(LEAST_POSITIONS, len(lesson.translation.source))
    position, pair, d_model = _choose(lesson, n_positions)
    if view == "curves":
        _curves(lesson, n_positions, position, pair, d_model)
    elif view == "matrix":
        _matrix(lesson, n_positions, position, d_model)
    elif view == "similarity":
        _similarity(lesson, n_positions, d_model)
    else:
        _products(lesson, n_positions, position, d_model)
    _live_formula(position, pair, d_model)


def _choose(lesson: Lesson, n_positions: int) -> tuple[int, int, int]:
    """The sliders for pos, i and d; returns the three."""
    own = lesson.config.d_model
    left, middle, right = st.columns(3, gap="medium")
    with left:
        position = st.slider(lesson("pos"), 0, n_positions - 1, 3, key="position-step-pos", persist_state="session")
        st.caption(_token_at(lesson, position))
    with right:
        d_model = st.select_slider(
            lesson("d"), sorted({*D_MODELS, own}), value=own, key="position-step-d", persist_state="session"
        )
        st.caption(lesson("sizes" if own != PAPER.d_model else "size_of_paper", own=own, paper=PAPER.d_model))
    with middle:
        # The pairs of another d are others.
        last = d_model // 2 - 1
        pair = st.slider(
            lesson("i"), 0, last, max(1, d_model // 16), key=f"position-step-i-{d_model}", persist_state="session"
        )
        st.caption(lesson("last_pair", last=last))
    return position, pair, d_model


def _token_at(lesson: Lesson, position: int) -> str:
    source = lesson.translation.source
    if position >= len(source):
        return lesson("beyond", position=position, last=len(source) - 1)
    piece = display_piece(source[position].piece, is_special=source[position].is_special)
    return lesson("token", position=position, token=controls.plain_label(piece))


def _live_formula(position: int, pair: int, d_model: int) -> None:
    """The formula with the chosen numbers in it."""
    # Side by side where there is room for both.
    with st.container(horizontal=True, horizontal_alignment="center", gap="large"):
        for dimension in (2 * pair, 2 * pair + 1):
            st.latex(_numbers_in(position, (dimension,), d_model), width="content")


def _numbers_in(position: int, dimensions: Sequence[int], d_model: int) -> str:
    """The formula of each dimension with its numbers and its result."""
    lines = []
    for dimension in dimensions:
        pair, function = dimension // 2, r"\cos" if dimension % 2 else r"\sin"
        angle = position / BASE ** (2 * pair / d_model)
        value = positional_encoding(position + 1, d_model)[position, dimension]
        index = rf"2 \cdot {pair} + 1" if dimension % 2 else rf"2 \cdot {pair}"
        quotient = rf"\frac{{{position}}}{{10000^{{\,2 \cdot {pair} / {d_model}}}}}"
        lines.append(rf"PE_{{({position},\,{index})}} &= {function}\left({quotient}\right) \\[0.3em]"
                     rf"&= {function}({_tex(angle)}) = \mathbf{{{_tex(value)}}}")
    return r"\begin{aligned}" + r" \\[0.7em] ".join(lines) + r"\end{aligned}"


def _tex(number: float) -> str:
    """Three significant figures: 0.841, 12.3, 0.00215, 4.64 times 10^-5; whole numbers as they are."""
    if number == round(number):
        return f"{number:.0f}"
    if abs(number) < 1e-3:
        digits, power = f"{number:.2e}".split("e")
        return rf"{digits} \times 10^{{{int(power)}}}"
    return f"{number:#.3g}".rstrip(".")


def _curves(lesson: Lesson, n_positions: int, position: int, pair: int, d_model: int) -> None:
    wavelengths = wavelengths_positions(d_model)
    dimensions = sorted({0, 2 * pair, 2 * pair + 1})
    texts = controls.texts_of(CurvesTexts, "position_curves", lesson.words)
    controls.figure(
        positional_curves(n_positions, d_model, dimensions, look=lesson.look, texts=texts, marked_position=position),
        lesson.words,
        key="position-step-curves",
        file=f"positional-encoding-curves-d-{d_model}",
        alt=curves_summary(n_positions, d_model, dimensions, texts),
        table=lambda: encoding_csv(n_positions, d_model, dimensions),
    )
    st.markdown(
        lesson(
            "curves",
            sine=2 * pair,
            cosine=2 * pair + 1,
            wavelength=number_text(wavelengths[pair]),
            shortest=number_text(wavelengths[0]),
            longest=number_text(wavelengths[-1]),
        )
    )


def _matrix(lesson: Lesson, n_positions: int, position: int, d_model: int) -> None:
    texts = controls.texts_of(MatrixTexts, "position_matrix", lesson.words)
    controls.figure(
        positional_matrix(n_positions, d_model, look=lesson.look, texts=texts, marked_position=position),
        lesson.words,
        key="position-step-matrix",
        file=f"positional-encoding-d-{d_model}",
        alt=matrix_summary(n_positions, d_model, texts),
        table=lambda: encoding_csv(n_positions, d_model, range(d_model)),
        least_px=least_width_px(d_model),
    )
    st.markdown(lesson("matrix", position=position, d=d_model))


def _similarity(lesson: Lesson, n_positions: int, d_model: int) -> None:
    cosine = cosine_by_distance(n_positions, d_model)
    above_lowest = cosine - np.minimum.accumulate(cosine)
    said = lesson("similarity", near=number_text(cosine[1]), distance=FAR, far=number_text(cosine[FAR]))
    if above_lowest.max() >= SEEN_RISE:
        said = f"{said} {lesson('rises', distance=int(above_lowest.argmax()), rise=number_text(above_lowest.max()))}"
    texts = controls.texts_of(SimilarityTexts, "position_similarity", lesson.words)
    controls.figure(
        positional_similarity(n_positions, d_model, look=lesson.look, texts=texts),
        lesson.words,
        key="position-step-similarity",
        file=f"positional-encoding-similarity-d-{d_model}",
        alt=similarity_summary(n_positions, d_model, texts),
        table=lambda: similarity_csv(n_positions, d_model),
    )
    st.markdown(said)


def _products(lesson: Lesson, n_positions: int, position: int, d_model: int) -> None:
    first = min(position, n_positions - 1 - SHIFT - OFFSET)
    pairs = [(first, first + OFFSET), (first + SHIFT, first + SHIFT + OFFSET)]
    product, shifted = _dot_products(d_model, pairs)
    texts = controls.texts_of(ProductsTexts, "lesson-position.products_figure", lesson.words)
    controls.figure(
        positional_products(n_positions, d_model, look=lesson.look, texts=texts, marked=pairs),
        lesson.words,
        key="position-step-products",
        file=f"positional-encoding-dot-products-d-{d_model}",
        alt=products_summary(n_positions, texts),
        table=lambda: products_csv(n_positions, d_model),
    )
    st.markdown(
        lesson(
            "products",
            a=pairs[0][0], b=pairs[0][1], product=number_text(product),
            c=pairs[1][0], d=pairs[1][1], shifted=number_text(shifted),
            offset=OFFSET,
        )
    )


def _by_hand(lesson: Lesson) -> None:
    """One position in so few dimensions that the class can calculate it: an odd number of them."""
    st.markdown(lesson("by_hand", position=BY_HAND_POSITION, d=BY_HAND_D_MODEL))
    st.latex(_numbers_in(BY_HAND_POSITION, range(BY_HAND_D_MODEL), BY_HAND_D_MODEL))
    vector = positional_encoding(BY_HAND_POSITION + 1, BY_HAND_D_MODEL)[BY_HAND_POSITION]
    numbers = r",\; ".join(_tex(value) for value in vector)
    st.latex(rf"PE_{{{BY_HAND_POSITION}}} = ({numbers})")
    st.markdown(lesson("odd"))


def _dot_products(d_model: int, pairs: Sequence[tuple[int, int]]) -> list[float]:
    encoding = positional_encoding(1 + max(max(pair) for pair in pairs), d_model)
    return [float(encoding[first] @ encoding[second]) for first, second in pairs]


def _answer(lesson: Lesson) -> Answer:
    d_model = lesson.config.d_model
    product, shifted = _dot_products(d_model, [(3, 8), (13, 18)])
    correct = "c" if np.isclose(product, shifted) else "a" if product > shifted else "b"
    return Answer(correct, {"product": number_text(product), "shifted": number_text(shifted), "d": d_model})


STEP = Step("position", show, FORMULA, (sinusoidal_positions, Transformer.embed), _answer)
