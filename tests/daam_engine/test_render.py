from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from daam_engine import InvalidRequestError
from daam_engine.render import (
    COLOUR_MAPS,
    coloured,
    contour,
    grey,
    open_image,
    overlay,
    stretch,
    to_png,
    to_webp,
)

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


def test_overlays_lie_where_the_map_is_on_an_image_that_is_not_square():
    heat = np.zeros((4, 8))
    heat[3, 6] = 1  # lower right
    drawn = np.asarray(overlay(Image.new("RGB", (512, 256)), heat)).sum(axis=-1)
    row, column = np.unravel_index(drawn.argmax(), drawn.shape)
    assert (row // 64, column // 64) == (3, 6)


@pytest.mark.parametrize("opacity", [-0.1, 1.5])
def test_other_opacities_are_refused(opacity):
    with pytest.raises(InvalidRequestError, match="from 0 to 1"):
        overlay(GREEN, HEAT, opacity=opacity)


def test_coloured_maps_are_the_colours_alone():
    low, _, high = pixels(coloured(HEAT, colour_map="viridis"))
    assert (low, high) == ((68, 1, 84), VIRIDIS_HIGH)


RAMP = np.tile(np.linspace(0.5, 1, 512, dtype=np.float32), (256, 1))  # from left to right
PICTURES = pytest.mark.parametrize("grey_level", [0, 128, 255])


def middle_row(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"), dtype=int)[128]


@PICTURES
def test_a_contour_is_seen_on_any_picture_and_changes_nothing_else(grey_level):
    picture = Image.new("RGB", (512, 256), (grey_level,) * 3)
    row = middle_row(contour(picture, RAMP, 0.75, width=4))
    crossing = 256  # half way between 0.5 and 1
    near = row[crossing - 6 : crossing + 6]
    assert (near.max(), near.min()) == (255, 0)
    assert set(row[8 : crossing - 6]) == {grey_level}
    assert set(row[crossing + 6 : -8]) == {grey_level}


def test_both_rules_for_hard_maps_can_be_outlined():
    picture = Image.new("RGB", (512, 256))
    paper = middle_row(contour(picture, RAMP, 0.6, rule="max", width=2))
    published = middle_row(contour(picture, RAMP, 0.6, rule="min-max", width=2))
    assert abs(paper[8:-8].argmax() + 8 - 0.2 * 512) < 4  # 0.5 + 0.5 x reaches 0.6 · 1
    assert abs(published[8:-8].argmax() + 8 - 0.6 * 512) < 4  # … and 0.5 + 0.6 · 0.5


def disc(height: int, width: int) -> np.ndarray:
    """A cone whose hard map at 0.5 is a disc, of a quarter of the height in radius."""
    row, column = np.ogrid[:height, :width]
    centre = ((height - 1) / 2, (width - 1) / 2)
    return np.clip(1 - np.hypot(row - centre[0], column - centre[1]) / (height / 2), 0, 1)


@pytest.mark.parametrize("enlarged", [1, 8])
@pytest.mark.parametrize("size", [(512, 256), (96, 128)])
def test_a_contour_follows_the_hard_map_smoothly(size, enlarged):
    heat = disc(size[1] // enlarged, size[0] // enlarged)
    drawn = np.asarray(contour(Image.new("L", size), heat, 0.5, width=2).convert("L"), dtype=float)
    row, column = np.indices(drawn.shape)
    radius = np.hypot(row - (size[1] - 1) / 2, column - (size[0] - 1) / 2)
    assert np.average(radius, weights=drawn) == pytest.approx(size[1] / 4, abs=enlarged / 2)
    assert radius[drawn > 0].max() - radius[drawn > 0].min() < 3 + enlarged / 2  # no stairs
    assert len(np.unique(drawn)) > 8  # soft edges


def test_contours_grow_with_the_picture():
    inks = [
        np.asarray(contour(Image.new("L", (side, side)), disc(side, side), 0.5).convert("L"))
        for side in (320, 640)
    ]
    small, large = (ink.sum() / 255 for ink in inks)
    assert large / small == pytest.approx(4, rel=0.05)  # twice as long and twice as wide


@pytest.mark.parametrize("tau", [-0.1, 1.1])
def test_contours_beyond_the_maximum_are_refused(tau):
    with pytest.raises(InvalidRequestError, match="share from 0 to 1"):
        contour(GREEN, HEAT, tau)


def test_constant_maps_stretch_to_nothing():
    assert stretch(np.full((2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]


def test_grey_pictures_are_the_stretched_map():
    picture = grey(np.array([[1.0, 2.0, 5.0]], dtype=np.float16))
    assert (picture.mode, np.asarray(picture).tolist()) == ("L", [[0, 64, 255]])


def test_encoded_pictures_decode_to_the_same():
    assert pixels(Image.open(BytesIO(to_png(GREEN)))) == pixels(GREEN)
    assert pixels(Image.open(BytesIO(to_webp(GREEN, lossless=True)))) == pixels(GREEN)


def test_webp_pictures_have_a_largest_size():
    with pytest.raises(InvalidRequestError, match="16383 pixels a side and this one has 20000"):
        to_webp(Image.new("L", (20_000, 1)))


def test_pictures_are_opened_upright_and_in_colour(tmp_path):
    picture = Image.new("L", (3, 2))
    exif = picture.getexif()
    exif[0x0112] = 6  # a camera held on its side
    picture.save(tmp_path / "photograph.jpg", exif=exif)
    opened = open_image(tmp_path / "photograph.jpg")
    assert (opened.size, opened.mode) == ((2, 3), "RGB")


@pytest.mark.parametrize("content", [b"", b"no picture", to_png(GREEN)[:40]])
def test_files_that_are_no_pictures_are_refused(content, tmp_path):
    (tmp_path / "image.png").write_bytes(content)
    with pytest.raises(InvalidRequestError, match="no picture that can be read"):
        open_image(tmp_path / "image.png")


def test_missing_pictures_are_refused(tmp_path):
    with pytest.raises(InvalidRequestError, match="No such file"):
        open_image(tmp_path / "nowhere.png")
