"""The frame of the lesson: every step opens in both languages, with any sentence, and shows its own source."""

from __future__ import annotations

import inspect

import pytest

from model.config import DecodingConfig
from model.records import Translation
from tests.viz.pages.conftest import OpenApp
from viz import resources
from viz.language import LANGUAGES, words_for
from viz.pages.steps import STEPS

PAGE = "viz/pages/lesson.py"
LONG = "나는 어제 학교에서 친구와 점심을 먹고 " * 6 + "집에 왔어요"


def test_steps_have_names_of_their_own_and_all_their_words() -> None:
    assert len({step.name for step in STEPS}) == len(STEPS)
    for language in LANGUAGES:
        texts = words_for(language).texts
        for step in STEPS:
            needed = ("title", "text", "question.text", "question.a", "question.b", "question.answer")
            assert [key for key in needed if f"{step.part}.{key}" not in texts] == [], step.name


def test_words_of_the_lesson_belong_to_a_step() -> None:
    parts = {key.split(".")[0] for key in words_for("en").texts if key.startswith("lesson-")}
    assert parts == {step.part for step in STEPS}


def test_every_step_shows_source_of_the_model() -> None:
    for step in STEPS:
        assert step.code, step.name
        for part in step.code:
            assert part.__module__.startswith("model."), step.name
            assert inspect.getsource(part).strip(), step.name


def test_a_sentence_that_cannot_be_translated_is_named_and_the_lesson_goes_on(open_app: OpenApp) -> None:
    app = open_app("en", PAGE, text="hello", step="word-order")
    assert not app.exception
    assert [error.value for error in app.error] == [words_for("en")("errors.no_hangul")]
    assert app.header[0].value.endswith(words_for("en")("lesson-word-order.title"))


def test_a_sentence_that_is_refused_leaves_the_one_before(open_app: OpenApp) -> None:
    app = open_app("ko", PAGE, text="비가 와요.", step="word-order")
    app.text_input(key="text").set_value("hello").run()
    assert not app.exception
    old = words_for("ko")("errors.old_result", sentence="비가 와요\\.")
    assert old in [caption.value for caption in app.caption]


def test_the_first_korean_sentence_is_taken(open_app: OpenApp) -> None:
    app = open_app("ko", PAGE, text="Hello. 비가 와요. 눈이 와요.", step="word-order")
    assert not app.exception and not app.error
    assert any("비가" in html.proto.body for html in app.get("html"))
    app.text_input(key="text").set_value("hello").run()
    old = words_for("ko")("errors.old_result", sentence="비가 와요\\.")
    assert old in [caption.value for caption in app.caption]


@pytest.mark.parametrize("text", ["가", "나는 3D 프린터 2대를 😀 샀다", LONG])
@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_every_step_takes_any_sentence(open_app: OpenApp, step: str, text: str) -> None:
    app = open_app("ko", PAGE, text=text, step=step)
    assert not app.exception


@pytest.mark.parametrize(("found", "named"), [("나는 강사 입니다", False), ("비가 와요.", True)])
def test_another_translation_on_translate_is_named(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, found: str, named: bool
) -> None:
    translate = resources.translate

    def with_another_beam(text: str, config: DecodingConfig) -> Translation:
        return translate(text if config.beam_size == 1 else found, DecodingConfig())

    monkeypatch.setattr("viz.resources.translate", with_another_beam)
    app = open_app("en", PAGE, step="word-order", text="나는 강사 입니다")
    said = words_for("en")("lesson.greedy", size=4, target="")
    assert any(caption.value.startswith(said) for caption in app.caption) == named


def test_the_answer_comes_after_the_guess(open_app: OpenApp) -> None:
    words = words_for("en")
    app = open_app("en", PAGE, text="나는 강사 입니다", step="word-order")
    assert not any(words("lesson.right") in element.value for element in app.markdown)
    app.radio(key="guess-word-order").set_value("c").run()
    assert any(words("lesson.wrong") in element.value for element in app.markdown)
    app.radio(key="guess-word-order").set_value("a").run()
    assert any(words("lesson.right") in element.value for element in app.markdown)
