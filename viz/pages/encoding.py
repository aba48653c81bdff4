"""What the page Position and the lesson's step on it share: sizes to choose from, the formula, the files."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from viz.measures.positions import cosine_by_distance, dot_product_by_distance, positional_encoding
from viz.measures.tables import csv_text

D_MODELS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)

FORMULA = r"""
\begin{aligned}
PE_{(pos,\,2i)} &= \sin\left(\frac{pos}{10000^{\,2i/d}}\right) \\[0.8em]
PE_{(pos,\,2i+1)} &= \cos\left(\frac{pos}{10000^{\,2i/d}}\right)
\end{aligned}
"""


def encoding_csv(n_positions: int, d_model: int, dimensions: Sequence[int]) -> str:
    """These dimensions of the encoding, a row for each position."""
    encoding = positional_encoding(n_positions, d_model)[:, list(dimensions)]
    table = pd.DataFrame(encoding, columns=[f"dimension {dimension}" for dimension in dimensions])
    table.insert(0, "position", range(n_positions))
    return csv_text(table, _origin(n_positions, d_model))


def similarity_csv(n_positions: int, d_model: int) -> str:
    """Cosine similarity and dot product, a row for each distance."""
    table = pd.DataFrame(
        {
            "distance": range(n_positions),
            "cosine": cosine_by_distance(n_positions, d_model),
            "dot_product": dot_product_by_distance(n_positions, d_model),
        }
    )
    return csv_text(table, _origin(n_positions, d_model))


def products_csv(n_positions: int, d_model: int) -> str:
    """The dot product of each two positions."""
    encoding = positional_encoding(n_positions, d_model)
    table = pd.DataFrame(encoding @ encoding.T, columns=[f"position {column}" for column in range(n_positions)])
    table.insert(0, "position", range(n_positions))
    return csv_text(table, _origin(n_positions, d_model))


def _origin(n_positions: int, d_model: int) -> list[tuple[str, str]]:
    return [
        ("positional encoding", "Vaswani et al. 2017, section 3.5"),
        ("d_model", str(d_model)),
        ("positions", str(n_positions)),
        ("counting", "positions and dimensions count from zero"),
    ]
