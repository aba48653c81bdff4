"""The step "Many heads" in both languages, for all kinds, layers and heads."""

from __future__ import annotations

from html import escape

import pytest
from streamlit.testing.v1 import AppTest

from model.records import HeadRef, Intervention
from tests.viz.pages.conftest import OpenApp
from viz import resources
from viz.language import LANGUAGES, words_for

PAGE = "viz/pages/lesson.py"


def open_step(open_app: OpenApp, language: str, text: str = "나는 강사 입니다") -> AppTest:
    app = open_app(language, PAGE, text=text, step="heads")
    assert not app.exception
    return app


def bodies(app: AppTest) -> str:
    return "\n".join(each.proto.body for each in app.get("html"))  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("language", LANGUAGES)
def test_shows_all_heads_the_enlarged_one_shapes_and_parts(open_app: OpenApp, language: str) -> None:
    app = open_step(open_app, language)
    assert len(app.get("plotly_chart")) == 2
    # The random checkpoint has 4 heads of 8 and d_model 32; the paper 8 of 64 and 512.
    assert "4 × (" in bodies(app) and ", 8)" in bodies(app) and "(32, 32)" in bodies(app)
    assert "8 × (" in bodies(app) and "(512, 512)" in bodies(app)
    assert bodies(app).count("<tr") == 1 + 4


@pytest.mark.parametrize("kind", ["decoder", "cross"])
def test_every_kind_and_head_can_be_chosen(open_app: OpenApp, kind: str) -> None:
    app = open_step(open_app, "en")
    app.segmented_control(key="heads-kind").set_value(kind).run()
    app.selectbox(key="heads-layer-decoder").set_value(2).run()
    app.segmented_control(key="heads-head").set_value(3).run()
    assert not app.exception
    assert "of the 12 heads" in "\n".join(each.value for each in app.markdown)
    neighbours = words_for("en")("lesson-heads.table.neighbours")
    assert (f"<th>{neighbours}</th>" in bodies(app)) == (kind == "decoder")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_follows_the_measured_distance(open_app: OpenApp, language: str) -> None:
    app = open_step(open_app, language)
    outcomes = []
    for guess in "abc":
        app.radio(key="guess-heads").set_value(guess).run()
        outcomes.append(any(words_for(language)("lesson.right") in each.value for each in app.markdown))
    assert outcomes.count(True) == 1


def test_the_sentence_is_translated_anew_without_the_heads_that_are_switched_off(open_app: OpenApp) -> None:
    app = open_step(open_app, "en")
    words = words_for("en")
    off_none, nothing = words("lesson-heads.off_none"), words("lesson-heads.nothing")
    assert off_none in bodies(app) and "Cross-attention, all layers" not in bodies(app)
    app.pills(key="heads-off").set_value([3, 1]).run()
    assert "Cross-attention, all layers, heads switched off: 6" in bodies(app), "two heads in each of three layers"
    heads = tuple(HeadRef("cross", layer, head) for layer in range(3) for head in (1, 3))
    found = resources.service().translator.translate("나는 강사 입니다", intervention=Intervention(heads))
    assert escape(found.target_text.strip() or nothing) in bodies(app)
    app.toggle(key="heads-off-layers").set_value(False).run()
    app.segmented_control(key="heads-off-kind").set_value("encoder").run()
    app.selectbox(key="heads-off-layer-encoder").set_value(1).run()
    assert "Encoder self-attention, layer 2, heads switched off: 2" in bodies(app)
