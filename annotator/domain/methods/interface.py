"""What raters judged, as one picture for a paper: the picture, and the map over it.

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
from annotator.enums import ItemKind
from annotator.models import Item, Study

_COLOURS = Path(__file__).parents[2] / "static" / "annotator" / "colour_maps.json"
_GAP = 16


def shown_item(study: Study) -> Item | None:
    """The first real item in the study's order; None before there is one."""
    real = study.items.filter(kind=ItemKind.REAL).order_by("position")
    return real.select_related("heat_map__generation", "heat_map__word__prompt").first()


def interface_png(*, study: Study, item: Item) -> bytes:
    """Raises `FileNotFoundError` where a file is gone."""
    with default_storage.open(item.heat_map.generation.image_file) as file:
        picture = Image.open(file).convert("RGB")
    grey = Image.open(BytesIO(grey_item_map(item).png)).resize(
        picture.size, Image.Resampling.BICUBIC
    )
    levels = np.asarray(grey)
    heat = Image.fromarray(_table(study.colour_map)[levels])
    # As opaque as it is hot, as in the browser.
    opaque = Image.fromarray(np.rint(levels * study.opacity).astype(np.uint8))
    over = Image.composite(heat, picture, opaque)
    sheet = Image.new("RGB", (2 * picture.width + _GAP, picture.height), "white")
    sheet.paste(picture, (0, 0))
    sheet.paste(over, (picture.width + _GAP, 0))
    buffer = BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


@lru_cache
def _table(name: str) -> NDArray[np.uint8]:
    """The colours of the levels 0 to 255: (256, 3)."""
    digits = json.loads(_COLOURS.read_text())[name]
    return np.frombuffer(bytes.fromhex(digits), dtype=np.uint8).reshape(256, 3)
