"""Position: the sinusoidal encoding as curves, as a matrix and by distance, with its formula and a worked example."""

from __future__ import annotations

import math

import streamlit as st

from viz import controls, state
from viz.figures.numbers import number_text
from viz.figures.positional_curves import CurvesTexts, curves_summary, positional_curves
from viz.figures.positional_matrix import MatrixTexts, least_width_px, matrix_summary, positional_matrix
from viz.figures.positional_similarity import SimilarityTexts, positional_similarity, similarity_summary
from viz.language import Words, words_for
from viz.measures.positions import BASE, cosine_by_distance, wavelengths_positions
from viz.pages.encoding import D_MODELS, FORMULA, encoding_csv, similarity_csv

PAPER_D_MODEL = 512
MAX_CURVES = 8
WORKED_VALUES = 4


def main() -> None:
    words = words_for(state.language())
    st.title(words("position.title"))
    st.markdown(words("position.intro"))
    d_model, length = _sizes(words)
    _curves(length, d_model, words)
    left, right = st.columns(2, gap="medium")
    with left:
        _matrix(length, d_model, words)
    with right:
        _similarity(length, d_model, words)
    _worked(d_model, words)


def _sizes(words: Words) -> tuple[int, int]:
    """The formula, and beside it the sliders for what stands in it; returns d and the length."""
    formula, sliders = st.columns(2, gap="medium", vertical_alignment="center")
    with formula:
        st.latex(FORMULA)
        st.caption(words("position.formula"))
    with sliders:
        d_model = st.select_slider(
            words("position.d"),
            D_MODELS,
            value=PAPER_D_MODEL,
            key="position-d",
            help=words("position.d_help", paper=PAPER_D_MODEL),
            persist_state="session",
        )
        length = st.slider(words("position.length"), 2, 200, 50, key="position-length", persist_state="session")
    return d_model, length


def _curves(length: int, d_model: int, words: Words) -> None:
    st.header(words("position.curves"), anchor="curves")
    dimensions = st.multiselect(
        words("position.dimensions"),
        range(d_model),
        default=_first_dimensions(d_model),
        # The dimensions of another d are others.
        key=f"position-dimensions-{d_model}",
        help=words("position.dimensions_help"),
        max_selections=MAX_CURVES,
        persist_state="session",
    )
    if not dimensions:
        st.info(words("position.no_dimensions"))
        return
    wavelengths = wavelengths_positions(d_model)
    fast, slow = min(dimensions), max(dimensions)
    st.markdown(
        words(
            "position.curves_explained",
            fast=fast,
            slow=slow,
            fast_wavelength=number_text(wavelengths[fast // 2]),
            slow_wavelength=number_text(wavelengths[slow // 2]),
        )
    )
    texts = controls.texts_of(CurvesTexts, "position_curves", words)
    controls.figure(
        positional_curves(length, d_model, dimensions, look=controls.look(), texts=texts),
        words,
        key="position-curves",
        file=f"positional-encoding-curves-d-{d_model}",
        alt=curves_summary(length, d_model, dimensions, texts),
        table=lambda: encoding_csv(length, d_model, dimensions),
    )


def _matrix(length: int, d_model: int, words: Words) -> None:
    st.header(words("position.matrix"), anchor="matrix")
    st.markdown(words("position.matrix_explained", length=length))
    texts = controls.texts_of(MatrixTexts, "position_matrix", words)
    controls.figure(
        positional_matrix(length, d_model, look=controls.look(), texts=texts),
        words,
        key="position-matrix",
        file=f"positional-encoding-d-{d_model}",
        alt=matrix_summary(length, d_model, texts),
        table=lambda: encoding_csv(length, d_model, range(d_model)),
        least_px=least_width_px(d_model),
    )


def _similarity(length: int, d_model: int, words: Words) -> None:
    st.header(words("position.similarity"), anchor="similarity")
    cosine = cosine_by_distance(length, d_model)
    far = min(10, length - 1)
    st.markdown(
        words("position.similarity_explained", near=f"{cosine[1]:.3f}", distance=far, far=f"{cosine[far]:.3f}")
    )
    texts = controls.texts_of(SimilarityTexts, "position_similarity", words)
    controls.figure(
        positional_similarity(length, d_model, look=controls.look(), texts=texts),
        words,
        key="position-similarity",
        file=f"positional-encoding-similarity-d-{d_model}",
        alt=similarity_summary(length, d_model, texts),
        table=lambda: similarity_csv(length, d_model),
    )


def _worked(d_model: int, words: Words) -> None:
    """The formula with numbers in it, for one position."""
    st.header(words("position.worked"), anchor="worked")
    position = st.slider(words("position.worked_position"), 0, 20, 1, key="position-worked", persist_state="session")
    count = min(WORKED_VALUES, d_model)
    st.markdown(words("position.worked_explained", d=d_model, position=position, count=count))
    st.latex(_worked_formula(position, d_model, count))


def _worked_formula(position: int, d_model: int, count: int) -> str:
    lines = []
    for dimension in range(count):
        pair = dimension // 2
        angle = position / BASE ** (2 * pair / d_model)
        function, value = (r"\sin", math.sin(angle)) if dimension % 2 == 0 else (r"\cos", math.cos(angle))
        quotient = rf"\frac{{{position}}}{{10000^{{\,{2 * pair}/{d_model}}}}}"
        lines.append(
            rf"PE_{{({position},\,{dimension})}} &= {function}\left({quotient}\right)"
            rf" = {function}({angle:.3f}) = {value:.3f}"
        )
    return r"\begin{aligned}" + r" \\[0.4em] ".join(lines) + r"\end{aligned}"


def _first_dimensions(d_model: int) -> list[int]:
    """A sine with its cosine, and slower sines at a tenth, a quarter and a half of the dimensions."""
    slower = {2 * round(share * d_model / 2) for share in (0.1, 0.25, 0.5)}
    return sorted({0, 1, *slower})


main()
