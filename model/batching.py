"""One thread for all torch work, which merges requests that arrive together into one batch."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from model.config import DecodingConfig
from model.records import Translation
from model.translator import Translator

MERGE_SECONDS = 0.003
MAX_BATCH = 16

T = TypeVar("T")


@dataclass
class _Request:
    text: str
    config: DecodingConfig
    result: Future[Translation] = field(default_factory=Future)


_Task = Callable[[Translator], None]  # keeps what it returns or raises for whoever waits


class TranslationService:
    """A translator for many threads at once.

    The model is loaded and used on one thread alone: weights packed on one thread and used on another are several
    times slower, and passes side by side take the cores from each other.
    """

    def __init__(self, load: Callable[[], Translator]) -> None:
        """Load the translator and begin to serve; what `load` raises comes out here."""
        self._requests: queue.SimpleQueue[_Request | _Task] = queue.SimpleQueue()
        self._load = load
        loaded: Future[Translator] = Future()
        threading.Thread(target=self._serve, args=(loaded,), name="translator", daemon=True).start()
        self.translator = loaded.result()

    @property
    def n_waiting(self) -> int:
        """Requests that are not yet being worked on."""
        return self._requests.qsize()

    def translate(self, text: str, config: DecodingConfig) -> Translation:
        """Translate one sentence with all its attention maps; waits for its turn.

        Raises
        ------
        InputError
            As `Translator.translate`.
        """
        self.translator.check(text)
        request = _Request(text, config)
        self._requests.put(request)
        return request.result.result()

    def run(self, function: Callable[[Translator], T]) -> T:
        """What `function` makes of the translator, on the service's thread; waits for its turn.

        It holds up all translations: let it be short, and let it not ask the service, which would wait for itself.
        What it raises comes out here.
        """
        result: Future[T] = Future()

        def task(translator: Translator) -> None:
            try:
                result.set_result(function(translator))
            except BaseException as error:
                result.set_exception(error)

        self._requests.put(task)
        return result.result()

    def _serve(self, loaded: Future[Translator]) -> None:
        try:
            translator = self._load()
        except BaseException as error:
            loaded.set_exception(error)
            return
        loaded.set_result(translator)
        while True:
            waiting = self._next_requests()
            for group in _by_config([request for request in waiting if isinstance(request, _Request)]):
                _answer(translator, group)
            for task in waiting:
                if not isinstance(task, _Request):
                    task(translator)

    def _next_requests(self) -> list[_Request | _Task]:
        """Wait for a request, then for those that follow within MERGE_SECONDS."""
        requests = [self._requests.get()]
        until = time.monotonic() + MERGE_SECONDS
        while len(requests) < MAX_BATCH:
            try:
                requests.append(self._requests.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                break
        return requests


def _by_config(requests: list[_Request]) -> list[list[_Request]]:
    groups: dict[DecodingConfig, list[_Request]] = {}
    for request in requests:
        groups.setdefault(request.config, []).append(request)
    return list(groups.values())


def _answer(translator: Translator, requests: list[_Request]) -> None:
    try:
        translations = translator.translate_batch([r.text for r in requests], requests[0].config, capture=True)
    except BaseException as error:
        for request in requests:
            request.result.set_exception(error)
        return
    for request, translation in zip(requests, translations, strict=True):
        request.result.set_result(translation)
