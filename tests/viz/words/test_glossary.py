from __future__ import annotations

import re

import pytest

from viz.words.glossary import DOCUMENT, as_markdown, glossary


def test_the_document_is_up_to_date():
    assert DOCUMENT.read_text(encoding="utf-8") == as_markdown(glossary()), "run `make glossary`"


@pytest.mark.parametrize("field", ["key", "ko", "en"])
def test_no_two_terms_share_a_name(field):
    names = [getattr(term, field).lower() for term in glossary()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("term", glossary(), ids=lambda term: term.key)
def test_a_term_is_complete_in_both_languages(term):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", term.key)
    assert re.search("[가-힣]", term.explanation_ko)
    assert term.explanation_ko.endswith("요.")
    assert not re.search("[가-힣]", term.en + term.explanation_en)
    assert term.explanation_en.endswith(".")


@pytest.mark.parametrize("term", glossary(), ids=lambda term: term.key)
def test_a_term_stays_within_its_cell_of_the_table(term):
    assert not re.search(r"[|\n]", term.ko + term.en + term.explanation_ko + term.explanation_en)


def test_a_token_such_as_s_is_no_html_in_the_document():
    assert "</s>" in next(term for term in glossary() if term.key == "eos").explanation_en
    assert "<" not in as_markdown(glossary())


def test_the_terms_of_the_code_are_explained():
    code = {"attention", "query", "key", "value", "head", "layer", "source", "target", "encoder", "decoder", "d_model",
            "d_ff", "d_k", "entropy", "dropout", "label_smoothing", "bos", "eos", "padding"}
    assert code <= {term.key for term in glossary()}
