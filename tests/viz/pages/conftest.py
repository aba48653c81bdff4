"""A small random checkpoint and the whole app without a browser, for the tests of the pages."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from model.checkpoint import save_checkpoint
from model.config import ModelConfig
from model.tokenizer import Tokenizer, train_tokenizer
from model.train import OWN_DATA
from model.transformer import Transformer
from viz.resources import CHECKPOINT_VARIABLE

ROOT = Path(__file__).parents[3]
VOCABULARY = 1000
TIMEOUT_S = 120

OpenApp = Callable[..., AppTest]


@pytest.fixture(scope="session")
def random_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose weights are random: what it writes makes no sense, but it writes it in the right way."""
    with gzip.open(OWN_DATA / "authored-daily.tsv.gz", "rt", encoding="utf-8") as file:
        sentences = [text for line in islice(file, 1500) for text in line.rstrip("\n").split("\t")]
    tokenizer = Tokenizer(train_tokenizer(sentences, VOCABULARY, n_threads=1))
    torch.manual_seed(3)
    config = ModelConfig(
        vocab_size=VOCABULARY, d_model=32, n_heads=4, d_ff=64, n_encoder_layers=2, n_decoder_layers=3, dropout=0.0
    )
    path = tmp_path_factory.mktemp("checkpoint")
    save_checkpoint(path, Transformer(config).eval(), tokenizer)
    return path


@pytest.fixture
def open_app(random_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    """Opens the app: `open_app("ko", "viz/pages/position.py", text="안녕하세요")`."""
    monkeypatch.setenv(CHECKPOINT_VARIABLE, str(random_checkpoint))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()

    def run(language: str, page: str | None = None, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
        for name, value in {"lang": language, **query}.items():
            app.query_params[name] = value
        app.run()
        if page is None:
            return app
        app.switch_page(page)
        # A browser keeps the bound parameter in the address when the page changes.
        app.query_params["lang"] = language
        return app.run()

    yield run
    st.cache_resource.clear()
