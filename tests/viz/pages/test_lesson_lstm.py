"""The step "Why not an LSTM?" on random models: what it says are their numbers, with any sentence and every choice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from model.checkpoint import save_checkpoint
from model.config import RecurrentConfig
from model.recurrent import RecurrentModel
from model.tokenizer import Tokenizer
from tests.viz.pages.conftest import VOCABULARY, OpenApp
from viz import resources
from viz.language import LANGUAGES, words_for
from viz.pages.steps.lstm import MODELS

PAGE = "viz/pages/lesson.py"
TEXT = "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다."


@pytest.fixture(scope="module")
def companions(random_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two LSTMs of random weights under the names of the ones that come with the project."""
    folder, tokenizer = tmp_path_factory.mktemp("companions"), Tokenizer.load(random_checkpoint / "spm.model")
    torch.manual_seed(4)
    for name in filter(None, MODELS.values()):
        config = RecurrentConfig(vocab_size=VOCABULARY, d_model=16, bidirectional=name.endswith("bidirectional"))
        save_checkpoint(folder / name, RecurrentModel(config).eval(), tokenizer)
    return folder


@pytest.fixture
def open_step(open_app: OpenApp, companions: Path, monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    monkeypatch.setattr(resources, "CHECKPOINTS", companions)

    def run(language: str, text: str = TEXT) -> AppTest:
        app = open_app(language, PAGE, step="lstm", text=text)
        assert not app.exception
        return app

    return run


def figures(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def n_maps(app: AppTest) -> int:
    return sum(trace["type"] == "heatmap" for trace in figures(app)[0]["data"])


def said(app: AppTest) -> str:
    return " ".join(each.value for each in app.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_compares_three_models_in_maps_curves_and_translations(open_step: OpenApp, language: str):
    app, words = open_step(language), words_for(language)  # pyright: ignore[reportArgumentType]
    assert len(figures(app)) == 2 and n_maps(app) == 3
    assert len(figures(app)[1]["data"]) == 3
    writings = next(each.proto.body for each in app.get("html") if "lesson-writings" in each.proto.body)
    assert writings.count("<dd") == 3
    assert all(words(f"lesson-lstm.{model}") in writings for model in MODELS)


@pytest.mark.parametrize(("language", "zero"), [("ko", "정확히 0 %"), ("en", "exactly 0 %")])
def test_says_that_the_lstm_cannot_know_of_the_elephant(open_step: OpenApp, language: str, zero: str):
    text = said(open_step(language))
    assert f"**{zero}**" in text
    assert "코끼리" in text and "나는" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_says_which_head_looks_or_that_none_does(open_step: OpenApp, language: str):
    texts = words_for(language).texts  # pyright: ignore[reportArgumentType]
    beginnings = [texts[f"lesson-lstm.head.{key}"].split("{")[0] for key in ("joined", "not_joined")]
    assert any(beginning in said(open_step(language)) for beginning in beginnings)


def test_the_gap_puts_words_after_the_first_one(open_step: OpenApp):
    app = open_step("ko")
    n_words = len(figures(app)[0]["layout"]["xaxis"]["tickvals"])
    app.slider(key="lstm-gap-12").set_value(3).run()
    assert not app.exception
    assert len(figures(app)[0]["layout"]["xaxis"]["tickvals"]) == n_words + 3
    longer = next(each.proto.body for each in app.get("html") if "lesson-words" in each.proto.body)
    assert "나는 <u>오늘 아침부터 집에서</u> 무지막지하게" in longer


def test_the_gap_grows_no_longer_than_the_model_reads(open_step: OpenApp, random_checkpoint: Path):
    tokenizer = Tokenizer.load(random_checkpoint / "spm.model")
    # As many words as leave room for a few tokens more, of the 100 that a sentence may have.
    text = next(text for n in range(99, 0, -1) if len(tokenizer.encode(text := " ".join(["나는"] * n))) <= 92)
    app = open_step("ko", text)
    assert not app.error
    (gap,) = [slider for slider in app.slider if slider.key and slider.key.startswith("lstm-gap")]
    assert gap.max < 12
    gap.set_value(gap.max).run()
    assert not app.exception and not app.error


def test_fewer_models_are_shown_as_chosen_and_all_if_none_is(open_step: OpenApp):
    app = open_step("en")
    app.segmented_control(key="lstm-models").set_value(["transformer"]).run()
    assert n_maps(app) == 1
    app.segmented_control(key="lstm-models").set_value([]).run()
    assert n_maps(app) == 3


def test_nudging_is_another_way_to_measure(open_step: OpenApp):
    app = open_step("en")
    before = figures(app)[0]
    app.segmented_control(key="lstm-measure").set_value("nudge").run()
    assert not app.exception
    assert words_for("en")("lesson-lstm.measures.nudge_explained") in " ".join(each.value for each in app.caption)
    assert figures(app)[0] != before


@pytest.mark.parametrize("text", ["가", "안녕 😀", "나는 3D 프린터 2대를 샀다"])
def test_takes_any_sentence(open_step: OpenApp, text: str):
    app = open_step("ko", text)
    app.radio(key="guess-lstm").set_value("a").run()
    assert not app.exception and not app.error


@pytest.mark.parametrize("language", LANGUAGES)
def test_not_at_all_is_the_right_answer(open_step: OpenApp, language: str):
    app, words = open_step(language), words_for(language)  # pyright: ignore[reportArgumentType]
    app.radio(key="guess-lstm").set_value("b").run()
    assert f"**{words('lesson.wrong')}**" in said(app)
    app.radio(key="guess-lstm").set_value("a").run()
    assert f"**{words('lesson.right')}**" in said(app)


def test_without_the_lstms_it_says_what_to_do(open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resources, "CHECKPOINTS", tmp_path)
    app = open_app("en", PAGE, step="lstm", text=TEXT)
    assert not app.exception
    assert [error.value for error in app.error] == [words_for("en")("lesson.no_companion")]
