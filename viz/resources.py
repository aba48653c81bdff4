"""The translator and its results, held once for all visitors. The only place that loads a model."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from model.config import DecodingConfig
from model.records import Translation
from viz.explorer import explorer

if TYPE_CHECKING:
    from model.batching import TranslationService
    from model.translator import Translator

T = TypeVar("T")

CHECKPOINT_VARIABLE = "ATTENTION_CHECKPOINT"
# Threads for torch, by default one for every other core. With a thread on each, a busy neighbour holds all of them up.
THREADS_VARIABLE = "ATTENTION_THREADS"
CHECKPOINTS = Path(__file__).parent.parent / "checkpoints"
DEFAULT_CHECKPOINT = CHECKPOINTS / "ko-en"
# A translation of 40 to 40 tokens at base size holds 1 MB, one at the limit of length 6 MB.
MAX_TRANSLATIONS = 64
# A traced one holds some 20 MB at base size.
MAX_TRACED = 8
MAX_EXPERIMENTS = 256


def explorer_payload(translation: Translation) -> bytes:
    """All weights of a translation as the browser gets them."""
    key = (translation.checkpoint_id, translation.source_text, translation.target_text, translation.decoding)
    return _payload(key, translation)


def checkpoint_path() -> Path:
    """The checkpoint that the app serves: ATTENTION_CHECKPOINT, or the one that is shipped."""
    return Path(os.environ.get(CHECKPOINT_VARIABLE) or DEFAULT_CHECKPOINT)


def service() -> TranslationService:
    """The translator, loaded on first use. CheckpointError if there is none; a later call tries again."""
    return _service(checkpoint_path())


def translate(text: str, config: DecodingConfig) -> Translation:
    """Translate one sentence, or take the result from an earlier visitor. Raises InputError, CheckpointError."""
    current = service()
    return _translation(current.translator.checkpoint.checkpoint_id, text, config, current)


def traced(text: str, config: DecodingConfig) -> Translation:
    """Translate one sentence with its trace: states, queries, keys, values, scores. Raises as `translate`."""
    current = service()
    return _traced(current.translator.checkpoint.checkpoint_id, text, config, current)


def experiment(function: Callable[..., T], sentence: str, *options: Hashable, companion: str | None = None) -> T:
    """The result of `function(translator, sentence, *options)`, computed once for all visitors.

    Parameters
    ----------
    function : of model.experiments
        Its result is never changed.
    companion : str, optional
        Another checkpoint beside the app's own, by the name of its folder in checkpoints/: it takes the place of the
        app's model.

    Raises
    ------
    CheckpointError
        If the companion cannot be loaded.
    """
    current = service()
    translator = current.translator if companion is None else _companion(companion, current)
    name = f"{function.__module__}.{function.__qualname__}"
    key = (translator.checkpoint.checkpoint_id, name, sentence, options)
    return _experiment(key, lambda: current.run(lambda _: function(translator, sentence, *options)))


@st.cache_resource(max_entries=1, show_spinner=False)
def _service(path: Path) -> TranslationService:
    # Importing torch takes seconds; here, the page is already on the screen and says what is being done.
    from model.batching import TranslationService
    from model.translator import Translator

    def load() -> Translator:
        translator = Translator.load(path, n_threads=_threads())
        _ = translator.transformer  # CheckpointError for an LSTM: what the pages show are heads
        return translator

    loaded = TranslationService(load)
    # Streamlit collects garbage after every run of a page. What torch has brought is there to stay: not looking through
    # it each time makes a run more than twice as fast.
    gc.collect()
    gc.freeze()
    return loaded


@st.cache_resource(max_entries=MAX_TRANSLATIONS, show_spinner=False)
def _translation(checkpoint_id: str, text: str, config: DecodingConfig, _current: TranslationService) -> Translation:
    # A Translation is never changed, so all visitors may share one; cache_data would copy it each time.
    return _current.translate(text, config)


@st.cache_resource(max_entries=MAX_TRACED, show_spinner=False)
def _traced(checkpoint_id: str, text: str, config: DecodingConfig, _current: TranslationService) -> Translation:
    return _current.run(lambda translator: translator.translate(text, config, capture="trace"))


@st.cache_resource(max_entries=4, show_spinner=False)
def _companion(name: str, _current: TranslationService) -> Translator:
    from model.translator import Translator

    device = _current.translator.device
    return _current.run(lambda _: Translator.load(CHECKPOINTS / name, device))


@st.cache_resource(max_entries=MAX_EXPERIMENTS, show_spinner=False)
def _experiment(key: Hashable, _compute: Callable[[], T]) -> T:
    return _compute()


@st.cache_data(max_entries=MAX_TRANSLATIONS, show_spinner=False)
def _payload(key: tuple[str, ...], _translation: Translation) -> bytes:
    return explorer.payload(_translation)


def _threads() -> int:
    """The number of threads asked for, or one for every other core."""
    asked = os.environ.get(THREADS_VARIABLE, "")
    return int(asked) if asked.isdecimal() and int(asked) > 0 else max(1, (os.cpu_count() or 1) // 2)


@st.cache_data(ttl=60, max_entries=1, show_spinner=False)
def network_address() -> str | None:
    """Where others on the same network reach this app, or None if it listens on this machine alone."""
    bound = st.get_option("server.address")
    if bound in ("localhost", "127.0.0.1", "::1"):
        return None
    host = bound if bound not in (None, "", "0.0.0.0", "::") else _own_address()
    if host is None:
        return None
    return f"http://{host}:{st.get_option('server.port')}"


def _own_address() -> str | None:
    """This machine's address on its network, without sending anything: UDP only picks the interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address
