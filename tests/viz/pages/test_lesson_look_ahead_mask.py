"""The step "The decoder's mask" on random models: what it says are their numbers, in every view."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from model.checkpoint import TRAINING_LOG, save_checkpoint
from model.config import ModelConfig
from model.experiments.look_ahead import least_loss
from model.tokenizer import Tokenizer
from model.transformer import Transformer
from tests.viz.pages.conftest import VOCABULARY, OpenApp
from viz import resources
from viz.language import LANGUAGES, words_for
from viz.pages.steps.look_ahead_mask import COMPANION, VIEWS

PAGE = "viz/pages/lesson.py"
TEXT = "나는 강사 입니다"
LOG = "step,tokens,train_loss\n1,1000000,8.5\n2,2000000,1.5\n"


@pytest.fixture(scope="module")
def companions(random_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model without the mask, with a log of its training."""
    folder = tmp_path_factory.mktemp("companions")
    torch.manual_seed(5)
    config = ModelConfig(vocab_size=VOCABULARY, d_model=16, n_heads=2, d_ff=32, n_encoder_layers=1, n_decoder_layers=1,
                         look_ahead_mask=False)
    tokenizer = Tokenizer.load(random_checkpoint / "spm.model")
    save_checkpoint(folder / COMPANION, Transformer(config).eval(), tokenizer, {"config": {"label_smoothing": 0.1}})
    (folder / COMPANION / TRAINING_LOG).write_text(LOG, encoding="utf-8")
    return folder


@pytest.fixture
def open_view(open_app: OpenApp, companions: Path, monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    monkeypatch.setattr(resources, "CHECKPOINTS", companions)

    def run(language: str, view: str, text: str = TEXT) -> AppTest:
        app = open_app(language, PAGE, step="look-ahead-mask", text=text)
        app.segmented_control(key="look-ahead-mask-view").set_value(view).run()
        assert not app.exception and not app.error
        return app

    return run


def figures(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def said(app: AppTest) -> str:
    return " ".join(each.value for each in app.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_one_figure(open_view: OpenApp, language: str, view: str):
    assert len(figures(open_view(language, view))) == 1


@pytest.mark.parametrize("text", ["가", "안녕 😀", "나는 3D 프린터 2대를 샀다"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_takes_any_sentence(open_view: OpenApp, view: str, text: str):
    assert len(figures(open_view("ko", view, text))) == 1


def test_the_triangle_is_hatched_until_the_mask_is_taken_off(open_view: OpenApp):
    app = open_view("en", "triangle")
    masked_name = words_for("en")("heatmap.masked")
    assert masked_name in {trace.get("name") for trace in figures(app)[0]["data"]}
    app.toggle(key="look-ahead-mask-on").set_value(False).run()
    assert not app.exception
    assert masked_name not in {trace.get("name") for trace in figures(app)[0]["data"]}
    assert "In layer 1" in said(app)


def test_removal_is_shown_as_two_bars_for_each_word(open_view: OpenApp):
    app = open_view("en", "removed")
    first, second = figures(app)[0]["data"]
    assert len(first["y"]) == len(second["y"]) > 0
    texts = words_for("en").texts
    beginnings = [texts[f"lesson-look-ahead-mask.{key}"].split("{")[0] for key in ("disturbed", "not_disturbed")]
    assert any(beginning in said(app) for beginning in beginnings)


def test_the_loss_of_the_companion_is_drawn_above_the_least_that_it_can_be(open_view: OpenApp):
    app = open_view("en", "training")
    own, other = figures(app)[0]["data"]
    assert own["name"] == words_for("en")("lesson-look-ahead-mask.own") and list(own["y"]) == []
    least = least_loss(0.1, VOCABULARY)
    np.testing.assert_allclose(list(other["y"]), [8.5 - least, 1.5 - least])
    assert list(other["x"]) == [1, 2]
    assert f"its loss is {1.5 - least:.2g} nats above the least possible" in said(app)


def test_copying_compares_both_models_and_shows_what_they_write_alone(open_view: OpenApp):
    app = open_view("en", "copying")
    words = words_for("en")
    names = [words(f"lesson-look-ahead-mask.{key}") for key in ("own", "other")]
    assert [trace["name"] for trace in figures(app)[0]["data"]] == names
    writings = next(each.proto.body for each in app.get("html") if "lesson-writings" in each.proto.body)
    assert writings.count("<dd") in (2, 3)


def test_the_words_can_be_shown_backwards(open_view: OpenApp):
    app = open_view("en", "copying")
    forwards = figures(app)[0]["layout"]["xaxis"]["ticktext"]
    app.toggle(key="look-ahead-mask-backwards").set_value(True).run()
    assert not app.exception
    backwards = figures(app)[0]["layout"]["xaxis"]["ticktext"]
    assert forwards[-1] == backwards[-1] and len(backwards) > 0


def test_without_the_companion_its_views_say_so_and_the_others_work(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(resources, "CHECKPOINTS", tmp_path)
    app = open_app("en", PAGE, step="look-ahead-mask", text=TEXT)
    assert not app.exception and not app.error
    for view in ("training", "copying"):
        app.segmented_control(key="look-ahead-mask-view").set_value(view).run()
        assert not app.exception
        assert [error.value for error in app.error] == [words_for("en")("lesson.no_companion")]
    app.segmented_control(key="look-ahead-mask-view").set_value("removed").run()
    assert not app.exception and not app.error


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_of_the_guesses_is_right(open_view: OpenApp, language: str):
    app, words = open_view(language, "removed"), words_for(language)  # pyright: ignore[reportArgumentType]
    right = 0
    for guess in "abc":
        app.radio(key="guess-look-ahead-mask").set_value(guess).run()
        assert not app.exception
        right += f"**{words('lesson.right')}**" in said(app)
    assert right == 1
