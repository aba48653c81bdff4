"""Lesson: the Transformer explained step by step on the living model, with the sentence that the class typed."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.config import DecodingConfig
from model.errors import InputError
from model.text import has_hangul
from viz import controls, resources, state
from viz.language import Words, examples, words_for

if TYPE_CHECKING:
    from model.batching import TranslationService
    from viz.pages.steps.step import Lesson, Step

# A projector shows large type, and is never as narrow as a phone: pixels.
PRESENTER_SCALE = 1.6
PRESENTER_PAGE_PX = 800


def main() -> None:
    words = words_for(state.language())
    service = controls.loaded_service(words)
    # The steps show the model's own code and so import torch, which takes seconds: not before the page stands.
    from viz.pages.steps import STEPS
    from viz.pages.steps.step import Lesson, missing_companion

    place = state.lesson_step([step.name for step in STEPS])
    _keys(STEPS, place)
    step = STEPS[place]
    sentence = _sentence(service, words)
    look = controls.look()
    if state.presenting():
        look = replace(look, type_scale=PRESENTER_SCALE, page_px=PRESENTER_PAGE_PX)
    with st.container(key="lesson-presented" if state.presenting() else "lesson"):
        lesson = Lesson(sentence, words, look, step.part)
        if state.presenting():
            # In one line, to leave the screen to the picture.
            with st.container(key="lesson-top", horizontal=True, vertical_alignment="center"):
                _title(place, lesson)
                _turning(STEPS, place, words)
        else:
            _turning(STEPS, place, words)
            _title(place, lesson)
        with missing_companion(words):
            _step(step, lesson)


def _sentence(service: TranslationService, words: Words) -> str:
    """The first Korean sentence in the box; if it cannot be translated, that of the text before, or the example."""
    text = state.sentence()
    sentence, problem = _first_korean(service, text, words)
    if sentence is not None:
        state.show(text, state.decoding_config())
        return sentence
    st.error(problem)
    before = state.shown()
    instead = _first_korean(service, before.text, words)[0] if before else None
    instead = instead or examples(words.language)[0].text
    st.caption(words("errors.old_result", sentence=controls.plain_label(instead)))
    return instead


def _first_korean(service: TranslationService, text: str, words: Words) -> tuple[str | None, str]:
    """The first sentence of a text that has Hangul and a translation; or None, and what is wrong."""
    try:
        sentences = service.translator.split_sentences(text)
        sentence = sentences[controls.first_korean(sentences)]
        if not has_hangul(sentence):
            return None, words("errors.no_hangul")
        if not resources.translate(sentence, DecodingConfig()).target_text.strip():
            return None, words("errors.no_translation")
    except InputError as error:
        return None, controls.input_problem(error, words)
    return sentence, ""


def _keys(steps: Sequence[Step], place: int) -> None:
    controls.lesson_keys(
        [step.name for step in steps],
        steps[place].name,
        presenting=state.presenting(),
        on_turn=state.go_to_step,
        on_present=state.present,
    )


def _turning(steps: Sequence[Step], place: int, words: Words) -> None:
    """Back, the list of steps, next, and the presenter mode."""
    with st.container(key="lesson-turning", horizontal=True, vertical_alignment="center", gap="small"):
        _turn_button(steps, place - 1, words("lesson.back"), "lesson-back", ":material/arrow_back:")
        state.choose_step(steps[place].name)
        st.selectbox(
            words("lesson.steps"),
            [step.name for step in steps],
            format_func=lambda name: _numbered(steps, name, words),
            key=state.STEP_CHOICE_KEY,
            on_change=state.go_to_chosen_step,
            label_visibility="collapsed",
        )
        _turn_button(steps, place + 1, words("lesson.next"), "lesson-next", ":material/arrow_forward:")
        controls.present_button(words, help_text=words("lesson.present_help"), key="lesson-present")


def _turn_button(steps: Sequence[Step], there: int, label: str, key: str, icon: str) -> None:
    exists = 0 <= there < len(steps)
    st.button(label, key=key, icon=icon, disabled=not exists, on_click=state.go_to_step,
              args=(steps[there].name if exists else "",))


def _numbered(steps: Sequence[Step], name: str, words: Words) -> str:
    place = next(place for place, step in enumerate(steps) if step.name == name)
    return f"{place + 1}. {words(f'{steps[place].part}.title')}"


def _title(place: int, lesson: Lesson) -> None:
    st.header(f"{place + 1}. {lesson('title')}", anchor=False)


def _other_translation(lesson: Lesson) -> None:
    """What Translate shows, if the search chosen there finds another translation than the lesson computes with."""
    config = state.decoding_config()
    other = resources.translate(lesson.sentence, config).target_text
    if other != resources.translate(lesson.sentence, DecodingConfig()).target_text:
        st.caption(lesson.words("lesson.greedy", size=config.beam_size, target=controls.plain_label(other)))


def _step(step: Step, lesson: Lesson) -> None:
    if state.presenting():
        # The question and the picture on the first screen; what the teacher says meanwhile can be read further down.
        st.html(f'<p class="lesson-words" lang="ko">{escape(lesson.sentence)}</p>')
        _question(step, lesson)
        step.show(lesson)
        _other_translation(lesson)
        st.markdown(lesson("text"))
        _formula(step, lesson)
        return
    _other_translation(lesson)
    st.markdown(lesson("text"))
    _question(step, lesson)
    step.show(lesson)
    _formula(step, lesson)
    with st.expander(lesson.words("lesson.code"), icon=":material/code:"):
        for part in step.code:
            st.caption(f"`{_place_of(part)}`")
            st.code(textwrap.dedent(inspect.getsource(part)), language="python")


def _formula(step: Step, lesson: Lesson) -> None:
    """The formula, and what popular accounts get wrong."""
    st.latex(step.formula)
    if f"{step.part}.misunderstood" in lesson.words.texts:
        st.info(f"**{lesson.words('lesson.misunderstood')}** {lesson('misunderstood')}", icon=":material/lightbulb:")


def _question(step: Step, lesson: Lesson) -> None:
    """A question to answer before looking at the figure, and the model's own answer once it was guessed."""
    options = [letter for letter in "abcd" if f"{step.part}.question.{letter}" in lesson.words.texts]
    with st.container(key="lesson-question", border=True):
        guess = st.radio(
            f"**{lesson.words('lesson.guess')}** {lesson('question.text')}",
            options,
            index=None,
            format_func=lambda letter: lesson(f"question.{letter}"),
            key=f"guess-{step.name}",
            horizontal=True,
        )
        if guess is not None:
            answer = step.answer(lesson)
            said = lesson.words("lesson.right" if guess == answer.correct else "lesson.wrong")
            st.markdown(f"**{said}** {lesson('question.answer', **answer.values)}")


def _place_of(part: Callable[..., Any]) -> str:
    """Where a function or class stands: "model/attention.py: attention_scores"."""
    return f"{part.__module__.replace('.', '/')}.py: {part.__qualname__}"


main()
