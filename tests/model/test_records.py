from __future__ import annotations

import numpy as np
import pytest

from model.records import ATTENTION_KINDS, AttentionRecord, HeadRef
from tests.records import asymmetric_translation, make_translation


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


@pytest.mark.parametrize("shapes", [
    ((1, 2, 3, 4), (1, 2, 2, 2), (1, 2, 2, 3)), ((1, 2, 3, 3), (1, 2, 3, 3), (1, 2, 2, 3)),
    ((1, 1, 3, 3), (1, 2, 2, 2), (1, 2, 2, 3)), ((1, 2, 3, 3), (2, 2, 2, 2), (1, 2, 2, 3)),
])
def test_maps_that_do_not_fit_together_are_refused(shapes):
    with pytest.raises(ValueError, match="expected"):
        AttentionRecord(*(zeros(*shape) for shape in shapes))


def test_encoder_and_decoder_may_differ_in_depth():
    assert AttentionRecord(zeros(6, 2, 3, 3), zeros(2, 2, 4, 4), zeros(2, 2, 4, 3)).encoder.shape[0] == 6


def test_a_head_is_found_by_kind_layer_and_number():
    record = make_translation(layers=3, heads=4).attention
    assert record is not None
    for kind in ATTENTION_KINDS:
        assert np.array_equal(record.of_head(HeadRef(kind, 2, 1)), getattr(record, kind)[2, 1])


@pytest.mark.parametrize(("layer", "head"), [(2, 0), (-1, 0), (0, 4), (0, -1)])
def test_a_head_that_does_not_exist_is_an_index_error(layer, head):
    record = make_translation(layers=2, heads=4).attention
    assert record is not None
    with pytest.raises(IndexError, match="2 layers with 4 heads"):
        record.of_head(HeadRef("cross", layer, head))


def test_rows_and_columns_stand_for_the_right_tokens():
    translation = asymmetric_translation()
    pieces = {kind: ([t.piece for t in translation.query_tokens(kind)], [t.piece for t in translation.key_tokens(kind)])
              for kind in ATTENTION_KINDS}
    source, decoder_input = ["▁나", "는", "</s>"], ["<s>", "▁I"]
    assert pieces == {"encoder": (source, source), "decoder": (decoder_input, decoder_input),
                      "cross": (decoder_input, source)}
