"""Prompts and seeds to images with the heat map of every word."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import diffusers
import numpy as np
import torch
import transformers

from daam_engine.errors import InvalidRequestError
from daam_engine.heat_map import HeatMaps, WordHeatMap
from daam_engine.models import LoadedPipeline
from daam_engine.trace import trace
from daam_engine.version import __version__
from daam_engine.words import DEFAULT_PARSER, Word, parse_all

if TYPE_CHECKING:
    from PIL.Image import Image

    from daam_engine.render import Style

STORED_LONG_SIDE = 128
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class GenerationSettings:
    """How to denoise. None stands for the model's own: `LoadedPipeline.default_guidance`, its size.

    `guidance` is the scale of classifier-free guidance, off at 1 and below.
    """

    steps: int = 30
    guidance: float | None = None
    height: int | None = None
    width: int | None = None


@dataclass(frozen=True, eq=False)
class Generated:
    """One image, its heat maps, and everything needed to make both again.

    `withheld` when the model's safety checker put a black image in place of the one painted.
    """

    prompt: str
    seed: int
    image: Image
    maps: HeatMaps
    parsed: tuple[Word, ...]
    provenance: dict[str, Any]
    withheld: bool = False

    @cached_property
    def words(self) -> list[WordHeatMap]:
        """The map of each word at the image's size."""
        return self.maps.words(self.parsed)

    @cached_property
    def truncated(self) -> tuple[bool, ...]:
        """For each word, whether it has no map because the text encoder never read all of it."""
        return tuple(found.truncated for found in self.maps.align(self.parsed))

    def sheet(self, style: Style | None = None) -> Image:
        """The image and the map of each word, as one picture: what Jupyter shows."""
        from daam_engine.sheet import sheet_of  # here: most who generate never draw

        return sheet_of(self, style)

    def _repr_png_(self) -> bytes:
        from daam_engine.render import to_png

        return to_png(self.sheet())

    def stack(self, size: tuple[int, int] | None = None) -> np.ndarray:
        """Every word's map for storage: float16 (word, height, width), `stored_size` unless given.

        Values are means over the maps added up, not sums: shares of attention, which fit float16
        whatever the number of steps. Truncated words are rows of zeros.
        """
        size = size or stored_size(self.maps.image_size)
        rows = [
            np.zeros(size) if found.soft is None else found.soft.numpy() / self.maps.n_maps
            for found in self.maps.words(self.parsed, size)
        ]
        return np.array(rows, dtype=np.float16).reshape(len(rows), *size)


def generate(
    loaded: LoadedPipeline,
    prompts: Sequence[str],
    seeds: Sequence[int],
    settings: GenerationSettings | None = None,
    *,
    parser: str = DEFAULT_PARSER,
    on_step: OnStep | None = None,
) -> list[Generated]:
    """Generate and trace one batch, an image per prompt, in the order of `prompts`.

    Every image draws its noise from its own seed on the CPU, so the other prompts of the batch
    change it by rounding only (at most one grey level on the CPU, in float32).
    `on_step(done, total)` is called after each step.
    Raises `InvalidRequestError`, `TracingError`, `ParserNotInstalledError`.
    """
    settings = _resolve(settings or GenerationSettings(), loaded)
    _refuse_impossible(prompts, seeds, settings)
    words = list(parse_all(prompts, parser))
    with trace(loaded.pipeline) as traced:
        output = loaded.pipeline(
            prompt=list(prompts),
            generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
            num_inference_steps=settings.steps,
            guidance_scale=settings.guidance,
            height=settings.height,
            width=settings.width,
            output_type="pil",
            callback_on_step_end=_reporting(on_step, settings.steps),
        )
    withheld = getattr(output, "nsfw_content_detected", None) or [False] * len(prompts)
    return [
        Generated(
            prompt=prompt,
            seed=seed,
            image=image,
            maps=maps,
            parsed=parsed,
            provenance=_provenance(loaded, settings, seed, maps),
            withheld=bool(black),
        )
        for prompt, seed, image, maps, parsed, black in zip(
            prompts, seeds, output.images, traced.heat_maps(), words, withheld, strict=True
        )
    ]


def stored_size(image_size: tuple[int, int], long_side: int = STORED_LONG_SIDE) -> tuple[int, int]:
    """(height, width) of an image's shape whose longer side is at most `long_side`."""
    shrink = min(1.0, long_side / max(image_size))
    height, width = (max(1, round(side * shrink)) for side in image_size)
    return height, width


def _resolve(settings: GenerationSettings, loaded: LoadedPipeline) -> GenerationSettings:
    if settings.guidance is not None:
        return settings
    return dataclasses.replace(settings, guidance=loaded.default_guidance)


def _refuse_impossible(
    prompts: Sequence[str], seeds: Sequence[int], settings: GenerationSettings
) -> None:
    if not prompts or len(prompts) != len(seeds):
        raise InvalidRequestError(
            f"Give one seed per prompt, and at least one of each; there are {len(prompts)} "
            f"prompts and {len(seeds)} seeds."
        )
    if settings.steps < 1:
        raise InvalidRequestError(f"Give at least one step; {settings.steps} were asked for.")
    for seed in seeds:
        if not 0 <= seed < 2**64:
            raise InvalidRequestError(f"A seed is a whole number from 0 to 2⁶⁴ − 1; {seed} is not.")
    for side in (settings.height, settings.width):
        if side is not None and (side < 8 or side % 8):
            raise InvalidRequestError(
                f"Height and width are positive multiples of 8; {side} is not."
            )


def _reporting(on_step: OnStep | None, total: int) -> Callable[..., dict[str, Any]] | None:
    if on_step is None:
        return None

    def report(_pipeline: Any, step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step(step + 1, total)
        return tensors

    return report


def _provenance(
    loaded: LoadedPipeline, settings: GenerationSettings, seed: int, maps: HeatMaps
) -> dict[str, Any]:
    height, width = maps.image_size
    return {
        "model": loaded.model,
        "model_revision": loaded.revision,
        "scheduler": loaded.scheduler,
        "steps": settings.steps,
        "guidance": settings.guidance,
        "seed": seed,
        "height": height,
        "width": width,
        "dtype": loaded.dtype,
        "device": loaded.device,
        **maps.provenance,
        "engine_version": __version__,
        "library_versions": {
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
        },
    }
