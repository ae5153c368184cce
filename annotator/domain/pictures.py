"""Heat maps as small grey pictures; colours are given in the browser."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from django.core.files.storage import default_storage
from PIL import Image
from safetensors import safe_open

from annotator.models import HeatMap, Item


def heat_map_png(heat_map: HeatMap) -> bytes:
    """The map as an 8-bit grey PNG of its stored size: 0 its floor, 255 its peak, constant all 0.

    Raises `FileNotFoundError` where the file is gone.
    """
    return _png(stored_map(heat_map.generation.maps_file, heat_map.row))


def item_png(item: Item) -> bytes:
    """The map that is shown for an item, in the same form whatever its kind."""
    if item.map_file:
        return _png(stored_map(item.map_file, item.map_row))
    return heat_map_png(item.heat_map)


def stored_map(maps_file: str, row: int) -> np.ndarray:
    """One map, float16 (height, width). Reads no more of the file than that."""
    with safe_open(default_storage.path(maps_file), framework="np") as file:
        found: np.ndarray = file.get_slice("soft")[row]
    return found


def _png(raw: np.ndarray) -> bytes:
    buffer = BytesIO()
    # Not compressed: a small file would tell a rater that a map is blank before it is shown.
    Image.fromarray(_grey(raw.astype(np.float32))).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def _grey(raw: np.ndarray) -> np.ndarray:
    low, high = raw.min(), raw.max()
    if low == high:
        return np.zeros(raw.shape, dtype=np.uint8)
    return np.rint((raw - low) / (high - low) * 255).astype(np.uint8)
