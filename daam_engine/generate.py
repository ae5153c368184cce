"""Prompts and seeds to images with the heat map of every word."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import diffusers
import numpy as np
import torch
import transformers

from daam_engine.accumulate import Axis
from daam_engine.devices import in_batches
from daam_engine.errors import InvalidRequestError
from daam_engine.heat_map import HeatMaps, WordHeatMap
from daam_engine.locate import denoiser_of, locate
from daam_engine.models import LoadedPipeline
from daam_engine.request import GenerationSettings, refuse_impossible
from daam_engine.schedulers import describe_scheduler
from daam_engine.trace import trace
from daam_engine.version import __version__
from daam_engine.words import DEFAULT_PARSER, Word, parse_all

if TYPE_CHECKING:
    from PIL.Image import Image

    from daam_engine.render import Style

STORED_LONG_SIDE = 128
OnStep = Callable[[int, int], None]
Report = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Generated:
    """One image, its heat maps, and everything needed to make both again.

    `probed` are the maps of other texts, asked of the image while it was painted.
    `withheld` when the model's safety checker put a black image in place of the one painted.
    """

    prompt: str
    seed: int
    image: Image
    maps: HeatMaps
    parsed: tuple[Word, ...]
    provenance: dict[str, Any]
    withheld: bool = False
    probed: tuple[HeatMaps, ...] = ()

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
        from daam_engine.page import sheet  # here: most who generate never draw

        soft = [found.soft for found in self.words]
        return sheet(self.image, self.prompt, self.parsed, soft, style=style)

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
    probes: Sequence[Sequence[str]] = (),
    by: Collection[Axis] = (),
    batch_size: int | None = None,
    on_step: OnStep | None = None,
) -> list[Generated]:
    """Generate and trace an image per prompt, in the order of `prompts`.

    Every image draws its noise from its own seed on the CPU. `batch_size` images are painted at a
    time; None is one on a CPU, where an image then does not depend on the others by a single bit,
    and all elsewhere, where the others change it by rounding. When memory runs out, the batch is
    halved until it fits; the provenance tells with how many an image was painted.
    `by` keeps axes of the maps apart, as in `trace`.
    `probes` are other texts to ask each image about, as many for each: `Generated.probed`.
    `on_step(done, total)` counts the steps of all images, and goes back when a batch is halved.
    Raises `InvalidRequestError`, `TracingError`, `UnsupportedModelError`,
    `ParserNotInstalledError`, `OutOfMemoryError`.
    """
    locate(denoiser_of(loaded.pipeline))  # refuses what is no text-to-image pipeline
    settings = _resolve(settings or GenerationSettings(), loaded)
    refuse_impossible(prompts, seeds, settings, loaded.pipeline)
    words = list(parse_all(prompts, parser))

    def paint(batch: range) -> list[Generated]:
        chosen = slice(batch.start, batch.stop)
        report = _reporting(on_step, batch, len(prompts), settings.steps)
        asked = probes[chosen]
        return _paint(
            loaded, prompts[chosen], seeds[chosen], words[chosen], asked, by, settings, report
        )

    return in_batches(paint, len(prompts), batch_size or _default_batch_size(loaded, prompts))


def stored_size(image_size: tuple[int, int], long_side: int = STORED_LONG_SIDE) -> tuple[int, int]:
    """(height, width) of an image's shape whose longer side is at most `long_side`."""
    shrink = min(1.0, long_side / max(image_size))
    height, width = (max(1, round(side * shrink)) for side in image_size)
    return height, width


def _default_batch_size(loaded: LoadedPipeline, prompts: Sequence[str]) -> int:
    """One on a CPU: its matrix products are other kernels for other numbers of rows, from the
    first layer on, so that nothing but painting singly makes an image independent. It costs the
    bundled model a third more time; large models gain nothing from batches on a CPU.
    """
    return 1 if torch.device(loaded.device).type == "cpu" else len(prompts)


def _resolve(settings: GenerationSettings, loaded: LoadedPipeline) -> GenerationSettings:
    if settings.guidance is not None:
        return settings
    return dataclasses.replace(settings, guidance=loaded.default_guidance)


def _paint(
    loaded: LoadedPipeline,
    prompts: Sequence[str],
    seeds: Sequence[int],
    words: Sequence[tuple[Word, ...]],
    probes: Sequence[Sequence[str]],
    by: Collection[Axis],
    settings: GenerationSettings,
    report: Report,
) -> list[Generated]:
    """One call of the pipeline."""
    with trace(loaded.pipeline, probes=probes, by=by) as traced:
        output = _call(loaded.pipeline, prompts, seeds, settings, report)
    probed = traced.probe_maps() if probes else [[]] * len(prompts)
    withheld = getattr(output, "nsfw_content_detected", None) or [False] * len(prompts)
    provenance = provenance_of(loaded, settings, batch_size=len(prompts))
    return [
        Generated(
            prompt=prompt,
            seed=seed,
            image=image,
            maps=maps,
            parsed=parsed,
            provenance={**provenance, "seed": seed, **_size(maps), **maps.provenance},
            withheld=bool(black),
            probed=tuple(asked),
        )
        for prompt, seed, image, maps, parsed, black, asked in zip(
            prompts, seeds, output.images, traced.heat_maps(), words, withheld, probed, strict=True
        )
    ]


def _call(
    pipeline: Any,
    prompts: Sequence[str],
    seeds: Sequence[int],
    settings: GenerationSettings,
    report: Report,
) -> Any:
    def on_step_end(_: Any, step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        report(step)
        return tensors

    options = {
        "prompt": list(prompts),
        "generator": [torch.Generator("cpu").manual_seed(seed) for seed in seeds],
        "num_inference_steps": settings.steps,
        "guidance_scale": settings.guidance,
        "height": settings.height,
        "width": settings.width,
        "output_type": "pil",
        **_where_known(
            pipeline,
            callback_on_step_end=on_step_end,
            callback=lambda step, _time, _latents: report(step),  # PixArt's older way
            # A cleaned prompt is another text, and a binned size another picture, than was asked.
            clean_caption=False,
            use_resolution_binning=False,
        ),
    }
    if settings.negative_prompt is not None:
        options["negative_prompt"] = [settings.negative_prompt] * len(prompts)
    try:
        return pipeline(**options)
    except ValueError as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InvalidRequestError(
            f"{type(pipeline).__name__} does not take this request ({reason}); change the settings."
        ) from error


def _where_known(pipeline: Any, **options: Any) -> dict[str, Any]:
    known = inspect.signature(type(pipeline).__call__).parameters
    return {name: value for name, value in options.items() if name in known}


def _reporting(on_step: OnStep | None, batch: range, n_images: int, steps: int) -> Report:
    def report(step: int) -> None:
        if on_step is not None:
            # Second-order schedulers call the denoiser more often than they were asked for steps.
            done = min(step + 1, steps)
            on_step(batch.start * steps + len(batch) * done, n_images * steps)

    return report


def _size(maps: HeatMaps) -> dict[str, int]:
    height, width = maps.image_size
    return {"height": height, "width": width}


def provenance_of(
    loaded: LoadedPipeline, settings: GenerationSettings, *, batch_size: int
) -> dict[str, Any]:
    return {
        "model": loaded.model,
        "model_revision": loaded.revision,
        "model_config": loaded.config,
        "scheduler": loaded.scheduler,
        "scheduler_settings": describe_scheduler(loaded.pipeline.scheduler),
        "steps": settings.steps,
        "guidance": settings.guidance,
        "negative_prompt": settings.negative_prompt,
        "batch_size": batch_size,
        "dtype": loaded.dtype,
        "device": loaded.device,
        "engine_version": __version__,
        "library_versions": {
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
        },
    }
