"""What the published code (`daam` 0.2.0) computes, which is not quite the paper's equation.

The paper sums upsampled maps; the code takes every head's sum over the steps, upsamples it to a
square of 64 or 96 pixels, cuts off what bicubic interpolation undershoots, and takes the mean over
heads and layers. Cutting off is not linear: it moves maps by 3–12 % of their maximum. Besides the
mid block it skips maps eight times smaller than that square, and those whose factor is no power of
two: all of some models, and some of pictures that have not the size the model was made for.

Only the arithmetic is the published one: words are positions, and guidance, batches and several
images per prompt are told apart, where the published code confuses them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import torch

from daam_engine.accumulate import Part, Resolution
from daam_engine.errors import TracingError, UnsupportedModelError
from daam_engine.heat_map import HeatMaps, resize
from daam_engine.locate import Layer

NORMALISATION = (
    "mean over heads and layers of the sums over steps, each bicubic and clamped at zero "
    "(daam 0.2.0)"
)
_FACTORS = (0, 1, 2, 4, 16, 32, 64)
_SKIPS_ALL = 'The published code skips every layer of this model at this size; use `mode="paper"`.'


def layers_of(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Of a UNet's down- and up-blocks. Raises `UnsupportedModelError` for other architectures."""
    if any(layer.block == "transformer" for layer in layers):
        raise UnsupportedModelError(
            'The published code knows UNets only; trace a transformer with `mode="paper"`.'
        )
    return tuple(layers)


def refuse_size(layers: Sequence[Layer], unet: Any, vae_scale_factor: int) -> None:
    """Raises `TracingError` where the published code skips every layer at the model's own size."""
    side, latent = _side(unet, vae_scale_factor), unet.config.sample_size
    factors = [_factor(layer.resolution((latent, latent)), side) for layer in layers]
    if not set(factors) & set(_FACTORS):
        raise TracingError(_SKIPS_ALL)


def aggregated(maps: HeatMaps, unet: Any, vae_scale_factor: int) -> HeatMaps:
    """`maps`, kept apart by layer and head, as the published code's "global heat map".

    Raises `TracingError` where the published code has none.
    """
    if maps.image_size[0] != maps.image_size[1]:
        raise TracingError(
            'The published code is wrong on images that are not square; use `mode="paper"`.'
        )
    side = _side(unet, vae_scale_factor)
    kept = tuple(part for part in maps.parts if _factor(part.resolution, side) in _FACTORS)
    if not kept:
        raise TracingError(_SKIPS_ALL)
    return clamped_mean(dataclasses.replace(maps, parts=kept), side)


def clamped_mean(maps: HeatMaps, side: int) -> HeatMaps:
    """The mean over all layers' heads, each upsampled to a square of `side` and clamped at zero."""
    total = torch.zeros(maps.parts[0].sums.shape[1], side, side)
    for part in maps.parts:
        for head in part.sums:
            total += resize(head, (side, side)).clamp_(min=0)
    total /= sum(len(part.sums) for part in maps.parts)
    return dataclasses.replace(maps, parts=(Part(total[None], count=1),))


def _side(unet: Any, vae_scale_factor: int) -> int:
    """Of the square that the published code upsamples to."""
    return 64 if unet.config.sample_size * vae_scale_factor in (512, 1024) else 96


def _factor(resolution: Resolution, side: int) -> int:
    height, width = resolution
    return math.isqrt(side * side // (height * width))
