"""How sure the model was of each word, by hand-made probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.records import Candidate
from tests.records import translation_of
from viz.measures.confidence import word_probabilities, written_words
from viz.measures.words import group_words


def example():
    made = translation_of(("▁나", "는"), ("▁ele", "phant", "▁eats"), None)
    other = (Candidate("▁pig", 901, 0.3), Candidate("</s>", 2, 0.1))
    steps = tuple((Candidate(token.piece, token.id, 0.5), *other) for token in made.target)
    return replace(made, log_probs=np.log(np.array([0.8, 0.5, 0.9, 0.25], dtype=np.float32)), candidates=steps)


def test_a_words_probability_is_the_product_over_its_pieces() -> None:
    assert [entry.probability for entry in written_words(example())] == pytest.approx([0.4, 0.9, 0.25])


def test_several_passes_have_each_their_words_probabilities() -> None:
    made = example()
    passes = np.stack([made.log_probs, 2 * made.log_probs])
    words = word_probabilities(passes, group_words(made.target))
    np.testing.assert_allclose(words, [[0.4, 0.9, 0.25], [0.16, 0.81, 0.0625]], rtol=1e-5)


def test_the_least_certain_piece_is_named() -> None:
    elephant = written_words(example())[0]
    assert (elephant.word.text, elephant.piece) == ("elephant", "phant")
    assert elephant.piece_probability == pytest.approx(0.5)


def test_alternatives_leave_out_what_was_chosen_and_know_special_tokens() -> None:
    elephant = written_words(example())[0]
    assert [(other.text, other.is_special) for other in elephant.alternatives] == [("pig", False), ("⏹", True)]


def test_without_candidates_there_are_no_alternatives() -> None:
    assert all(entry.alternatives == () for entry in written_words(replace(example(), candidates=())))
