"""What the browser draws is what the engine draws."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page, expect
from safetensors.numpy import load_file, save_file

from annotator.domain.material import pictures
from annotator.enums import ColourMap
from annotator.models import Assignment, Study
from daam_engine import render
from tests.e2e.conftest import READY

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WIDE = (80, 60)
PIXELS = """() => {
    const canvas = document.getElementById("overlay");
    const context = canvas.getContext("2d");
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
}"""


def drawn(page: Page, size: tuple[int, int]) -> np.ndarray:
    """The overlay's canvas, (height, width, colour)."""
    page.wait_for_selector(READY)
    return np.array(page.evaluate(PIXELS)).reshape(*size[::-1], 4)[..., :3]


def give_pictures(study: Study, size: tuple[int, int]) -> None:
    for generation in study.generations.all():
        path = Path(settings.MEDIA_ROOT) / generation.image_file
        Image.open(path).resize(size).save(path, lossless=True)


def shown() -> tuple[Image.Image, np.ndarray, float]:
    """The first item's picture, its map as it is served (eight bits), and its floor."""
    first = Assignment.objects.order_by("trial").first()
    assert first is not None
    heat_map = first.item.heat_map
    picture = Image.open(Path(settings.MEDIA_ROOT) / heat_map.generation.image_file)
    grey = pictures.grey_item_map(first.item)
    return picture, np.asarray(Image.open(BytesIO(grey.png))), grey.floor


def overlaid(colour_map: str, opacity: float) -> np.ndarray:
    """The engine's overlay, as opaque as hot, blended with the picture; (height, width, colour)."""
    picture, served, _ = shown()
    full = render.overlay(picture, served, colour_map=colour_map)  # type: ignore[arg-type]
    plain = np.asarray(picture.convert("RGB"), dtype=float)
    return np.rint(plain + opacity * (np.asarray(full, dtype=float) - plain))


@pytest.mark.parametrize("size", [(32, 32), WIDE], ids=["as stored", "resampled"])
@pytest.mark.parametrize("colour_map", ColourMap.values)
def test_the_drawn_overlay_is_the_engines(
    page: Page,
    open_rating: Callable[[], None],
    study: Study,
    size: tuple[int, int],
    colour_map: str,
) -> None:
    give_pictures(study, size)
    Study.objects.update(colour_map=colour_map, opacity=1)
    open_rating()
    np.testing.assert_allclose(drawn(page, size), overlaid(colour_map, 1), atol=2)


@pytest.mark.parametrize("opacity", [0.1, 0.35, 0.8])
def test_opacity_weakens_the_map_and_nothing_else(
    page: Page, open_rating: Callable[[], None], study: Study, opacity: float
) -> None:
    give_pictures(study, WIDE)
    Study.objects.update(opacity=opacity, opacity_locked=True)
    open_rating()
    np.testing.assert_allclose(drawn(page, WIDE), overlaid("turbo", opacity), atol=2)


def test_colours_that_the_rater_chooses_are_drawn_at_once(
    page: Page, start_rating: Callable[[], None], study: Study
) -> None:
    give_pictures(study, WIDE)
    Study.objects.update(colour_map_locked=False, opacity=1)
    start_rating()
    page.get_by_label("Colours").select_option("viridis")
    expected = overlaid("viridis", 1)
    for _ in range(50):  # its table may have to be fetched first
        if np.allclose(drawn(page, WIDE), expected, atol=2):
            break
        page.wait_for_timeout(50)
    np.testing.assert_allclose(drawn(page, WIDE), expected, atol=2)


def give_hills(study: Study) -> None:
    """Maps with one smooth hill on a high plain: τ of the peak is not τ of the stretched map."""
    rows = np.exp(-(np.linspace(-2, 2.4, 16) ** 2))
    hill = (0.3 + 0.7 * rows[:, None] * rows[None, :]).astype(np.float16)
    for generation in study.generations.all():
        path = Path(settings.MEDIA_ROOT) / generation.maps_file
        words = len(load_file(path)["soft"])
        save_file({"soft": np.stack(words * [hill])}, path)


@pytest.mark.parametrize("tau", [0.2, 0.4, 0.9])
def test_the_outline_runs_around_the_hard_map(
    page: Page, open_rating: Callable[[], None], study: Study, tau: float
) -> None:
    size = (160, 120)
    give_pictures(study, size)
    give_hills(study)
    Study.objects.update(tau=tau, contour_locked=False, opacity=0.5)
    open_rating()
    without = drawn(page, size)
    page.get_by_label("Outline").check()
    line = np.any(drawn(page, size) != without, axis=-1)
    edge = edge_of_hard_map(tau, size)
    assert edge.any()
    assert line[edge].all()
    assert not (line & ~grown(edge, 3)).any()


@pytest.mark.parametrize("tau", [0.4, 0.6])
def test_the_outline_is_the_engines(
    page: Page, open_rating: Callable[[], None], study: Study, tau: float
) -> None:
    """Strokes are smoothed by different rules, so the lines agree to within a pixel."""
    size = (160, 120)
    for generation in study.generations.all():  # black and white are seen on grey alike
        path = Path(settings.MEDIA_ROOT) / generation.image_file
        Image.new("RGB", size, (128, 128, 128)).save(path, lossless=True)
    give_hills(study)
    Study.objects.update(tau=tau, contour=True, opacity=0.1)
    open_rating()
    ours = stroke(drawn(page, size), overlaid("turbo", 0.1))
    picture, served, floor = shown()
    raw = floor + (1 - floor) * served / 255
    plain = picture.convert("RGB")
    theirs = stroke(np.asarray(render.contour(plain, raw, tau)), np.asarray(plain))
    assert theirs.any()
    assert not (theirs & ~grown(ours, 2)).any()  # a pixel, or one over a corner
    assert not (ours & ~grown(theirs, 2)).any()


def stroke(with_line: np.ndarray, without: np.ndarray) -> np.ndarray:
    """Pixels that a line has clearly changed."""
    return np.abs(with_line.astype(int) - without).max(axis=-1) > 60


def edge_of_hard_map(tau: float, size: tuple[int, int]) -> np.ndarray:
    """Pixels of D ≥ τ · max D that have a neighbour outside of it, or none."""
    _, served, floor = shown()
    raw = (floor + (1 - floor) * served / 255).astype(np.float32)  # its peak is 1
    soft = np.asarray(Image.fromarray(raw).resize(size, Image.Resampling.BICUBIC))
    hard = np.pad(soft >= tau, 1)
    core = hard[:-2, 1:-1] & hard[2:, 1:-1] & hard[1:-1, :-2] & hard[1:-1, 2:]
    return hard[1:-1, 1:-1] & ~core


def grown(mask: np.ndarray, steps: int) -> np.ndarray:
    for _ in range(steps):
        wide = np.pad(mask, 1)
        mask = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:] | mask
    return mask


def test_a_map_that_is_the_same_everywhere_is_no_map_and_has_no_outline(
    page: Page, open_rating: Callable[[], None], study: Study
) -> None:
    give_pictures(study, WIDE)
    for generation in study.generations.all():
        path = Path(settings.MEDIA_ROOT) / generation.maps_file
        save_file({"soft": np.full_like(load_file(path)["soft"], 0.5)}, path)
    Study.objects.update(contour=True)
    open_rating()
    expect(page.get_by_label("Outline")).to_have_count(0)
    np.testing.assert_array_equal(drawn(page, WIDE), np.asarray(shown()[0].convert("RGB")))
