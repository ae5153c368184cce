"""What raters judged, as one picture for a paper: the picture, and beside it what is laid over it.

Composed here from the study's own picture, map, colours and opacity. It is not a screenshot of a
browser: question and buttons are said in words beside it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from django.core.files.storage import default_storage
from numpy.typing import NDArray
from PIL import Image

from annotator.domain.material.pictures import grey_item_map
from annotator.domain.rating import masks
from annotator.domain.rating.presence import objects_of
from annotator.enums import ItemKind, Task
from annotator.models import Item, Study

_COLOURS = Path(__file__).parents[2] / "static" / "annotator" / "colour_maps.json"
_GAP = 16


def shown_item(study: Study) -> Item | None:
    """The first real item in the study's order; None before there is one."""
    real = study.items.filter(kind=ItemKind.REAL).order_by("position")
    return real.select_related("heat_map__generation", "heat_map__word__prompt").first()


def caption(*, study: Study, item: Item) -> str:
    word = item.heat_map.word.text
    if study.task == Task.PRESENCE:
        asked = ", ".join(objects_of(item))
        return f"What raters judged: one of the pictures. They were asked about: {asked}."
    beside = {
        Task.RATING: f"the heat map of “{word}” over it, in the study's colours",
        Task.SEGMENTATION: f"what its raters drew for “{word}”, the stronger the more of them",
    }[Task(study.task)]
    return f"What raters judged: one of the pictures, and beside it {beside}."


def interface_png(*, study: Study, item: Item) -> bytes:
    """Raises `FileNotFoundError` where a file is gone."""
    with default_storage.open(item.heat_map.generation.image_file) as file:
        picture = Image.open(file).convert("RGB")
    made = {Task.RATING: _heat_map, Task.SEGMENTATION: _drawings}.get(Task(study.task))
    sheet = _beside(picture, made(study, item, picture)) if made else picture
    buffer = BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def _beside(left: Image.Image, right: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", (2 * left.width + _GAP, left.height), "white")
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width + _GAP, 0))
    return sheet


def _heat_map(study: Study, item: Item, picture: Image.Image) -> Image.Image:
    grey = Image.open(BytesIO(grey_item_map(item).png)).resize(
        picture.size, Image.Resampling.BICUBIC
    )
    levels = np.asarray(grey)
    heat = Image.fromarray(_table(study.colour_map)[levels])
    # As opaque as it is hot, as in the browser.
    opaque = Image.fromarray(np.rint(levels * study.opacity).astype(np.uint8))
    return Image.composite(heat, picture, opaque)


def _drawings(study: Study, item: Item, picture: Image.Image) -> Image.Image:
    drawn = Image.open(BytesIO(masks.overlay_png(item=item)))
    return Image.alpha_composite(picture.convert("RGBA"), drawn).convert("RGB")


@lru_cache
def _table(name: str) -> NDArray[np.uint8]:
    """The colours of the levels 0 to 255: (256, 3)."""
    digits = json.loads(_COLOURS.read_text())[name]
    return np.frombuffer(bytes.fromhex(digits), dtype=np.uint8).reshape(256, 3)
