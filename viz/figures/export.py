"""Saving a figure as a file: a safe name, and what Plotly's own download button makes."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

PictureFormat = Literal["png", "svg"]
_LONGEST_NAME = 80
# Windows refuses these names, whatever the ending.
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


def safe_filename(*parts: str) -> str:
    """A file's name without ending, that every system takes.

    Letters (Hangul too), digits, "-" and "_" stay; runs of anything else become one "-". At most 80 characters.
    """
    text = unicodedata.normalize("NFC", "-".join(parts))
    name = re.sub(r"[^\w-]+", "-", text)
    name = re.sub(r"-{2,}", "-", name).strip("-_")[:_LONGEST_NAME].strip("-_")
    return f"file-{name}" if not name or name.lower() in _RESERVED else name


def download_config(
    filename: str, picture_format: PictureFormat = "png", *, width: int | None = None, height: int | None = None
) -> dict[str, object]:
    """Plotly's `config`: one download button in the format asked for, nothing that zooms, no logo.

    Parameters
    ----------
    filename : str
        Without ending; made safe here.
    width, height : int or None
        Pixels of the picture; None takes what is on the screen. PNG is drawn with twice as many, for projectors and
        print.
    """
    name = safe_filename(filename)
    return {
        "displaylogo": False,
        "responsive": True,
        "scrollZoom": False,
        "doubleClick": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": picture_format,
            "filename": name,
            "scale": 2,
            "width": width,
            "height": height,
        },
    }
