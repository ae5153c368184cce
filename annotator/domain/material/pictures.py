"""Heat maps as small grey pictures; colours are given in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from django.core.files.storage import default_storage
from PIL import Image
from safetensors import safe_open

from annotator.models import HeatMap, Item


@dataclass(frozen=True)
class GreyMap:
    """A heat map as an 8-bit grey PNG of its stored size: 0 its floor, 255 its peak.

    `floor` is that floor as a share of the peak: with it, the hard map can be found in the PNG.
    A map that is the same everywhere is all 0, with the floor 1; one without any heat has the
    floor 0, so that no hard map is found in it.
    """

    png: bytes
    floor: float


def grey_heat_map(heat_map: HeatMap) -> GreyMap:
    """Raises `FileNotFoundError` where the file is gone."""
    return _grey(stored_map(heat_map.generation.maps_file, heat_map.row))


def grey_item_map(item: Item) -> GreyMap:
    """The map that is shown for an item, in the same form whatever its kind."""
    if item.map_file:
        return _grey(stored_map(item.map_file, item.map_row))
    return grey_heat_map(item.heat_map)


def stored_map(maps_file: str, row: int) -> np.ndarray:
    """One map, float16 (height, width). Reads no more of the file than that."""
    with safe_open(default_storage.path(maps_file), framework="np") as file:
        found: np.ndarray = file.get_slice("soft")[row]
    return found


def _grey(stored: np.ndarray) -> GreyMap:
    raw = stored.astype(np.float32)
    low, high = float(raw.min()), float(raw.max())
    stretched = np.zeros_like(raw) if low == high else (raw - low) / (high - low)
    buffer = BytesIO()
    # Not compressed: a small file would tell a rater that a map is blank before it is shown.
    Image.fromarray(np.rint(255 * stretched).astype(np.uint8)).save(buffer, "PNG", compress_level=0)
    return GreyMap(buffer.getvalue(), low / high if high > 0 else 0.0)
