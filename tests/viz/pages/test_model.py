"""The page Model in both languages, with and without scores, training log and card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import streamlit as st

from model.checkpoint import load_checkpoint
from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, words_for

PAGE = "viz/pages/model.py"


@pytest.fixture
def full_checkpoint(
    random_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_app: OpenApp
) -> Path:
    """The random checkpoint with all that training and evaluation add."""
    path = tmp_path / "full"
    shutil.copytree(random_checkpoint, path)
    score = {"file": "test-tatoeba", "decoding": "beam_size=4 length_penalty=1", "bleu": 12.34, "chrf": 45.67,
             "n_sentences": 1000, "n_rejected": 0, "seconds": 1.0}
    scores = {"checkpoint_id": load_checkpoint(path).checkpoint_id, "scores": [score],
              "signatures": {"bleu": "nrefs:1|case:mixed"}}
    (path / "scores.json").write_text(json.dumps(scores))
    rows = ("step,tokens,train_loss,dev_loss,dev_chrf", "10,1000000,5.5,,", "20,2000000,4.5,4.1,20.0", "")
    (path / "training.csv").write_text("\n".join(rows))
    (path / "README.md").write_text("# A card\n\nIt errs.\n", encoding="utf-8")
    monkeypatch.setenv("ATTENTION_CHECKPOINT", str(path))
    st.cache_resource.clear()
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_says_what_is_not_there(open_app: OpenApp, language: str) -> None:
    app = open_app(language, PAGE)
    words = words_for(language)  # pyright: ignore[reportArgumentType]
    assert not app.exception
    missing = ("no_scores", "no_training", "no_card")
    assert [info.value for info in app.info] == [words(f"model.{key}") for key in missing]


def test_sizes_stand_beside_the_papers(open_app: OpenApp) -> None:
    sizes = open_app("en", PAGE).table[0].value
    assert list(sizes.loc["Vector size d_model"]) == ["32", "512"]
    assert list(sizes.loc["Decoder layers"]) == ["3", "6"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_shows_scores_curves_and_card(open_app: OpenApp, full_checkpoint: Path, language: str) -> None:
    app = open_app(language, PAGE)
    assert not app.exception
    assert not app.info
    words = words_for(language)  # pyright: ignore[reportArgumentType]
    [row] = app.table[1].value.reset_index().to_dict("records")
    assert row["chrF"] == 45.67
    assert row[words("model.search")] == words("model.beam", size=4)
    assert row[words("model.content")] == words("model.contents.test-tatoeba")
    assert len(app.get("plotly_chart")) == 1
    assert any("It errs." in element.value for element in app.markdown)
