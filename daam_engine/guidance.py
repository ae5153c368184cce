"""How a model takes its guidance: by a second, unconditional pass, as an input, or not at all."""

from __future__ import annotations

import inspect
from typing import Any

from daam_engine.schedulers import is_distilled

NO_GUIDANCE = 0.0


def default_guidance(pipeline: Any) -> float:
    """0 for models that know none or were distilled to need none, else the pipeline's default.

    (SD3.5 Turbo is distilled, but none of its files says so: give it guidance 0.)
    """
    known = inspect.signature(type(pipeline).__call__).parameters
    if "guidance_scale" not in known or _is_guidance_distilled_away(pipeline):
        return NO_GUIDANCE
    return float(known["guidance_scale"].default)


def takes_guidance_as_input(pipeline: Any) -> bool:
    """Whether there is no unconditional pass: FLUX, and latent consistency models."""
    return "guidance_embeds" in _config(pipeline, "transformer") or (
        _config(pipeline, "unet").get("time_cond_proj_dim") is not None
    )


def _is_guidance_distilled_away(pipeline: Any) -> bool:
    if takes_guidance_as_input(pipeline):
        # FLUX.1 [schnell] has the input's place in its pipeline, but not the input.
        return not _config(pipeline, "transformer").get("guidance_embeds", True)
    return is_distilled(pipeline.scheduler)


def _config(pipeline: Any, component: str) -> dict[str, Any]:
    return dict(getattr(getattr(pipeline, component, None), "config", {}))
