"""The colours of the app: source words blue, target words orange, weights one hue, heads eight colours.

The eight colours of each set were searched by computer: contrast of at least 3:1 with the page, far from the colours
of source and target, and the least distance between any two as large as it can be, as seen by people with normal vision
and with each of the three kinds of colour blindness (distance in OKLab; Machado et al. 2009 for colour blindness).
The tests hold them to it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np

Scale = Literal["sqrt", "linear"]

# Light of the three primaries to luminance (WCAG 2.2).
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_LINEAR_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@dataclass(frozen=True)
class Palette:
    """One set of colours, all as "#rrggbb".

    Attributes
    ----------
    background, text, muted, grid : str
        The page, its text, special tokens and side remarks, lines of a grid and the hatching of masked cells.
    source, target : str
        Text of source and target words.
    weight : str
        Of a weight of 1; that of 0 is the background.
    negative, positive : str
        The two ends of a scale around 0, which is the background.
    heads : tuple of 8 str
        By head index; from the ninth on they begin again, so the head's number always stands beside them.
    """

    background: str
    text: str
    muted: str
    grid: str
    source: str
    target: str
    weight: str
    negative: str
    positive: str
    heads: tuple[str, ...]

    def head(self, index: int) -> str:
        """The colour of a head, counted from zero."""
        return self.heads[index % len(self.heads)]


LIGHT = Palette(
    background="#ffffff",
    text="#1f2430",
    muted="#667080",
    grid="#d5dae1",
    source="#1d5fc4",
    target="#b85600",
    weight="#00503f",
    negative="#6a1b8f",
    positive="#00503f",
    heads=("#3a9d83", "#8d13f4", "#fc434f", "#3e570f", "#a1367b", "#9582da", "#5d192c", "#470d95"),
)
DARK = Palette(
    background="#0e1117",
    text="#f1f3f6",
    muted="#9aa4b3",
    grid="#3a4250",
    source="#7ab5ff",
    target="#ffab5c",
    weight="#9af7d6",
    negative="#e2b3ff",
    positive="#9af7d6",
    heads=("#23daa1", "#901bf7", "#c83122", "#b4911b", "#e65fde", "#fec0f7", "#028a9b", "#eef743"),
)


def palette_for(*, dark: bool) -> Palette:
    """The set for a light or a dark page."""
    return DARK if dark else LIGHT


def weight_colorscale(palette: Palette, scale: Scale) -> list[tuple[float, str]]:
    """Stops from weight 0 to weight 1, evenly spaced to the eye in the weight or in its square root.

    The square root lives in the places of the stops, so what is drawn stays the weight itself.
    """
    shares = np.linspace(0, 1, 33)
    places = shares**2 if scale == "sqrt" else shares
    colours = [mix(palette.background, palette.weight, share) for share in shares]
    return list(zip(places.tolist(), colours, strict=True))


def diverging_colorscale(palette: Palette) -> list[tuple[float, str]]:
    """Stops from the negative end over the background in the middle to the positive end."""
    shares = np.linspace(0, 1, 17)
    below = [((1 - share) / 2, mix(palette.background, palette.negative, share)) for share in shares[::-1]]
    above = [((1 + share) / 2, mix(palette.background, palette.positive, share)) for share in shares[1:]]
    return [(float(place), colour) for place, colour in (*below, *above)]


def number_colour(share: float, palette: Palette) -> str:
    """Black or white, whichever stands out more from a cell on the square-root scale of weights: 4.5 : 1 or better."""
    cell = mix(palette.background, palette.weight, min(max(share, 0.0), 1.0) ** 0.5)
    return max(("#000000", "#ffffff"), key=lambda colour: contrast(colour, cell))


def contrast(first: str, second: str) -> float:
    """Ratio of the luminances of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted(float(_LUMINANCE @ linear_rgb(colour)) + 0.05 for colour in (first, second))
    return lighter / darker


@functools.lru_cache(maxsize=1024)
def mix(first: str, second: str, share: float) -> str:
    """The colour at `share` (0 to 1) of the way between two, straight in OKLab, so that steps look even."""
    return _from_oklab((1 - share) * oklab(first) + share * oklab(second))


def with_alpha(colour: str, alpha: float) -> str:
    """The colour as "rgba(...)", alpha from 0 (clear) to 1."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def linear_rgb(colour: str) -> np.ndarray:
    """Light of the three primaries, 0 to 1, shape (3,) (sRGB, IEC 61966-2-1)."""
    encoded = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def oklab(colour: str) -> np.ndarray:
    """Lightness and two hue axes in which equal distances look alike, shape (3,) (Ottosson 2020)."""
    return _LMS_TO_OKLAB @ np.cbrt(_LINEAR_TO_LMS @ linear_rgb(colour))


def _from_oklab(lab: np.ndarray) -> str:
    light = np.linalg.solve(_LINEAR_TO_LMS, np.linalg.solve(_LMS_TO_OKLAB, lab) ** 3).clip(0, 1)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(channel) * 255):02x}" for channel in encoded)
