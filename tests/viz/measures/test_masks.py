from __future__ import annotations

import numpy as np
import pytest

from tests.records import make_translation
from viz.measures.masks import later_share


def test_nothing_lies_on_later_keys_with_the_mask():
    attention = make_translation().attention
    assert attention is not None
    assert all(later_share(weights) == 0 for layer in attention.decoder for weights in layer)


def test_the_share_by_hand():
    weights = np.array([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.1, 0.8]])
    assert later_share(weights) == pytest.approx((0.5 + 0.6 + 0) / 3)


def test_even_weights_lie_half_on_later_keys_in_the_limit():
    n = 400
    assert later_share(np.full((n, n), 1 / n)) == pytest.approx(0.5, abs=0.01)
