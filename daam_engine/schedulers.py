"""Which scheduler denoises: the paper's where a model allows it, or another by name."""

from __future__ import annotations

from typing import Any

from daam_engine.errors import InvalidRequestError

PAPERS = "DPMSolverMultistepScheduler"  # section 3.1 of the paper, with 30 steps
OWN = "own"
_DISTILLED = {"LCMScheduler", "TCDScheduler"}
# Settings that change a picture; the rest are a scheduler's bookkeeping.
_SETTINGS = (
    "algorithm_type",
    "beta_end",
    "beta_schedule",
    "beta_start",
    "eta",
    "final_sigmas_type",
    "num_train_timesteps",
    "prediction_type",
    "rescale_betas_zero_snr",
    "shift",
    "solver_order",
    "solver_type",
    "steps_offset",
    "timestep_spacing",
    "use_dynamic_shifting",
    "use_flow_sigmas",
    "use_karras_sigmas",
)


def choose_scheduler(name: str | None, own: Any) -> Any:
    """The scheduler called `name`, set up like the model's `own` one.

    None is the paper's DPM-Solver multistep where diffusers holds it interchangeable with `own`
    and the model is not distilled; otherwise, and for "own", the model's stays.
    Raises `InvalidRequestError`.
    """
    if name is None:
        name = PAPERS if PAPERS in _choices(own) and not is_distilled(own) else OWN
    if name in (OWN, type(own).__name__):
        return own
    choices = _choices(own)
    if name not in choices:
        raise InvalidRequestError(
            f"“{name}” cannot take the place of this model's {type(own).__name__}; choose “own”"
            f"{''.join(f', {choice}' for choice in sorted(choices))}."
        )
    try:
        return choices[name].from_config(own.config)
    except (ImportError, NotImplementedError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InvalidRequestError(
            f"{name} cannot be set up for this model ({reason}); choose another, or “own”."
        ) from error


def is_distilled(scheduler: Any) -> bool:
    """Whether the model was distilled to few steps, and so to the scheduler it came with.

    Such models say so only by their scheduler: LCM's or TCD's, or (the turbo models) steps spaced
    from the end, which others use only with betas rescaled to zero signal.
    """
    config = scheduler.config
    return type(scheduler).__name__ in _DISTILLED or (
        config.get("timestep_spacing") == "trailing"
        and not config.get("rescale_betas_zero_snr", False)
        and config.get("prediction_type") == "epsilon"
    )


def describe_scheduler(scheduler: Any) -> dict[str, Any]:
    """The settings of a scheduler that change a picture, fit for JSON."""
    return {name: scheduler.config[name] for name in _SETTINGS if name in scheduler.config}


def _choices(own: Any) -> dict[str, Any]:
    return {scheduler.__name__: scheduler for scheduler in own.compatibles}
