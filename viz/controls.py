"""Widgets that several pages share. Every word on them comes from `Words`, every key is independent of the language."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import plotly.graph_objects as go
import streamlit as st
import streamlit.components.v2 as components_v2

from model.errors import CheckpointError, InputError, TextTooLongError
from model.records import Translation
from model.text import clean, has_hangul
from viz import resources, state
from viz.explorer import explorer as explorer_files
from viz.explorer.view import View
from viz.figures.palette import Palette
from viz.figures.theme import Look
from viz.language import LANGUAGES, Words, browser_language, examples, words_for

ASSETS = Path(__file__).parent / "assets"

if TYPE_CHECKING:
    from model.batching import TranslationService

_MARKDOWN_SIGNS = frozenset("\\`*_{}[]()#+-.!|<>$:~&")

_Texts = TypeVar("_Texts")

_save_buttons = components_v2.component(
    "save_figure",
    html='<div class="row"></div>',
    css=(ASSETS / "save.css").read_text(encoding="utf-8"),
    js=(ASSETS / "save.js").read_text(encoding="utf-8"),
)


_lesson_keys = components_v2.component("lesson_keys", js=(ASSETS / "lesson-keys.js").read_text(encoding="utf-8"))

_explorer = components_v2.component("explorer", js=explorer_files.source())
_explorer_settings = components_v2.component("explorer_settings", js=explorer_files.settings_source())


def page_style() -> None:
    """The app's style sheet, with the colours of source and target words for the page's own theme."""
    palette = look().palette
    st.html(f"<style>:root {{ {_colour_variables(palette)} }}</style>")
    st.html(ASSETS / "app.css")


def _colour_variables(palette: Palette) -> str:
    return (
        f"--source-word: {palette.source}; --target-word: {palette.target}; --muted-text: {palette.muted}; "
        f"--page-text: {palette.text}; --page-background: {palette.background};"
    )


def look() -> Look:
    """How figures are drawn on this visitor's page."""
    return Look(dark=st.context.theme.type == "dark")


def header() -> Words:
    """The top line: the address for others on the network, and the language. Returns the words of that language."""
    with st.container(key="header", horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        address_slot = st.empty()
        st.segmented_control(
            # In both languages at once: whoever cannot read the page has to find it.
            "Language · 언어",
            LANGUAGES,
            default=browser_language(),
            required=True,
            # The address holds what the option is shown as: "ko" and "en", which the style sheet spells out.
            key=state.LANGUAGE_KEY,
            label_visibility="collapsed",
            bind="query-params",
        )
    words = words_for(state.language())
    address = resources.network_address()
    if address is not None:
        address_slot.markdown(f"{words('app.address')} **{address}**", help=words("app.address_help"))
    return words


def small_navigation(pages: Sequence[st.Page]) -> None:
    """The pages as links, for screens too narrow for the navigation bar; the style sheet hides them on others."""
    with st.container(key="small-navigation", horizontal=True, gap="small"):
        for page in pages:
            st.page_link(page, width="content")


def sentence_box(words: Words, *, visible: bool) -> None:
    """The sentence, kept in the address, with examples and this visit's earlier sentences under it.

    If it is not visible, the style sheet hides it, and it only keeps the sentence.
    """
    with st.container(key="sentence" if visible else "hidden-sentence"):
        st.text_input(
            words("translate.box"),
            value=examples(words.language)[0].text,
            key=state.SENTENCE_KEY,
            placeholder=words("translate.placeholder"),
            label_visibility="collapsed",
            bind="query-params",
        )
    if visible:
        _examples(words)
        _history(words)


def _examples(words: Words) -> None:
    with st.container(key="examples", horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(f"{words('translate.examples')}", width="content")
        for example in examples(words.language):
            st.button(
                example.label,
                key=f"example-{example.name}",
                help=f"{example.text}\n\n{example.hint}",
                on_click=state.put_in_box,
                args=(example.text,),
            )


def _history(words: Words) -> None:
    earlier = [text for text in state.history() if text != state.sentence()]
    if earlier:
        with st.container(key="history", horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.markdown(words("translate.history"), width="content")
            for place, text in enumerate(earlier):
                st.button(
                    plain_label(_shortened(clean(text))),
                    key=f"history-{place}",
                    on_click=state.put_in_box,
                    args=(text,),
                    type="tertiary",
                )


def loaded_service(words: Words) -> TranslationService:
    """The translator; says what is being done while it loads, and ends the page with a sentence if it cannot be."""
    try:
        # Each in a container of its own, or the one takes the other's place.
        message, layout = st.container(), st.container()
        with message, st.spinner(words("loading.model")), layout, st.skeleton(height=420):
            return resources.service()
    except CheckpointError as error:
        st.error(words("errors.checkpoint", path=resources.checkpoint_path()))
        with st.expander(words("errors.checkpoint_detail")):
            st.text(str(error))
        st.stop()


def translating(service: TranslationService, words: Words) -> str:
    """What a visitor reads while waiting: how many are served before, if any."""
    waiting = service.n_waiting
    return words("loading.queue", count=waiting) if waiting else words("loading.sentence")


def first_korean(sentences: Sequence[str]) -> int:
    """The place of the first sentence with Hangul, the one that a page begins with; 0 if there is none."""
    return next((place for place, sentence in enumerate(sentences) if has_hangul(sentence)), 0)


def input_problem(error: InputError, words: Words) -> str:
    """What is wrong with a text and what to do, in the reader's language."""
    if isinstance(error, TextTooLongError):
        return words(f"errors.too_long_{error.unit}", got=error.got, limit=error.limit)
    return words(f"errors.{error.reason}")


def explorer(translation: Translation, view: View, words: Words, *, presenter: bool = False) -> None:
    """All attention maps of a translation, linked. Everything in it happens in the browser, without a message here.

    Parameters
    ----------
    view : View
        Where it begins, unless the address says so.
    presenter : bool
        Large type and the main view alone.
    """
    theme = "dark" if look().dark else "light"
    settings = explorer_files.settings(
        words.texts, language=words.language, theme=theme, presenter=presenter, view=view
    )
    _explorer_settings(key="explorer-settings", data=settings)
    _explorer(key="explorer", data=resources.explorer_payload(translation))


def present_button(words: Words, *, help_text: str, key: str) -> None:
    """The button that enters presenter mode, or leaves it."""
    presenting = state.presenting()
    st.button(
        words("lesson.leave" if presenting else "lesson.present"),
        key=key,
        help=help_text,
        icon=":material/close_fullscreen:" if presenting else ":material/open_in_full:",
        on_click=state.present,
        args=(not presenting,),
    )


def lesson_keys(
    steps: Sequence[str],
    step: str,
    *,
    presenting: bool,
    on_turn: Callable[[str], None],
    on_present: Callable[[bool], None],
) -> None:
    """Hear the keys of the lesson, and begin each step at its top.

    Parameters
    ----------
    steps : sequence of str
        The names of all steps, none of them "present" or "leave".
    step : str
        The one that is shown.
    on_turn, on_present : function
        Called before the page runs: with the name of a step to turn to, and with whether to present.
    """

    def heard() -> None:
        # The trigger of a component is in its state for the one run that it causes.
        pressed = st.session_state["lesson-keys"].get("pressed")
        if pressed in ("present", "leave"):
            on_present(pressed == "present")
        elif pressed in steps:
            on_turn(pressed)

    data = {"presenting": presenting, "steps": list(steps), "step": step}
    _lesson_keys(key="lesson-keys", data=data, on_pressed_change=heard)


def figure(
    drawn: go.Figure,
    words: Words,
    *,
    key: str,
    file: str,
    alt: str,
    table: Callable[[], str],
    more: Callable[[], None] | None = None,
    on_pick: Callable[[int], None] | None = None,
    least_px: int | None = None,
    origin: Sequence[str] = (),
) -> None:
    """A figure with its buttons to save it as PNG, SVG and CSV.

    Parameters
    ----------
    key : str
        Of the figure on its page.
    file : str
        Name of the saved files, without ending.
    alt : str
        What it shows, for people who do not see it.
    table : function without arguments
        Makes the text of the CSV file once it is asked for.
    more : function without arguments, optional
        Draws further buttons beside these.
    on_pick : function of a place, optional
        Called before the page runs when a point of the figure is clicked, with its place within its trace.
    least_px : int, optional
        A figure that takes the page's width is at least so wide, and scrolls sideways where the page is narrower.
    origin : sequence of str
        Lines under a saved picture that say where it comes from, for figures that do not say it on the page.
    """

    def picked() -> None:
        points = st.session_state[f"plot-{key}"].selection.points
        if points and on_pick is not None:
            on_pick(int(points[0]["point_index"]))

    drawn.update_layout(dragmode=False)
    wide = drawn.layout.width  # pyright: ignore[reportAttributeAccessIssue]
    if wide is not None:
        # On a narrow screen it scrolls sideways in its frame, so that its labels stay legible.
        high = drawn.layout.height  # pyright: ignore[reportAttributeAccessIssue]
        sizes = f"min-width: {int(wide)}px; --figure-width: {int(wide)}px; --figure-height: {int(high)}px;"
        st.html(f"<style>.st-key-plot-{key} {{ {sizes} }}</style>")
    elif least_px is not None:
        st.html(f"<style>.st-key-plot-{key} {{ min-width: {least_px}px; }}</style>")
    with st.container(key=f"figure-{key}"):
        st.plotly_chart(
            drawn,
            width="stretch" if wide is None else int(wide),
            theme=None,
            config={"displayModeBar": False, "scrollZoom": False, "doubleClick": False},
            key=f"plot-{key}",
            alt=alt,
            on_select="ignore" if on_pick is None else picked,
            selection_mode="points",
        )
    with st.container(key=f"save-{key}", horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(words("save.save"), width="content")
        _save_buttons(
            key=f"pictures-{key}",
            width="content",
            height="content",
            data={
                "figure": f"figure-{key}",
                "file": file,
                "description": alt,
                "origin": list(origin),
                "words": {name: words(f"save.{name}") for name in ("png", "svg", "failed")},
            },
        )
        csv_button(words("save.csv"), table, key=f"csv-{key}", file=file)
        if more is not None:
            more()


def plain_label(text: str) -> str:
    """A visitor's text as the label of a button, where Markdown would be read: its signs escaped."""
    return "".join(f"\\{character}" if character in _MARKDOWN_SIGNS else character for character in text)


def csv_button(label: str, table: Callable[[], str], *, key: str, file: str, help_text: str | None = None) -> None:
    """A button that makes a CSV file when it is pressed; with a byte order mark, or spreadsheets show broken Hangul."""
    st.download_button(
        label,
        lambda: table().encode("utf-8-sig"),
        file_name=f"{file}.csv",
        mime="text/csv",
        key=key,
        help=help_text,
        on_click="ignore",
    )


def texts_of(texts: type[_Texts], section: str, words: Words) -> _Texts:
    """A figure's words: each field of its dataclass looked up as "section.field"."""
    names = [field.name for field in dataclasses.fields(texts)]  # pyright: ignore[reportArgumentType]
    return texts(**{name: words(f"{section}.{name}") for name in names})


def _shortened(text: str, limit: int = 18) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
