"""What a step of the lesson is made of. The page lesson.py draws it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any, TypeVar

import streamlit as st

from model.config import DecodingConfig, ModelConfig
from model.errors import CheckpointError
from model.records import Trace, Translation
from viz import resources
from viz.figures.theme import Look, translation_footer
from viz.language import Words

T = TypeVar("T")

# The base model of "Attention Is All You Need", which stands beside the sizes of the model at hand.
PAPER = ModelConfig()


@dataclass(frozen=True)
class Lesson:
    """What every step is given: the sentence that the class typed, the model that reads it, and how to speak and draw.

    Attributes
    ----------
    sentence : str
        One sentence that the model takes.
    words : Words
        All texts; `lesson("key")` looks up one of the step's own.
    look : Look
        For figures: colours of the page, large type in presenter mode.
    part : str
        Where the step's own texts are: "lesson-order" for viz/words/lesson-order.ko.toml.
    """

    sentence: str
    words: Words
    look: Look
    part: str

    def __call__(self, key: str, /, **values: object) -> str:
        """A text of this step with its fields filled."""
        return self.words(f"{self.part}.{key}", **values)

    @property
    def config(self) -> ModelConfig:
        """Sizes of the model at hand."""
        return resources.service().translator.model_config

    @property
    def translation(self) -> Translation:
        """The sentence's translation (greedy) with all attention maps and its trace."""
        return resources.traced(self.sentence, DecodingConfig())

    @property
    def trace(self) -> Trace:
        """Hidden states, queries, keys, values and scores behind the translation."""
        trace = self.translation.trace
        assert trace is not None
        return trace

    def origin(self, translation: Translation | None = None) -> tuple[str, ...]:
        """Lines for saved pictures of a translation, the sentence's own if none is given."""
        return translation_footer(translation or self.translation, checkpoint_word=self.words("heatmap.checkpoint"))

    def run(self, experiment: Callable[..., T], *options: Hashable, companion: str | None = None) -> T:
        """The result of a function of model.experiments for this sentence, computed once for all visitors.

        Parameters
        ----------
        experiment : function of (Translator, sentence, *options)
        companion : str, optional
            Another checkpoint beside the app's own, by the name of its folder in checkpoints/: it takes the place of
            the app's model.
        """
        with st.spinner(self.words("lesson.computing"), show_time=True):
            return resources.experiment(experiment, self.sentence, *options, companion=companion)


def show_writings(writings: Iterable[tuple[str, str]], *, nothing: str = "") -> None:
    """What was written by several models, or in several ways: each under its name, or `nothing` for no words."""
    lines = (
        f'<dt>{escape(name)}</dt><dd lang="en">{escape(text.strip() or nothing)}</dd>' for name, text in writings
    )
    st.html(f'<dl class="lesson-writings">{"".join(lines)}</dl>')


@contextmanager
def missing_companion(words: Words) -> Iterator[None]:
    """Say in one sentence that the model to compare with cannot be opened, in place of what needs it."""
    try:
        yield
    except CheckpointError as error:
        st.error(words("lesson.no_companion"))
        with st.expander(words("errors.checkpoint_detail")):
            st.text(str(error))


@dataclass(frozen=True)
class Answer:
    """The answer to a step's question, from the model's own numbers.

    Attributes
    ----------
    correct : str
        The option that is right: "a" for the text "question.a".
    values : mapping
        Fields of the text "question.answer".
    """

    correct: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step of the lesson.

    Its texts are in viz/words/lesson-NAME.ko.toml and .en.toml: `title`, `text` (two or three sentences, Markdown),
    `question.text`, options `question.a`, `question.b` and so on, `question.answer`, and, where popular accounts are
    wrong, `misunderstood`.

    Attributes
    ----------
    name : str
        In the address and in the names of its files of words.
    show : function of a Lesson
        Draws the interactive figure.
    formula : str
        LaTeX.
    code : tuple of functions or classes
        Of model/: what computes it; their source is shown as it is.
    answer : function of a Lesson
        Answers the question. Called when it is revealed.
    """

    name: str
    show: Callable[[Lesson], None]
    formula: str
    code: tuple[Callable[..., Any], ...]
    answer: Callable[[Lesson], Answer]

    @property
    def part(self) -> str:
        """Prefix of its texts."""
        return f"lesson-{self.name}"


