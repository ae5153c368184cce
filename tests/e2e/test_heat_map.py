"""What the browser draws is what the engine draws."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page

from annotator.domain import pictures
from annotator.models import Assignment, Study
from daam_engine import render
from tests.e2e.conftest import READY

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PIXELS = """() => {
    const canvas = document.getElementById("overlay");
    const context = canvas.getContext("2d");
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
}"""


@pytest.mark.parametrize("size", [(32, 32), (80, 60)], ids=["as stored", "resampled"])
def test_the_drawn_overlay_is_the_engines(
    page: Page, open_rating: Callable[[], None], study: Study, size: tuple[int, int]
) -> None:
    for generation in study.generations.all():
        path = Path(settings.MEDIA_ROOT) / generation.image_file
        Image.open(path).resize(size).save(path, lossless=True)
    open_rating()
    page.wait_for_selector(READY)
    page.locator("#opacity").fill("1")
    drawn = np.array(page.evaluate(PIXELS)).reshape(*size[::-1], 4)[..., :3]
    np.testing.assert_allclose(drawn, expected(), atol=2)


def expected() -> np.ndarray:
    """The engine's overlay of the map as it is served: eight bits are what a canvas can read."""
    first = Assignment.objects.order_by("trial").first()
    assert first is not None
    heat_map = first.item.heat_map
    picture = Image.open(Path(settings.MEDIA_ROOT) / heat_map.generation.image_file)
    served = np.asarray(Image.open(BytesIO(pictures.heat_map_png(heat_map))))
    return np.asarray(render.overlay(picture, served, colour_map="turbo"), dtype=int)
