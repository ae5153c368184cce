"""What can be asked of a pipeline, and sentences for what cannot."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daam_engine.errors import InvalidRequestError
from daam_engine.guidance import takes_guidance_as_input

PAPERS_STEPS = 30  # section 3.1 of the paper
LONGEST_SIDE = 8192
_SPACES = "\t\n\r"


@dataclass(frozen=True)
class GenerationSettings:
    """How to denoise. None stands for the model's own: `LoadedPipeline.default_guidance`, its size.

    `guidance` is the scale of classifier-free guidance, off at 1 and below; models that were
    distilled with guidance as an input (FLUX.1 [dev]) take it as that. `negative_prompt` is what
    classifier-free guidance leads away from.
    """

    steps: int = PAPERS_STEPS
    guidance: float | None = None
    height: int | None = None
    width: int | None = None
    negative_prompt: str | None = None


def refuse_impossible(
    prompts: Sequence[str], seeds: Sequence[int], settings: GenerationSettings, pipeline: Any
) -> None:
    """Raises `InvalidRequestError`, one sentence about the first thing that cannot be."""
    if isinstance(prompts, str):
        raise InvalidRequestError("Give a list of prompts, also when it is only one: `[prompt]`.")
    if not prompts or len(prompts) != len(seeds):
        raise InvalidRequestError(
            f"Give one seed per prompt, and at least one of each; there are {len(prompts)} "
            f"prompts and {len(seeds)} seeds."
        )
    for number, prompt in enumerate(prompts, start=1):
        _refuse_text(f"Prompt {number}" if len(prompts) > 1 else "The prompt", prompt)
    for seed in seeds:
        if not _is_whole(seed) or not 0 <= seed < 2**64:
            raise InvalidRequestError(f"A seed is a whole number from 0 to 2⁶⁴ − 1; {seed} is not.")
    _refuse_steps(settings.steps, pipeline.scheduler)
    _refuse_size(settings, pipeline)
    _refuse_guidance(settings, pipeline)


def size_step(pipeline: Any) -> int:
    """The number of pixels that height and width are multiples of.

    A latent pixel is `vae_scale_factor` wide; transformers see patches of several, which FLUX
    packs in its pipeline; and diffusers' pipelines ask for multiples of 8 in any case.
    """
    transformer = getattr(pipeline, "transformer", None)
    patch = 1 if transformer is None else transformer.config.get("patch_size") or 1
    if hasattr(pipeline, "_pack_latents"):
        patch = 2
    return math.lcm(8, pipeline.vae_scale_factor * patch)


def _refuse_text(name: str, text: object) -> None:
    if not isinstance(text, str):
        raise InvalidRequestError(f"{name} is not text but a {type(text).__name__}; give a string.")
    if not text.strip():
        raise InvalidRequestError(f"{name} is empty; describe the picture in at least one word.")
    for place, letter in enumerate(text, start=1):
        kind = unicodedata.category(letter)
        if kind == "Cs" or (kind == "Cc" and letter not in _SPACES):
            raise InvalidRequestError(
                f"{name} holds U+{ord(letter):04X} as its character number {place}, which is no "
                "part of any text; remove it."
            )


def _refuse_steps(steps: int, scheduler: Any) -> None:
    most = int(scheduler.config.get("num_train_timesteps", 1000))
    if not _is_whole(steps) or not 1 <= steps <= most:
        raise InvalidRequestError(
            f"Steps are a whole number from 1 to {most}, as many as this model was trained with; "
            f"{steps} is not."
        )


def _refuse_size(settings: GenerationSettings, pipeline: Any) -> None:
    step = size_step(pipeline)
    for side in (settings.height, settings.width):
        if side is not None and (
            not _is_whole(side) or side % step or not step <= side <= LONGEST_SIDE
        ):
            raise InvalidRequestError(
                f"Height and width are multiples of {step} for this model, from {step} to "
                f"{LONGEST_SIDE}; {side} is not."
            )


def _refuse_guidance(settings: GenerationSettings, pipeline: Any) -> None:
    guidance = settings.guidance
    if guidance is None or not math.isfinite(guidance) or guidance < 0:
        raise InvalidRequestError(f"Guidance is a number from 0 upwards; {guidance} is not.")
    if settings.negative_prompt is None:
        return
    _refuse_text("The negative prompt", settings.negative_prompt)
    if guidance <= 1 or takes_guidance_as_input(pipeline):
        raise InvalidRequestError(
            "A negative prompt works by classifier-free guidance, which is off here; leave it out, "
            "or choose guidance above 1 with a model that was not distilled."
        )


def _is_whole(number: object) -> bool:
    return hasattr(number, "__index__") and not isinstance(number, bool)
