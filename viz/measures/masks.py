"""What a look-ahead mask would hide."""

from __future__ import annotations

import numpy as np


def later_share(weights: np.ndarray) -> float:
    """Share of the weight that lies on later keys, averaged over the rows: 0 where the look-ahead mask was on.

    Parameters
    ----------
    weights : array, shape (T, T)
        Rows sum to 1.

    Returns
    -------
    float
        0 to 1.
    """
    return float(np.triu(weights, k=1).sum(axis=1, dtype=np.float64).mean())
