"""Heat maps as small grey pictures; colours are given in the browser."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from django.core.files.storage import default_storage
from PIL import Image
from safetensors import safe_open

from annotator.models import HeatMap


def heat_map_png(heat_map: HeatMap) -> bytes:
    """The map as an 8-bit grey PNG of its stored size: 0 its floor, 255 its peak, constant all 0.

    Reads this word's map only, not the file. Raises `FileNotFoundError` where the file is gone.
    """
    path = default_storage.path(heat_map.generation.maps_file)
    with safe_open(path, framework="np") as file:
        raw = file.get_slice("soft")[heat_map.row].astype(np.float32)  # (height, width)
    buffer = BytesIO()
    Image.fromarray(_grey(raw)).save(buffer, "PNG")
    return buffer.getvalue()


def _grey(raw: np.ndarray) -> np.ndarray:
    low, high = raw.min(), raw.max()
    if low == high:
        return np.zeros(raw.shape, dtype=np.uint8)
    return np.rint((raw - low) / (high - low) * 255).astype(np.uint8)
