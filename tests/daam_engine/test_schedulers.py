from __future__ import annotations

import json

import diffusers
import pytest
from diffusers import DDIMScheduler, StableDiffusionPipeline

from daam_engine import GenerationSettings, InvalidRequestError, generate, load_pipeline
from daam_engine.schedulers import choose_scheduler, describe_scheduler, is_distilled

DPM = "DPMSolverMultistepScheduler"


def own(name: str, **config: object):
    return getattr(diffusers, name)(**config)


@pytest.mark.parametrize(
    "name", ["PNDMScheduler", "DDIMScheduler", "EulerDiscreteScheduler", "DDPMScheduler", DPM]
)
def test_the_papers_scheduler_is_the_default(name):
    before = own(name, beta_end=0.012, prediction_type="v_prediction")
    chosen = choose_scheduler(None, before)
    assert type(chosen).__name__ == DPM
    assert (chosen.config.beta_end, chosen.config.prediction_type) == (0.012, "v_prediction")


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("LCMScheduler", {}),
        ("TCDScheduler", {}),
        ("FlowMatchEulerDiscreteScheduler", {}),
        ("EDMEulerScheduler", {}),
        ("EulerDiscreteScheduler", {"timestep_spacing": "trailing"}),  # SD-Turbo
        ("EulerAncestralDiscreteScheduler", {"timestep_spacing": "trailing"}),  # SDXL-Turbo
    ],
)
def test_models_that_need_their_own_scheduler_keep_it(name, config):
    before = own(name, **config)
    assert choose_scheduler(None, before) is before


def test_trailing_steps_alone_do_not_make_a_model_distilled():
    zero_signal = {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True}
    assert not is_distilled(own("DDIMScheduler", **zero_signal))


def test_own_keeps_the_models_scheduler():
    before = DDIMScheduler()
    assert choose_scheduler("own", before) is before
    assert choose_scheduler("DDIMScheduler", before) is before


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("Nonsense", "DDIMScheduler"),
        ("FlowMatchEulerDiscreteScheduler", "DDIMScheduler"),
        (DPM, "FlowMatchEulerDiscreteScheduler"),
        ("StableDiffusionPipeline", "DDIMScheduler"),
    ],
)
def test_a_scheduler_that_does_not_fit_is_refused_with_the_choices(name, before):
    with pytest.raises(InvalidRequestError, match=f"“{name}” cannot .*{before}; choose “own”"):
        choose_scheduler(name, own(before))


def test_the_choices_are_named():
    with pytest.raises(InvalidRequestError, match=f"{DPM}.*PNDMScheduler"):
        choose_scheduler("Nonsense", DDIMScheduler())


def test_the_scheduler_and_its_settings_are_recorded(pipeline: StableDiffusionPipeline, tmp_path):
    pipeline.save_pretrained(tmp_path)
    (generated,) = generate(load_pipeline(tmp_path), ["dog"], [0], GenerationSettings(steps=2))
    assert generated.provenance["scheduler"] == DPM
    settings = generated.provenance["scheduler_settings"]
    assert (settings["algorithm_type"], settings["solver_order"]) == ("dpmsolver++", 2)
    assert settings["prediction_type"] == "epsilon"


@pytest.mark.parametrize("name", ["DDIMScheduler", DPM, "FlowMatchEulerDiscreteScheduler"])
def test_settings_are_fit_for_json(name):
    described = describe_scheduler(own(name))
    assert json.loads(json.dumps(described, allow_nan=False)) == described
