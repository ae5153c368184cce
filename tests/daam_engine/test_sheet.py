from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from daam_engine import GenerationSettings, InvalidRequestError, Word, generate, render
from daam_engine.render import Style
from daam_engine.sheet import sheet, sheet_of, sheet_of_stored, sheet_of_tokens, sheets_by_step
from daam_engine.store import encode_maps, read_maps

HEAT = np.linspace(0, 1, 32, dtype=np.float32).reshape(4, 8)
WIDE = Image.new("RGB", (512, 256), (0, 120, 200))


def words(*texts: str) -> list[Word]:
    return [Word(index, text, 0, 0, text, "NOUN", "dep", index) for index, text in enumerate(texts)]


def found_in(page: Image.Image, picture: Image.Image) -> list[tuple[int, int]]:
    """Where (x, y) `picture` lies on `page`, pixel by pixel, row after row."""
    whole, part = np.asarray(page), np.asarray(picture)
    height, width, _ = part.shape
    windows = np.lib.stride_tricks.sliding_window_view(whole[..., 0], (1, width))[:, :, 0]
    rows, columns = np.nonzero((windows == part[0, :, 0]).all(axis=-1))
    return [
        (int(x), int(y))
        for y, x in zip(rows, columns, strict=True)
        if np.array_equal(whole[y : y + height, x : x + width], part)
    ]


def test_the_image_comes_first_then_every_words_overlay_from_left_to_right():
    maps = [HEAT, HEAT[::-1], HEAT[:, ::-1]]
    page = sheet(WIDE, "three small words", words("three", "small", "words"), maps, columns=2)
    small = WIDE.resize((256, 128))
    cells = [small, *(render.draw(small, heat, Style()) for heat in maps)]
    places = [found_in(page, cell) for cell in cells]
    assert [len(found) for found in places] == [1, 1, 1, 1]
    (x, y), *_ = places[0]
    column, row = 256 + 16, 128 + 24 + 16
    assert places == [[(x, y)], [(x + column, y)], [(x, y + row)], [(x + column, y + row)]]


def test_cells_have_the_shape_of_the_image():
    upright = Image.new("RGB", (60, 90), "red")
    page = sheet(upright, "dog", words("dog"), [HEAT])
    assert len(found_in(page, upright.resize((171, 256)))) == 1


def test_styles_reach_the_sheet():
    style = Style("viridis", opacity=0.5, tau=0.4, rule="min-max")
    page = sheet(WIDE, "dog", words("dog"), [HEAT], style=style)
    drawn = render.overlay(WIDE.resize((256, 128)), HEAT, colour_map="viridis", opacity=0.5)
    assert len(found_in(page, render.contour(drawn, HEAT, 0.4, rule="min-max"))) == 1


def test_without_an_image_the_maps_are_shown_alone():
    page = sheet(None, "dog", words("dog"), [HEAT])
    alone = render.coloured(HEAT).resize((256, 128), Image.Resampling.BICUBIC)
    assert len(found_in(page, alone)) == 1
    assert not found_in(page, WIDE.resize((256, 128)))


def ink(page: Image.Image) -> np.ndarray:
    return np.asarray(page.convert("L"), dtype=int) < 200


def test_repeated_words_are_told_apart():
    together = sheet(WIDE, "", words("dog", "dog"), [HEAT, HEAT], columns=3)
    apart = sheet(WIDE, "", words("dog", "cat"), [HEAT, HEAT], columns=3)
    row = slice(0, 24 + 20)  # margin and captions
    first, second = slice(24 + 272, 24 + 272 + 256), slice(24 + 2 * 272, None)
    one, two = np.asarray(together)[row, first], np.asarray(together)[row, second][:, :256]
    assert not np.array_equal(one, np.asarray(apart)[row, first])  # dog (1), not dog
    assert not np.array_equal(one, two)


def test_words_that_the_model_did_not_read_are_listed_below():
    all_read = sheet(WIDE, "dog cat", words("dog"), [HEAT], columns=2)
    some_read = sheet(WIDE, "dog cat", words("dog", "cat"), [HEAT, None], columns=2)
    below = slice(all_read.height - 24, None)
    assert some_read.height > all_read.height
    assert not ink(all_read)[below].any()
    assert ink(some_read)[below].any()
    assert np.array_equal(np.asarray(all_read)[: -24 - 1], np.asarray(some_read)[: below.start - 1])


def test_long_prompts_take_several_rows_and_their_title_is_cut():
    texts = ["dog"] * 70
    page = sheet(WIDE, "dog " * 2500, words(*texts), [HEAT] * 70)
    assert 1 < page.width / page.height < 2.2
    assert len(found_in(page, WIDE.resize((256, 128)))) == 1


@pytest.mark.parametrize(
    "text",
    ["", "北京 🚀 👩\u200d🚀", "مرحبا بالعالم", "nul\0byte", "\ud800", "line\nbreak", "x" * 10_000],
)
def test_any_text_can_be_drawn(text):
    page = sheet(WIDE, text, words(text), [HEAT])
    assert len(found_in(page, WIDE.resize((256, 128)))) == 1


def test_a_prompt_without_words_shows_the_image():
    assert len(found_in(sheet(WIDE, "", [], []), WIDE.resize((256, 128)))) == 1


def test_generated_and_stored_pictures_have_the_same_sheet(loaded, tmp_path):
    prompt = "a red dog " + "cat " * 20
    settings = GenerationSettings(steps=1, height=32, width=64)
    (generated,) = generate(loaded, [prompt], [0], settings)
    path = tmp_path / "maps.safetensors"
    path.write_bytes(encode_maps(generated))
    fresh = sheet_of(generated)
    again = sheet_of_stored(generated.image, read_maps(path))
    assert fresh.size == again.size
    difference = np.asarray(fresh, dtype=int) - np.asarray(again, dtype=int)
    assert np.abs(difference).max() <= 8  # float16


def test_tokens_have_a_sheet_too(loaded):
    (generated,) = generate(loaded, ["a red dog"], [0], GenerationSettings(steps=1))
    page = sheet_of_tokens(generated.maps)
    for heat_map in generated.maps.soft():
        alone = render.coloured(heat_map).resize((256, 256), Image.Resampling.BICUBIC)
        assert len(found_in(page, alone)) == 1


def shown(thing: object) -> Image.Image:
    """As Jupyter asks for it."""
    return Image.open(BytesIO(thing._repr_png_()))


def test_notebooks_show_what_was_generated_as_its_sheet(loaded):
    (generated,) = generate(loaded, ["a red dog"], [0], GenerationSettings(steps=1))
    assert np.array_equal(shown(generated), sheet_of(generated))
    assert np.array_equal(generated.sheet(Style("jet")), sheet_of(generated, Style("jet")))


def test_notebooks_show_maps_coloured(loaded):
    prompt = "a red dog " + "cat " * 20
    (generated,) = generate(loaded, [prompt], [0], GenerationSettings(steps=1))
    first, *_, last = generated.words
    assert np.array_equal(shown(first), render.coloured(first.soft))
    assert last._repr_png_() is None  # not read by the model: Jupyter shows its repr instead
    assert np.array_equal(shown(generated.maps), sheet_of_tokens(generated.maps))


def test_sheets_by_step_add_the_steps_up(loaded):
    settings = GenerationSettings(steps=3)
    (apart,) = generate(loaded, ["a red dog"], [0], settings, by=["step"])
    sheets = sheets_by_step(apart)
    (together,) = generate(loaded, ["a red dog"], [0], settings)
    pixels = [np.asarray(drawn) for drawn in sheets]
    assert len(pixels) == 3
    # Rounding can move a value to the next colour of the table.
    difference = np.abs(pixels[-1].astype(int) - np.asarray(sheet_of(together)))
    assert (difference.max() <= 4, difference.mean() < 0.01) == (True, True)
    assert not np.array_equal(pixels[0], pixels[1])
    frames = Image.open(BytesIO(render.to_animation(sheets)))
    assert (frames.n_frames, frames.size) == (3, sheets[0].size)
    with pytest.raises(InvalidRequestError, match="kept apart by step"):
        sheets_by_step(together)
