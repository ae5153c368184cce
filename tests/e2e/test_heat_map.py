"""What the browser draws is what the engine draws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page
from safetensors.numpy import load_file

from annotator.models import Assignment, Study
from daam_engine import render
from tests.e2e.conftest import READY

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PIXELS = """() => {
    const canvas = document.getElementById("overlay");
    const context = canvas.getContext("2d");
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
}"""


def test_the_drawn_overlay_is_the_engines(
    page: Page, open_rating: Callable[[], None], study: Study
) -> None:
    for generation in study.generations.all():
        path = Path(settings.MEDIA_ROOT) / generation.image_file
        Image.open(path).resize((80, 60)).save(path, lossless=True)
    open_rating()
    page.wait_for_selector(READY)
    page.locator("#opacity").fill("1")
    drawn = np.array(page.evaluate(PIXELS)).reshape(60, 80, 4)[..., :3]
    assert np.abs(drawn - expected()).max() <= 2


def expected() -> np.ndarray:
    first = Assignment.objects.order_by("trial").first()
    assert first is not None
    heat_map = first.item.heat_map
    folder = Path(settings.MEDIA_ROOT)
    picture = Image.open(folder / heat_map.generation.image_file)
    soft = load_file(folder / heat_map.generation.maps_file)["soft"][heat_map.row]
    return np.asarray(render.overlay(picture, soft, colour_map="turbo"), dtype=int)
