"""What one visit remembers: the only user of Streamlit's session state, apart from the widgets that keep their own.

The sentence and the language are widgets bound to the address (`?text=...&lang=...`), so that a link restores them.
Both are untrusted: the language is checked against the known ones by its widget, the sentence takes the same way as
typed text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from model.config import DecodingConfig
from viz.language import LANGUAGES, Language, browser_language

# Keys of the widgets that are bound to the address: they are the names of its parameters.
SENTENCE_KEY = "text"
LANGUAGE_KEY = "lang"
# Key of the widget that chooses one of several sentences.
WHICH_KEY = "which"
BEAM_KEY = "beam"
BEAM_SIZES = (1, 2, 4, 8)
# Better English than greedy search (docs/decisions/small-model.md), and the wait is the same to a person.
DEFAULT_BEAM_SIZE = 4

# Parameters of the lesson's address: which step, and whether it fills the screen.
STEP_PARAMETER = "step"
PRESENT_PARAMETER = "present"
# Key of the list that chooses a step.
STEP_CHOICE_KEY = "step-choice"

# How often the lesson's words were shuffled.
SHUFFLES_KEY = "word-order-shuffles"
# Key of the widget that chooses one head of the lesson's many.
HEAD_CHOICE_KEY = "heads-head"

MAX_HISTORY = 8


@dataclass(frozen=True)
class Shown:
    """The text that was translated last, and with which options: what stays on the page when the next one fails."""

    text: str
    config: DecodingConfig


def language() -> Language:
    """The language of the page: the visitor's choice, or else the browser's."""
    chosen = st.session_state.get(LANGUAGE_KEY)
    return chosen if chosen in LANGUAGES else browser_language()


def sentence() -> str:
    """The text in the box, as typed or as the address has it."""
    return str(st.session_state.get(SENTENCE_KEY) or "")


def put_in_box(text: str) -> None:
    """Put a text into the box: for buttons, as a callback before the page runs."""
    st.session_state[SENTENCE_KEY] = text


def decoding_config() -> DecodingConfig:
    """How the visitor wants translations searched."""
    chosen = st.session_state.get(BEAM_KEY)
    return DecodingConfig(beam_size=chosen if chosen in BEAM_SIZES else DEFAULT_BEAM_SIZE)


def keep_choice_within(n_sentences: int) -> None:
    """Let go of the chosen sentence if there are too few now: before the widget that chooses is drawn."""
    if (st.session_state.get(WHICH_KEY) or 0) >= n_sentences:
        st.session_state.pop(WHICH_KEY)


def shown() -> Shown | None:
    """What was translated last in this visit."""
    return st.session_state.get("shown")


def show(text: str, config: DecodingConfig) -> None:
    """Note what is on the page, and put its text first in the visit's history."""
    if (before := shown()) is not None and before.text != text:
        st.session_state.pop(WHICH_KEY, None)
    st.session_state["shown"] = Shown(text, config)
    earlier = [other for other in history() if other != text]
    st.session_state["history"] = [text, *earlier][:MAX_HISTORY]


def history() -> list[str]:
    """The texts translated in this visit, the latest first, each once."""
    return list(st.session_state.get("history", []))


def lesson_step(names: Sequence[str]) -> int:
    """The place among `names` of the lesson's step in the address; the first for a name that is none of them."""
    name = st.query_params.get(STEP_PARAMETER)
    return names.index(name) if name in names else 0


def go_to_step(name: str) -> None:
    """Turn the lesson to a step: for buttons, as a callback before the page runs."""
    st.query_params[STEP_PARAMETER] = name


def choose_step(name: str) -> None:
    """Let the list of steps stand at a step: before it is drawn."""
    st.session_state[STEP_CHOICE_KEY] = name


def go_to_chosen_step() -> None:
    """Turn the lesson to the step chosen from the list: as a callback."""
    go_to_step(str(st.session_state[STEP_CHOICE_KEY]))


def choose_head(head: int) -> None:
    """Choose a head, counted from zero, in the lesson: as a callback before the page runs."""
    st.session_state[HEAD_CHOICE_KEY] = head


def shuffles() -> int:
    """How often the lesson's words were shuffled; once before anyone asked for it."""
    return st.session_state.get(SHUFFLES_KEY, 1)


def shuffle_again() -> None:
    """Shuffle the lesson's words once more: for buttons, as a callback before the page runs."""
    st.session_state[SHUFFLES_KEY] = shuffles() + 1


def presenting() -> bool:
    """Whether the lesson is in presenter mode."""
    return st.query_params.get(PRESENT_PARAMETER) == "1"


def present(on: bool) -> None:
    """Enter or leave presenter mode: as a callback."""
    if on:
        st.query_params[PRESENT_PARAMETER] = "1"
    elif PRESENT_PARAMETER in st.query_params:
        del st.query_params[PRESENT_PARAMETER]
