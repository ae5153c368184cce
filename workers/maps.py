"""Stored heat maps as the engine measures them."""

from __future__ import annotations

import numpy as np
import torch

from annotator.domain.material import pictures
from annotator.models import HeatMap
from daam_engine.errors import InvalidRequestError
from daam_engine.heat_map import resize


def soft_map(heat_map: HeatMap, size: tuple[int, int]) -> torch.Tensor:
    """A word's map at a size (height, width). Raises `InvalidRequestError` where it is gone."""
    maps_file = heat_map.generation.maps_file
    try:
        stored = pictures.stored_map(maps_file, heat_map.row)
    except FileNotFoundError as error:
        raise InvalidRequestError(
            f"A file of heat maps is missing ({maps_file}). Restore the folder of media files."
        ) from error
    return resize(torch.from_numpy(stored.astype(np.float32)), size)
