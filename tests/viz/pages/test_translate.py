"""The page Translate in both languages, on a small random model."""

from __future__ import annotations

from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from model.records import HeadRef
from tests.viz.pages.conftest import OpenApp
from viz.language import LANGUAGES, examples, words_for
from viz.measures.links import JoiningHead

ELEPHANT = "나는 무지막지하게 치킨을 많이 먹어서 몸무게가 1200kg가 된 코끼리 입니다"


def box(app: AppTest):
    return app.text_input(key="text")


def html(app: AppTest) -> str:
    """All HTML blocks of the page."""
    return "\n".join(element.proto.body for element in app.get("html"))  # pyright: ignore[reportAttributeAccessIssue]


def figure_json(app: AppTest) -> str:
    return app.get("plotly_chart")[0].proto.spec  # pyright: ignore[reportAttributeAccessIssue]


def errors(app: AppTest) -> list[str]:
    return [error.value for error in app.error]


def type_sentence(app: AppTest, text: str) -> AppTest:
    return box(app).set_value(text).run()


@pytest.mark.parametrize("language", LANGUAGES)
def test_opens_with_the_elephant_sentence_translated(open_app: OpenApp, language: str) -> None:
    app = open_app(language)
    assert not app.exception
    assert errors(app) == []
    assert box(app).value == ELEPHANT
    assert 'class="written"' in html(app)
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_layer_and_head_can_be_shown(open_app: OpenApp, language: str) -> None:
    app = open_app(language, text="나는 강사 입니다")
    seen = set()
    for kind, n_layers in (("encoder", 2), ("decoder", 3), ("cross", 3)):
        app.segmented_control(key="map-kind").set_value(kind).run()
        for layer in range(n_layers):
            app.segmented_control(key="map-layer").set_value(layer)
            for head in range(4):
                app.segmented_control(key="map-head").set_value(head).run()
                assert not app.exception
                seen.add(figure_json(app))
    assert len(seen) == (2 + 3 + 3) * 4


def test_a_layer_that_the_other_kind_lacks_does_not_break_the_page(open_app: OpenApp) -> None:
    app = open_app("en")
    app.segmented_control(key="map-kind").set_value("cross").run()
    app.segmented_control(key="map-layer").set_value(2).run()
    app.segmented_control(key="map-kind").set_value("encoder").run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("", "errors.empty", {}),
        (" \t ", "errors.empty", {}),
        ("😀😀 !!", "errors.nothing", {}),
        ("\x00\x01\x02", "errors.empty", {}),
        ("hello world 123", "errors.no_hangul", {}),
        ("שלום עולם", "errors.no_hangul", {}),
        ("가" * 10_000, "errors.too_long_characters", {"got": 10_000, "limit": 5_000}),
    ],
)
def test_what_cannot_be_translated_gets_one_sentence_and_the_old_result_stays(
    open_app: OpenApp, language: str, text: str, key: str, values: dict[str, int]
) -> None:
    app = open_app(language, text="나는 강사 입니다")
    before = html(app)
    type_sentence(app, text)
    words = words_for(language)  # pyright: ignore[reportArgumentType]
    assert not app.exception
    assert errors(app) == [words(key, **values)]
    assert html(app) == before
    assert not any(words("translate.link_note") in caption.value for caption in app.caption)


def test_a_sentence_over_the_limit_is_refused_with_the_count_and_the_limit(open_app: OpenApp) -> None:
    app = type_sentence(open_app("en"), "나는 학교에 가고 " * 40)
    [message] = errors(app)
    assert "a sentence may have 100" in message


def test_a_bad_sentence_in_the_link_is_a_message_and_not_a_traceback(open_app: OpenApp) -> None:
    app = open_app("en", text="x" * 50)
    assert not app.exception
    assert errors(app) == [words_for("en")("errors.no_hangul")]


def test_an_unknown_language_in_the_link_is_ignored(open_app: OpenApp) -> None:
    app = open_app("<script>")
    assert not app.exception
    assert box(app).value == ELEPHANT


def test_markup_in_a_sentence_stays_text(open_app: OpenApp) -> None:
    app = open_app("ko", text="나는 <img src=x onerror=alert(1)> <b>강사</b> 입니다")
    assert not app.exception
    assert "<img" not in html(app)
    assert "<b>강사" not in html(app)


def test_several_sentences_are_shown_one_by_one(open_app: OpenApp) -> None:
    app = open_app("ko", text="비가 와요. 우산이 없어요.")
    choice = app.radio(key="which")
    assert [label.replace("\\", "") for label in choice.options] == ["1. 비가 와요.", "2. 우산이 없어요."]
    first = html(app)
    choice.set_value(1).run()
    assert not app.exception
    assert html(app) != first
    assert "우산이 없어요." in html(app)


def test_many_sentences_are_chosen_from_a_list(open_app: OpenApp) -> None:
    app = open_app("ko", text="비가 와요. " * 6)
    assert len(app.selectbox(key="which").options) == 6


def test_a_new_text_begins_with_its_first_sentence(open_app: OpenApp) -> None:
    app = open_app("ko", text="비가 와요. 눈이 와요. 바람이 불어요.")
    app.radio(key="which").set_value(2).run()
    type_sentence(app, "나는 가요. 너는 와요. 우리는 자요.")
    assert not app.exception
    assert app.radio(key="which").value == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_example_is_translated_and_says_what_it_shows(open_app: OpenApp, language: str) -> None:
    app = open_app(language)
    for example in examples(language):  # pyright: ignore[reportArgumentType]
        app.button(key=f"example-{example.name}").click().run()
        assert not app.exception
        assert errors(app) == []
        assert box(app).value == example.text
        assert example.hint in [element.value for element in app.markdown]


def test_earlier_sentences_are_one_tap_away(open_app: OpenApp) -> None:
    app = open_app("ko")
    type_sentence(app, "나는 강사 입니다")
    type_sentence(app, "비가 와요.")
    app.button(key="history-0").click().run()
    assert box(app).value == "나는 강사 입니다"


def test_the_beam_changes_what_the_files_say(open_app: OpenApp) -> None:
    app = open_app("en", text="나는 강사 입니다")
    assert "beam_size=4" in figure_json(app)
    app.segmented_control(key="beam").set_value(1).run()
    assert not app.exception
    assert "greedy" in figure_json(app)


def test_many_sentences_are_listed_as_typed_with_the_longest_counted(open_app: OpenApp) -> None:
    app = open_app("en", text="비가 와요. " * 6)
    assert app.selectbox(key="which").options[1] == "2. 비가 와요."
    assert any("the longest has" in element.value for element in app.caption)


def test_the_line_that_says_what_is_seen_follows_the_model(open_app: OpenApp) -> None:
    app = open_app("en")
    page = html(app)
    assert "나는" in page
    assert "joins “나는” most strongly with “코끼리”" in page or "No encoder head clearly joins “나는”" in page


@pytest.mark.parametrize(("language", "said"), [
    ("en", "The other way there is one: head 2 of layer 1 looks from “코끼리” to “나는”, weight 0.500"),
    ("ko", "거꾸로 ‘코끼리’에서 ‘나는’을 보는 헤드는 있어요. 1층 2번이고, 가중치 0.500"),
])
def test_where_only_the_way_back_is_joined_this_is_said(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    def only_back(attention, kind, queries, keys):
        return JoiningHead(HeadRef(kind, 0, 1), 0.5, 0.04) if queries[0] > keys[0] else None

    monkeypatch.setattr("viz.measures.links.strongest_joining_head", only_back)
    assert said in unescape(html(open_app(language)))


def test_the_end_of_a_word_is_not_taken_for_a_word(open_app: OpenApp) -> None:
    page = html(open_app("en", text="사과 하나는 코끼리 것이에요."))
    assert "“나는”" not in page and "“사과”" in page


def test_nothing_is_said_of_heads_where_there_is_one_word_alone(open_app: OpenApp) -> None:
    app = open_app("en", text="안녕하세요")
    assert 'class="seen"' not in html(app) and not app.exception
    assert 'class="seen"' in html(open_app("en", text="나는 어제 학교에서 친구를 만났다"))


def test_the_number_of_tokens_and_the_limit_are_said(open_app: OpenApp) -> None:
    app = open_app("en", text="나는 강사 입니다")
    assert any("up to 100 tokens a sentence, now " in caption.value for caption in app.caption)


def test_choices_outlive_a_change_of_language(open_app: OpenApp) -> None:
    app = open_app("ko")
    app.segmented_control(key="map-kind").set_value("decoder").run()
    app.segmented_control(key="lang").set_value("en").run()
    assert app.segmented_control(key="map-kind").value == "decoder"
    assert "Decoder self-attention" in figure_json(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_checkpoint_is_one_sentence_that_says_what_to_do(
    open_app: OpenApp, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENTION_CHECKPOINT", "nowhere/to-be-found")
    app = open_app(language)
    assert not app.exception
    [message] = errors(app)
    assert "nowhere/to-be-found" in message
    assert "model.train" in message


def test_the_first_korean_sentence_is_looked_at_first(open_app: OpenApp) -> None:
    app = open_app("ko", text="Hello. 비가 와요. 눈이 와요.")
    assert not app.error and app.radio(key="which").value == 1
    assert any('lang="ko">비가 와요.' in html.proto.body for html in app.get("html"))
