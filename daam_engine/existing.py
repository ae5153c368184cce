"""Heat maps of a picture that exists already: which word would have painted what."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import torch

from daam_engine.errors import InvalidRequestError, UnsupportedModelError
from daam_engine.generate import Generated, OnStep, provenance_of
from daam_engine.guidance import takes_guidance_as_input
from daam_engine.heat_map import HeatMaps
from daam_engine.locate import denoiser_of
from daam_engine.models import LoadedPipeline
from daam_engine.request import GenerationSettings, refuse_impossible, size_step
from daam_engine.trace import trace
from daam_engine.words import DEFAULT_PARSER, parse

if TYPE_CHECKING:
    from PIL.Image import Image


def trace_image(
    loaded: LoadedPipeline,
    image: Image,
    prompt: str,
    *,
    seed: int = 0,
    steps: int = 30,
    at: Collection[int] | None = None,
    parser: str = DEFAULT_PARSER,
    on_step: OnStep | None = None,
) -> Generated:
    """Trace `prompt` in `image`: the picture is noised to every step in `at`, and the denoiser's
    attention there is added up.

    Every step starts from the picture itself, unlike in image-to-image generation, where each
    starts from what the one before made of it. `at` counts from 0, the noisiest of `steps`; None is
    all of them. The noise is drawn from `seed`. A picture larger than the model's own size is
    shrunk to it, and its sides are cut to what the model can take; `Generated.image` is what was
    traced. Its maps are kept apart by step.

    Raises `InvalidRequestError`, `TracingError`, `ParserNotInstalledError`, and
    `UnsupportedModelError` where diffusers cannot start this model from a picture.
    """
    settings = GenerationSettings(steps=steps, guidance=_guidance(loaded))
    refuse_impossible([prompt], [seed], settings, loaded.pipeline)
    chosen = sorted(range(steps) if at is None else set(at))
    if not chosen or not 0 <= chosen[0] <= chosen[-1] < steps:
        raise InvalidRequestError(f"Choose at least one of the steps 0 to {steps - 1}.")
    parsed = parse(prompt, parser)
    pipeline = _image_to_image(loaded.pipeline)
    picture = _fitted(image, loaded.pipeline)
    found = []
    for done, step in enumerate(chosen, start=1):
        found.append(_maps_at(pipeline, picture, prompt, seed, settings, step))
        if on_step is not None:
            on_step(done, len(chosen))
    maps = _together(found, chosen)
    provenance = {
        **provenance_of(loaded, settings, batch_size=1),
        **{"seed": seed, "height": picture.height, "width": picture.width},
        **maps.provenance,
        "picture": "existing",
        "noised_to_steps": chosen,
    }
    return Generated(prompt, seed, picture, maps, parsed, provenance)


def _guidance(loaded: LoadedPipeline) -> float:
    """None, since only the prompt's rows are traced; but to a distilled model it is an input."""
    return loaded.default_guidance if takes_guidance_as_input(loaded.pipeline) else 1.0


def _image_to_image(pipeline: Any) -> Any:
    from diffusers import AutoPipelineForImage2Image  # here: it imports every pipeline there is

    try:
        found = AutoPipelineForImage2Image.from_pipe(pipeline)
    except ValueError as error:
        raise UnsupportedModelError(
            f"diffusers cannot start a {type(pipeline).__name__} from a picture, so existing "
            "pictures cannot be traced with it; use Stable Diffusion, SDXL, SD3 or FLUX."
        ) from error
    found.set_progress_bar_config(disable=True)
    return found


def _fitted(image: Image, pipeline: Any) -> Image:
    """The picture at a size that the model can take, no larger in area than the model's own."""
    multiple = size_step(pipeline)
    own = _own_side(pipeline)
    shrink = min(1.0, own / (image.width * image.height) ** 0.5)
    sides = (image.width, image.height)
    width, height = (round(side * shrink) // multiple * multiple for side in sides)
    if not width or not height:
        raise InvalidRequestError(
            f"A picture of {image.width} × {image.height} pixels is too small for this model; its "
            f"sides must come to {multiple} pixels at least, where its area is at most {own}²."
        )
    picture = image.convert("RGB")
    return picture if picture.size == (width, height) else picture.resize((width, height))


def _own_side(pipeline: Any) -> int:
    """In pixels. FLUX's denoiser has no size of its own; its pipeline does."""
    config = denoiser_of(pipeline).config
    side = getattr(config, "sample_size", None) or pipeline.default_sample_size
    return int(side * pipeline.vae_scale_factor)


def _maps_at(
    pipeline: Any, picture: Image, prompt: str, seed: int, settings: GenerationSettings, step: int
) -> HeatMaps:
    """Of one denoiser call."""

    def timesteps_from_here(steps: int, *_: object, **__: object) -> tuple[torch.Tensor, int]:
        # What the pipelines compute from `strength`, without its rounding.
        first = step * pipeline.scheduler.order
        if hasattr(pipeline.scheduler, "set_begin_index"):
            pipeline.scheduler.set_begin_index(first)
        return pipeline.scheduler.timesteps[first:], steps - step

    pipeline.get_timesteps = timesteps_from_here
    sizes = {} if hasattr(pipeline, "unet") else {"height": picture.height, "width": picture.width}
    with trace(pipeline) as traced:
        pipeline(
            prompt=prompt,
            image=picture,
            strength=1.0,
            num_inference_steps=settings.steps,
            guidance_scale=settings.guidance,
            generator=torch.Generator("cpu").manual_seed(seed),
            callback_on_step_end=_stop,
            output_type="latent",
            **sizes,
        )
    (maps,) = traced.heat_maps()
    return maps


def _stop(pipeline: Any, *_: object) -> dict[str, Any]:
    pipeline._interrupt = True
    return {}


def _together(found: Collection[HeatMaps], steps: Collection[int]) -> HeatMaps:
    parts = [
        dataclasses.replace(part, step=step)
        for maps, step in zip(found, steps, strict=True)
        for part in maps.parts
    ]
    return dataclasses.replace(next(iter(found)), parts=tuple(parts))
