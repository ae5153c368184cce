"""The tiny Stable Diffusion of `families`, for tests that need no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from diffusers import StableDiffusionPipeline
from transformers import CLIPTokenizer

from daam_engine.models import LoadedPipeline
from tests.daam_engine import families
from tests.daam_engine.families import build_pipeline, build_tokenizer


@pytest.fixture
def tokenizer() -> CLIPTokenizer:
    return build_tokenizer()


@pytest.fixture
def pipeline() -> StableDiffusionPipeline:
    return build_pipeline()


@pytest.fixture
def loaded(pipeline: StableDiffusionPipeline) -> LoadedPipeline:
    return LoadedPipeline(pipeline, model="tiny", revision="1", device="cpu", dtype="float32")


@pytest.fixture
def paint() -> Callable[..., torch.Tensor]:
    return families.paint
