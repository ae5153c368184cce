from __future__ import annotations

import pytest
from diffusers import (
    EulerDiscreteScheduler,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    StableDiffusionPipeline,
)

from daam_engine import GenerationSettings, InvalidRequestError, generate
from daam_engine.guidance import default_guidance, takes_guidance_as_input
from daam_engine.models import LoadedPipeline
from tests.daam_engine.families import build_flux, build_pipeline


def test_the_pipelines_own_default_is_taken(pipeline: StableDiffusionPipeline):
    assert default_guidance(pipeline) == 7.5


@pytest.mark.parametrize(
    "scheduler", [LCMScheduler(), EulerDiscreteScheduler(timestep_spacing="trailing")]
)
def test_distilled_models_go_without(pipeline, scheduler):
    pipeline.scheduler = scheduler
    assert default_guidance(pipeline) == 0.0


def test_latent_consistency_models_take_guidance_as_an_input():
    trained = build_pipeline(time_cond_proj_dim=8)
    components = {**trained.components, "scheduler": LCMScheduler()}
    pipeline = LatentConsistencyModelPipeline(**components, requires_safety_checker=False)
    assert takes_guidance_as_input(pipeline)
    assert default_guidance(pipeline) == 8.5
    loaded = LoadedPipeline(pipeline, model="lcm", revision="1", device="cpu", dtype="float32")
    (generated,) = generate(loaded, ["a red dog"], [0], GenerationSettings(steps=2))
    assert (generated.provenance["guidance"], len(generated.words)) == (8.5, 3)
    with pytest.raises(InvalidRequestError, match="negative prompt"):
        generate(loaded, ["dog"], [0], GenerationSettings(steps=2, negative_prompt="cat"))


def test_flux_without_the_guidance_input_goes_without():
    pipeline = build_flux()
    assert default_guidance(pipeline) == 3.5
    pipeline.transformer.register_to_config(guidance_embeds=False)  # as FLUX.1 [schnell]
    assert default_guidance(pipeline) == 0.0
