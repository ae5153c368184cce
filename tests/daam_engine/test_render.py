from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from daam_engine.render import COLOUR_MAPS, grey, overlay, stretch, to_png, to_webp

GREEN = Image.new("RGB", (3, 1), (0, 200, 0))
HEAT = np.array([[1.0, 2.0, 3.0]])
VIRIDIS_HIGH = (0xFD, 0xE7, 0x25)  # as published


def pixels(image: Image.Image) -> list[tuple[int, ...]]:
    return [tuple(pixel) for row in np.asarray(image).tolist() for pixel in row]


def test_heat_opacity_shows_the_picture_where_cold_and_the_colour_where_hot():
    cold, _, hot = pixels(overlay(GREEN, HEAT, colour_map="viridis", opacity="heat"))
    assert (cold, hot) == ((0, 200, 0), VIRIDIS_HIGH)


def test_constant_opacity_mixes_everywhere():
    cold, _, hot = pixels(overlay(GREEN, HEAT, colour_map="viridis", opacity=0.5))
    assert cold == (34, 100, 42)  # half of (68, 1, 84), half of (0, 200, 0); 100.5 rounds to even
    assert hot == (126, 216, 18)  # half of (253, 231, 37), half of (0, 200, 0)


@pytest.mark.parametrize("colour_map", COLOUR_MAPS)
def test_every_colour_map_has_256_colours(colour_map):
    levels = np.arange(256.0)[None]
    picture = overlay(Image.new("RGB", (256, 1)), levels, colour_map=colour_map, opacity=1)
    assert len(set(pixels(picture))) > 200


def test_maps_of_another_size_are_resized_to_the_image():
    wide = Image.new("RGB", (64, 32))
    assert overlay(wide, np.random.default_rng(0).random((8, 16))).size == (64, 32)


def test_constant_maps_stretch_to_nothing():
    assert stretch(np.full((2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]


def test_grey_pictures_are_the_stretched_map():
    picture = grey(np.array([[1.0, 2.0, 5.0]], dtype=np.float16))
    assert (picture.mode, np.asarray(picture).tolist()) == ("L", [[0, 64, 255]])


def test_encoded_pictures_decode_to_the_same():
    assert pixels(Image.open(BytesIO(to_png(GREEN)))) == pixels(GREEN)
    assert pixels(Image.open(BytesIO(to_webp(GREEN, lossless=True)))) == pixels(GREEN)
