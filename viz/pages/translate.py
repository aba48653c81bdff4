"""Translate: a Korean sentence, its translation, and every attention map that was computed on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, TypeVar, get_args

import streamlit as st

from model.config import DecodingConfig
from model.errors import InputError
from model.records import ATTENTION_KINDS, AttentionKind, HeadRef, Translation
from model.text import clean, has_hangul
from viz import controls, resources, state
from viz.explorer.view import View
from viz.figures.heatmap import HeatmapTexts, heatmap_summary, map_heatmap
from viz.figures.labels import percent_text
from viz.figures.palette import Scale
from viz.figures.written import UNSURE_BELOW, WrittenTexts, written_html
from viz.language import Words, examples, words_for
from viz.measures.heads import entropy_nats, mean_distance_tokens
from viz.measures.links import TIMES_EVEN_SHARE, JoiningHead, strongest_joining_head, strongest_partner
from viz.measures.maps import AttentionMap, average_map, captured
from viz.measures.tables import all_maps_csv, map_csv, map_matrix
from viz.measures.words import group_words, tokens_in_span

if TYPE_CHECKING:
    from model.batching import TranslationService

# More sentences than this are chosen from a list that opens.
MAX_RADIO = 4
UNITS = ("token", "word")
SCALES: tuple[Scale, ...] = get_args(Scale)
# The option of a layer or head that stands for the average over all.
AVERAGE = "average"

_Option = TypeVar("_Option", bound=str)


def main() -> None:
    words = words_for(state.language())
    service = controls.loaded_service(words)
    text, config = state.sentence(), state.decoding_config()
    with st.spinner(controls.translating(service, words)):
        problem = _problem(service, text, config, words)
    if problem is not None:
        st.error(problem)
        before = state.shown()
        if before is None:
            return
        text, config = before.text, before.config
        st.caption(words("errors.old_result", sentence=controls.plain_label(clean(text))))
    sentences = service.translator.split_sentences(text)
    # The style sheet hides both in presenter mode: what is not drawn would lose its place and its choices.
    with st.container(key="translate-words"):
        if problem is None:
            state.show(text, config)
            _limit(service, sentences, words)
        sentence = sentences[_choose(sentences, words)]
        with st.spinner(controls.translating(service, words)):
            translation = resources.translate(sentence, config)
        seen = _seen(translation, words)
        _translation(translation, seen, words)
    controls.explorer(translation, _opening_view(translation, seen), words, presenter=state.presenting())
    with st.container(key="translate-map"):
        _maps(translation, words)
    if state.presenting():
        with st.container(key="presenting"):
            controls.lesson_keys([], "", presenting=True, on_turn=state.go_to_step, on_present=state.present)


def _problem(service: TranslationService, text: str, config: DecodingConfig, words: Words) -> str | None:
    """Why the text cannot be translated; None if it can."""
    try:
        sentences = service.translator.split_sentences(text)
        first = sentences[controls.first_korean(sentences)]
        if not has_hangul(first):
            return words("errors.no_hangul")
        if not resources.translate(first, config).target_text.strip():
            return words("errors.no_translation")
    except InputError as error:
        return controls.input_problem(error, words)
    return None


def _limit(service: TranslationService, sentences: list[str], words: Words) -> None:
    """The limit on length with the tokens of what is in the box, and what an example was chosen to show."""
    counts = [service.translator.count_tokens(sentence) for sentence in sentences]
    limit = service.translator.max_source_tokens
    if len(counts) <= MAX_RADIO:
        note = words("translate.count", limit=limit, count=", ".join(map(str, counts)))
    else:
        note = words("translate.count_longest", limit=limit, count=max(counts))
    st.caption(f"{note} · {words('translate.link_note')}")
    hint = next((example.hint for example in examples(words.language) if example.text == state.sentence()), None)
    if hint is not None:
        st.markdown(hint)


def _choose(sentences: list[str], words: Words) -> int:
    """Which of several sentences is looked at."""
    if len(sentences) == 1:
        return 0
    state.keep_choice_within(len(sentences))
    label, places = words("translate.which_sentence", count=len(sentences)), range(len(sentences))
    first = controls.first_korean(sentences)
    numbered = [f"{place + 1}. {sentence}" for place, sentence in enumerate(sentences)]
    # A radio button reads Markdown, a list that opens does not.
    if len(sentences) <= MAX_RADIO:
        named = [controls.plain_label(text) for text in numbered]
        chosen = st.radio(label, places, first, format_func=lambda place: named[place], key=state.WHICH_KEY)
    else:
        chosen = st.selectbox(label, places, first, format_func=lambda place: numbered[place], key=state.WHICH_KEY)
    return chosen or 0


def _translation(translation: Translation, seen: _Seen, words: Words) -> None:
    """The translation in large type, what is seen in its maps, and how far to trust it."""
    # A narrow box shows a part of a long sentence only.
    st.html(f'<p class="spoken" lang="ko">{escape(translation.source_text)}</p>')
    st.html(written_html(translation, controls.texts_of(WrittenTexts, "written", words)))
    if seen.text:
        st.html(f'<p class="seen">{escape(seen.text)}</p>')
    with st.container(key="trust", horizontal=True, vertical_alignment="center"):
        legend = words("translate.legend", percent=f"{percent_text(UNSURE_BELOW)} %")
        st.caption(words("translate.honest"), help=legend, width="content")
        st.page_link("viz/pages/model.py", label=words("translate.scores_link"), width="content")
        st.segmented_control(
            words("translate.beam"),
            state.BEAM_SIZES,
            default=state.DEFAULT_BEAM_SIZE,
            required=True,
            format_func=str,
            key=state.BEAM_KEY,
            label_visibility="collapsed",
            persist_state="session",
        )
        st.caption(words("translate.beam"), help=words("translate.beam_help"), width="content")
        controls.present_button(words, help_text=words("translate.present_help"), key="translate-present")


@dataclass(frozen=True)
class _Seen:
    """What the page says of a translation's maps ("": nothing), and where in the explorer it can be looked at."""

    text: str
    head: HeadRef | None
    pins: tuple[int, ...]


def _seen(translation: Translation, words: Words) -> _Seen:
    """Which encoder head joins two words most strongly, from the model's own numbers, or that none does."""
    attention, text = captured(translation), translation.source_text
    even_share = f"{1 / len(translation.source):.3f}"
    threshold = f"{TIMES_EVEN_SHARE:g}"
    for query, key in (example.link for example in examples(words.language)):
        # Of 사과 하나는 not the end.
        spans = [re.search(rf"(?<!\w){re.escape(word)}", text) for word in (query, key)]
        if all(spans):
            queries, keys = (tokens_in_span(translation.source, *span.span()) for span in spans if span)
            head = strongest_joining_head(attention, "encoder", queries, keys)
            if head is not None:
                return _Seen(_joined("joined", query, key, head, words), head.ref, tuple(queries))
            said = words("seen.not_joined", query=query, key=key, even=even_share, threshold=threshold)
            back = strongest_joining_head(attention, "encoder", keys, queries)
            if back is None:
                return _Seen(said, None, tuple(queries))
            return _Seen(f"{said} {_joined('other_way', query, key, back, words)}", back.ref, tuple(queries))
    spoken = [word for word in group_words(translation.source) if not word.is_special]
    first, others = spoken[0], spoken[1:]
    partner = strongest_partner(attention, "encoder", first, others) if others else None
    if partner is None:
        if not others or len(translation.source) <= TIMES_EVEN_SHARE:  # nothing that a weight could show
            return _Seen("", None, first.indices)
        said = words("seen.no_partner", query=first.text, even=even_share, threshold=threshold)
        return _Seen(said, None, first.indices)
    return _Seen(_joined("joined", first.text, partner.word.text, partner.head, words), partner.head.ref, first.indices)


def _joined(said: str, query: str, key: str, head: JoiningHead, words: Words) -> str:
    return words(
        f"seen.{said}",
        query=query,
        key=key,
        layer=head.ref.layer + 1,
        head=head.ref.head + 1,
        weight=f"{head.weight:.3f}",
        times=f"{head.times_even_share:.1f}",
    )


def _opening_view(translation: Translation, seen: _Seen) -> View:
    """Where the explorer begins: at the head that the page speaks of, or else at the last layer's cross-attention."""
    last_layer = captured(translation).cross.shape[0] - 1
    return View(seen.head or HeadRef("cross", last_layer, 0), source_pins=seen.pins)


@st.fragment
def _maps(translation: Translation, words: Words) -> None:
    """One attention map at a time, to save: the choice at its side, files and table under it."""
    st.subheader(words("map.single"))
    st.caption(words("map.single_explained"))
    picture, side = st.columns([3, 1], gap="medium")
    with side:
        chosen, scale = _chosen_map(translation, words)
    with picture:
        _map_figure(translation, chosen, scale, words)


def _chosen_map(translation: Translation, words: Words) -> tuple[AttentionMap, Scale]:
    """The widgets that choose a map, and the map."""
    kind: AttentionKind = _one_of("kind", ATTENTION_KINDS, "map.kind", words, default="cross")
    n_layers, n_heads = captured(translation).of_kind(kind).shape[:2]
    layer = _number("layer", n_layers, words)
    head = _number("head", n_heads, words)
    unit = _one_of("unit", UNITS, "map.unit", words, default="word", help_key="map.unit_help")
    scale: Scale = _one_of("scale", SCALES, "map.scale", words, default="sqrt", help_key="map.scale_help")
    st.markdown(words(f"map.{kind}_explained"))
    if kind != "encoder":
        st.markdown(words("map.row_reads"))
    chosen = average_map(translation, kind, layer=layer, head=head, words=unit == "word")
    st.caption(_numbers(chosen, words))
    return chosen, scale


def _one_of(
    key: str, options: tuple[_Option, ...], label: str, words: Words, *, default: _Option, help_key: str | None = None
) -> _Option:
    """A choice of one option; each is named by the text "map.option"."""
    chosen = st.segmented_control(
        words(label),
        options,
        default=default,
        required=True,
        format_func=lambda option: words(f"map.{option}"),
        key=f"map-{key}",
        help=None if help_key is None else words(help_key),
        persist_state="session",
    )
    return chosen or default


def _number(name: str, count: int, words: Words) -> int | None:
    """The choice of a layer or head, shown from one; from zero, or None for the average."""
    options = [*range(count), AVERAGE]
    chosen = st.segmented_control(
        words(f"map.{name}"),
        options,
        default=AVERAGE if name == "head" else count - 1,
        required=True,
        format_func=lambda option: words("map.average") if option == AVERAGE else str(option + 1),
        key=f"map-{name}",
        persist_state="session",
        wrap=True,
    )
    return chosen if isinstance(chosen, int) else None


def _numbers(chosen: AttentionMap, words: Words) -> str:
    """The map in numbers: its entropy and, within one sentence, how far it looks."""
    parts = [words("map.entropy", entropy=f"{float(entropy_nats(chosen.weights).mean()):.2f}")]
    if chosen.kind != "cross" and chosen.unit == "token":
        parts.append(words("map.distance", distance=f"{float(mean_distance_tokens(chosen.weights)):.1f}"))
    return " · ".join([*parts, words("map.rows_sum")])


def _map_figure(translation: Translation, chosen: AttentionMap, scale: Scale, words: Words) -> None:
    texts = controls.texts_of(HeatmapTexts, "heatmap", words)
    drawn = map_heatmap(translation, chosen, scale=scale, look=controls.look(), texts=texts)
    controls.figure(
        drawn,
        words,
        key="attention-map",
        file=_file_name(translation, chosen),
        alt=heatmap_summary(chosen, texts),
        table=lambda: map_csv(translation, chosen),
        more=lambda: controls.csv_button(
            words("save.all_csv"),
            lambda: all_maps_csv(translation),
            key="all-maps-csv",
            file=f"attention-{translation.checkpoint_id}",
            help_text=words("save.all_csv_help"),
        ),
    )
    if st.toggle(words("map.table"), key="map-table"):
        st.dataframe(map_matrix(chosen).style.format("{:.3f}", na_rep=""))


def _file_name(translation: Translation, chosen: AttentionMap) -> str:
    """Names a map's files; layers and heads count from zero, as in the file."""
    layer = "mean" if chosen.layer is None else str(chosen.layer)
    head = "mean" if chosen.head is None else str(chosen.head)
    return f"attention-{chosen.kind}-layer-{layer}-head-{head}-{translation.checkpoint_id}"


main()
