"""Model: what the translator is, how well it translates, and how it was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from model.config import ModelConfig
from viz import controls, state
from viz.figures.training_curves import TrainingTexts, training_curves, training_summary
from viz.language import Words, words_for
from viz.measures.tables import csv_text

if TYPE_CHECKING:
    from model.batching import TranslationService

SIZES = ("n_encoder_layers", "n_decoder_layers", "n_heads", "d_model", "d_head", "d_ff", "vocab_size", "dropout")
# Vaswani et al. 2017, table 3 and section 5.1; their vocabulary (English and German) had about 37,000 pieces.
PAPER = ModelConfig(vocab_size=37_000)
CARD = "README.md"


def main() -> None:
    words = words_for(state.language())
    st.title(words("model.title"))
    st.markdown(words("model.intro"))
    service = controls.loaded_service(words)
    _facts(service, words)
    _sizes(service, words)
    _scores(service.translator.checkpoint.scores, words)
    _training(service, words)
    _card(service, words)


def _facts(service: TranslationService, words: Words) -> None:
    checkpoint = service.translator.checkpoint
    facts = {
        "parameters": f"{checkpoint.n_parameters:,}",
        "device": service.translator.device,
        "checkpoint": checkpoint.checkpoint_id,
        "max_source_tokens": str(service.translator.max_source_tokens),
    }
    for column, (name, value) in zip(st.columns(len(facts)), facts.items(), strict=True):
        column.metric(words(f"model.{name}"), value)


def _sizes(service: TranslationService, words: Words) -> None:
    st.header(words("model.sizes"), anchor="sizes")
    here = service.translator.model_config
    st.table(
        pd.DataFrame(
            {
                words("model.quantity"): [words(f"model.{name}") for name in SIZES],
                words("model.here"): [f"{getattr(here, name):,}" for name in SIZES],
                words("model.paper"): [f"{getattr(PAPER, name):,}" for name in SIZES],
            }
        ).set_index(words("model.quantity"))
    )


def _scores(scores: dict[str, Any] | None, words: Words) -> None:
    st.header(words("model.scores"), anchor="scores")
    if not scores or not scores.get("scores"):
        st.info(words("model.no_scores"))
        return
    st.markdown(words("model.scores_explained"))
    rows = [
        {
            words("model.test_file"): row["file"],
            words("model.content"): words.texts.get(f"model.contents.{row['file']}", ""),
            words("model.search"): _search(row["decoding"], words),
            "BLEU": row["bleu"],
            "chrF": row["chrf"],
            words("model.sentences"): row["n_sentences"],
        }
        for row in scores["scores"]
    ]
    table = pd.DataFrame(rows).set_index(words("model.test_file"))
    st.table(table.style.format({"BLEU": "{:.1f}", "chrF": "{:.1f}"}))
    searches = dict.fromkeys(row["decoding"] for row in scores["scores"])
    st.caption(f"{words('model.search')}: {' · '.join(searches)}")
    st.caption(f"{words('model.signatures')}: {' · '.join(scores.get('signatures', {}).values())}")


def _search(options: str, words: Words) -> str:
    """A search in short: "beam 4" for "beam_size=4 length_penalty=1 no_repeat_ngram=4"."""
    kind, _, size = options.split()[0].partition("=")
    return words("model.beam", size=size) if kind == "beam_size" else words("model.greedy")


def _training(service: TranslationService, words: Words) -> None:
    st.header(words("model.training"), anchor="training")
    checkpoint = service.translator.checkpoint
    if not checkpoint.training_log:
        st.info(words("model.no_training"))
        return
    st.markdown(words("model.training_explained"))
    texts = controls.texts_of(TrainingTexts, "training", words)
    origin = ("checkpoint", checkpoint.checkpoint_id)
    footer = [f"{words('heatmap.checkpoint')} {checkpoint.checkpoint_id}"]
    controls.figure(
        training_curves(checkpoint.training_log, look=controls.look(), texts=texts, footer=footer),
        words,
        key="training",
        file=f"training-{checkpoint.checkpoint_id}",
        alt=training_summary(checkpoint.training_log, texts),
        table=lambda: csv_text(pd.DataFrame(checkpoint.training_log), [origin]),
    )


def _card(service: TranslationService, words: Words) -> None:
    st.header(words("model.card"), anchor="card")
    try:
        card = (service.translator.checkpoint.path / CARD).read_text(encoding="utf-8")
    except FileNotFoundError:
        st.info(words("model.no_card"))
        return
    st.caption(words("model.card_explained"))
    # The page has a title and headings already.
    with st.container(border=True):
        st.markdown(_lowered(card))


def _lowered(markdown: str) -> str:
    """Markdown with its headings three levels further down."""
    return "\n".join(f"###{line}" if line.startswith("#") else line for line in markdown.splitlines())


main()
