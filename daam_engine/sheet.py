"""All words of a prompt as one picture: the image first, then the heat map of every word."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from daam_engine.errors import InvalidRequestError
from daam_engine.generate import Generated
from daam_engine.heat_map import HeatMaps
from daam_engine.page import sheet, token_sheet
from daam_engine.render import Style
from daam_engine.store import StoredMaps

__all__ = ["sheet", "sheet_of", "sheet_of_stored", "sheet_of_tokens", "sheets_by_step"]


def sheet_of(generated: Generated, style: Style | None = None) -> Image.Image:
    """The sheet of a picture that was just generated."""
    return generated.sheet(style)


def sheets_by_step(generated: Generated, style: Style | None = None) -> list[Image.Image]:
    """The sheet after every step, of maps added up so far. Only of maps kept apart by step.

    Raises `InvalidRequestError`.
    """
    maps = generated.maps
    if not maps.steps:
        raise InvalidRequestError('Maps were not kept apart by step; generate with `by=["step"]`.')
    return [
        sheet_of(replace(generated, maps=maps.select(steps=maps.steps[: number + 1])), style)
        for number in range(len(maps.steps))
    ]


def sheet_of_stored(
    image: Image.Image | None,
    stored: StoredMaps,
    style: Style | None = None,
    *,
    columns: int | None = None,
) -> Image.Image:
    """The sheet of what `daam_engine.store.read_maps` read; maps of other sizes are enlarged."""
    soft = [
        None if truncated else heat_map
        for heat_map, truncated in zip(stored.soft, stored.truncated, strict=True)
    ]
    return sheet(image, stored.prompt, stored.words, soft, style=style, columns=columns)


def sheet_of_tokens(maps: HeatMaps, style: Style | None = None) -> Image.Image:
    """The maps of all tokens, markers included; there is no image to lay them over."""
    return token_sheet(maps.prompt, maps.tokens, maps.soft(), style)
