from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.figures.palette import (
    DARK,
    LIGHT,
    Palette,
    diverging_colorscale,
    linear_rgb,
    mix,
    number_colour,
    oklab,
    palette_for,
    weight_colorscale,
    with_alpha,
)

BOTH = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
# Machado, Oliveira and Fernandes 2009: what people without one kind of cone see, in linear light.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def luminance(colour: str) -> float:
    return float(linear_rgb(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(first: str, second: str) -> float:
    """WCAG 2.2: from 1 to 21."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def seen(colour: str, blindness: str) -> np.ndarray:
    light = np.clip(np.array(BLINDNESS[blindness]) @ linear_rgb(colour), 0, 1)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return oklab("#" + "".join(f"{round(float(channel) * 255):02x}" for channel in encoded))


def difference(first: str, second: str, blindness: str = "none") -> float:
    return float(np.linalg.norm(seen(first, blindness) - seen(second, blindness)))


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@BOTH
def test_text_can_be_read(palette: Palette):
    for colour in (palette.text, palette.muted, palette.source, palette.target):
        assert contrast(colour, palette.background) >= 4.5


@BOTH
@given(share=st.floats(0, 1))
def test_numbers_can_be_read_on_the_colour_of_every_weight(palette: Palette, share: float):
    cell = mix(palette.background, palette.weight, share**0.5)
    assert contrast(number_colour(share, palette), cell) >= 4.5


@BOTH
def test_heads_stand_out_from_the_page(palette: Palette):
    assert len(set(palette.heads)) == 8
    for colour in palette.heads:
        assert contrast(colour, palette.background) >= 3


@BOTH
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_heads_can_be_told_apart_by_everybody(palette: Palette, blindness: str):
    least = 0.17 if blindness == "none" else 0.08
    for first, second in itertools.combinations(palette.heads, 2):
        assert difference(first, second, blindness) >= least, (first, second)


@BOTH
def test_no_head_looks_like_a_source_or_target_word(palette: Palette):
    for head, word in itertools.product(palette.heads, (palette.source, palette.target)):
        assert difference(head, word) >= 0.12, (head, word)


@BOTH
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_opposites_can_be_told_apart_by_everybody(palette: Palette, blindness: str):
    assert difference(palette.source, palette.target, blindness) >= 0.08
    assert difference(palette.negative, palette.positive, blindness) >= 0.08


@BOTH
def test_the_ninth_head_begins_again(palette: Palette):
    assert palette.head(8) == palette.head(0) != palette.head(7)


@BOTH
@pytest.mark.parametrize("scale", ["sqrt", "linear"])
def test_weight_goes_from_the_page_to_its_full_colour(palette: Palette, scale):
    stops = weight_colorscale(palette, scale)
    assert stops[0] == (0, palette.background)
    assert stops[-1] == (1, palette.weight)
    places = [place for place, _ in stops]
    assert places == sorted(places)
    lightness = [oklab(colour)[0] for _, colour in stops]
    steps = np.diff(lightness)
    assert (steps > 0).all() or (steps < 0).all()


def colour_at(stops: list[tuple[float, str]], weight: float) -> np.ndarray:
    places = [place for place, _ in stops]
    return np.array([np.interp(weight, places, [oklab(colour)[axis] for _, colour in stops]) for axis in range(3)])


@BOTH
@pytest.mark.parametrize("weight", [0.0, 0.01, 0.03, 0.1, 0.25, 0.5, 1.0])
def test_the_square_root_scale_has_the_colour_of_the_square_root(palette: Palette, weight: float):
    square_root = colour_at(weight_colorscale(palette, "sqrt"), weight)
    linear = colour_at(weight_colorscale(palette, "linear"), weight**0.5)
    np.testing.assert_allclose(square_root, linear, atol=0.01)


@BOTH
def test_a_small_weight_can_be_seen_on_the_square_root_scale(palette: Palette):
    stops = weight_colorscale(palette, "sqrt")
    assert np.linalg.norm(colour_at(stops, 0.03) - oklab(palette.background)) > 0.05


@BOTH
def test_zero_is_the_page_on_a_scale_around_it(palette: Palette):
    stops = dict(diverging_colorscale(palette))
    assert (stops[0.0], stops[0.5], stops[1.0]) == (palette.negative, palette.background, palette.positive)
    assert list(stops) == sorted(stops)


def test_mixing_ends_at_both_colours():
    assert mix("#ffffff", "#00503f", 0) == "#ffffff"
    assert mix("#ffffff", "#00503f", 1) == "#00503f"


def test_alpha_keeps_the_colour():
    assert with_alpha("#ff8000", 0.5) == "rgba(255,128,0,0.5)"


def test_each_page_has_its_set():
    assert palette_for(dark=False) is LIGHT
    assert palette_for(dark=True) is DARK
