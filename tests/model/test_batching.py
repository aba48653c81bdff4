from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest

from model.batching import TranslationService
from model.config import DecodingConfig
from model.errors import CheckpointError, EmptyTextError
from model.records import Translation
from model.translator import Translator

SENTENCES = ["나는 강사입니다.", "오늘은 날씨가 좋아요.", "물", "저는 학생이 아니에요!", "안녕하세요."]


class Watched:
    """A translator that notes on which thread it works and which texts come together."""

    def __init__(self, translator: Translator, gate: threading.Event | None = None) -> None:
        self._translator = translator
        self._gate = gate
        self.threads: set[str] = set()
        self.groups: list[list[str]] = []
        self.fail = False

    def check(self, text: str) -> None:
        self._translator.check(text)

    def translate_batch(self, texts: Sequence[str], config: DecodingConfig, *, capture: bool) -> list[Translation]:
        self.threads.add(threading.current_thread().name)
        self.groups.append(list(texts))
        if self._gate is not None:
            self._gate.wait(10)
        if self.fail:
            raise RuntimeError("out of memory")
        return self._translator.translate_batch(texts, config, capture=capture)


def ask(service: TranslationService, texts: Sequence[str], configs: Sequence[DecodingConfig]) -> dict[int, Translation]:
    got: dict[int, Translation] = {}

    def ask_for(index: int) -> None:
        got[index] = service.translate(texts[index], configs[index])

    threads = [threading.Thread(target=ask_for, args=(index,)) for index in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return got


def test_each_thread_gets_its_own_translation(translator):
    service = TranslationService(lambda: translator)
    configs = [DecodingConfig(), DecodingConfig(beam_size=2)] * 5
    texts = SENTENCES * 2
    got = ask(service, texts, configs)
    for index, (text, config) in enumerate(zip(texts, configs, strict=True)):
        expected = translator.translate(text, config)
        assert got[index].source_text == text and got[index].target == expected.target
        assert got[index].decoding == expected.decoding
        ours, theirs = got[index].attention, expected.attention
        assert ours is not None and theirs is not None
        np.testing.assert_allclose(ours.cross, theirs.cross, atol=1e-5)
        assert got[index].candidates


def test_requests_that_wait_are_merged_and_all_work_is_on_one_thread(translator):
    gate = threading.Event()
    watched = Watched(translator, gate)
    loaded_on: list[str] = []

    def load() -> Translator:
        loaded_on.append(threading.current_thread().name)
        return watched  # type: ignore[return-value]

    service = TranslationService(load)
    first = threading.Thread(target=service.translate, args=(SENTENCES[0], DecodingConfig()))
    first.start()
    while not watched.groups:  # the first is being worked on ...
        time.sleep(0.001)
    others = [threading.Thread(target=service.translate, args=(text, DecodingConfig())) for text in SENTENCES[1:]]
    for thread in others:
        thread.start()
    while service.n_waiting < len(others):  # ... while the others wait
        time.sleep(0.001)
    gate.set()
    for thread in (first, *others):
        thread.join(30)
    assert watched.groups[0] == [SENTENCES[0]]
    assert len(watched.groups) == 2 and sorted(watched.groups[1]) == sorted(SENTENCES[1:])
    assert watched.threads == set(loaded_on) == {"translator"}
    assert service.n_waiting == 0


def test_a_text_that_cannot_be_translated_disturbs_nobody(translator):
    service = TranslationService(lambda: translator)
    with pytest.raises(EmptyTextError):
        service.translate(" ", DecodingConfig())
    assert service.translate(SENTENCES[0], DecodingConfig()).attention is not None


def test_a_failure_reaches_those_who_asked_and_the_service_goes_on(translator):
    watched = Watched(translator)
    service = TranslationService(lambda: watched)  # type: ignore[arg-type,return-value]
    watched.fail = True
    with pytest.raises(RuntimeError, match="out of memory"):
        service.translate(SENTENCES[0], DecodingConfig())
    watched.fail = False
    assert service.translate(SENTENCES[0], DecodingConfig()).attention is not None


def test_a_function_runs_on_the_thread_of_the_service_and_gives_what_it_returns(translator):
    service = TranslationService(lambda: translator)
    name, same = service.run(lambda given: (threading.current_thread().name, given is translator))
    assert (name, same) == ("translator", True)
    traced = service.run(lambda given: given.translate(SENTENCES[0], capture="trace"))
    assert traced.trace is not None
    assert traced.target == service.translate(SENTENCES[0], DecodingConfig()).target


@pytest.mark.parametrize("error", [ValueError("no such layer"), EmptyTextError("empty"), SystemExit(3)])
def test_what_a_function_raises_reaches_its_caller_and_the_service_goes_on(translator, error):
    service = TranslationService(lambda: translator)

    def fail(_: Translator) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        service.run(fail)
    assert caught.value is error
    assert service.run(lambda given: given.count_tokens(SENTENCES[0])) == translator.count_tokens(SENTENCES[0])
    assert service.translate(SENTENCES[0], DecodingConfig()).attention is not None


def test_functions_and_translations_that_arrive_together_are_all_answered(translator):
    gate = threading.Event()
    service = TranslationService(lambda: Watched(translator, gate))  # type: ignore[arg-type,return-value]
    got: dict[str, object] = {}
    calls = {text: (lambda text=text: service.translate(text, DecodingConfig()).source_text) for text in SENTENCES}
    calls |= {f"{n} squared": (lambda n=n: service.run(lambda _: n * n)) for n in range(20)}  # type: ignore[misc]
    threads = [threading.Thread(target=lambda key=key, call=call: got.__setitem__(key, call()))
               for key, call in calls.items()]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(30)
    assert got == {text: text for text in SENTENCES} | {f"{n} squared": n * n for n in range(20)}
    assert service.n_waiting == 0


def test_what_loading_raises_comes_out():
    def load() -> Translator:
        raise CheckpointError("no checkpoint")

    with pytest.raises(CheckpointError, match="no checkpoint"):
        TranslationService(load)
