"""The tiny Stable Diffusion of `families`, for tests that need no other."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

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


class Trap:
    """Unpickling it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    @property
    def sprung(self) -> bool:
        return self._mark.exists()

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._mark,)


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    trap = Trap(tmp_path / "sprung")
    pickle.loads(pickle.dumps(trap))  # noqa: S301  it works
    assert trap.sprung
    trap._mark.unlink()
    return trap
