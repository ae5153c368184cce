"""`mode="published"` against the numbers that the published package itself gave; see README.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from daam_engine import HeatMaps, parse, trace
from tests.daam_engine.published.cases import CASES, Case, build, run, thinned

RELATIVE = 1e-5  # of a map's maximum
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def recorded() -> Mapping[str, np.ndarray]:
    with np.load(Path(__file__).with_name("maps.npz")) as file:
        return dict(file)


def published_maps(case: Case) -> HeatMaps:
    pipeline = build(case)
    with trace(pipeline, mode="published") as traced:
        run(pipeline, case)
    (maps,) = traced.heat_maps()
    return maps


def assert_same_map(ours: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=RELATIVE * theirs.max())


@every_case
def test_the_picture_is_the_recorded_one(case, recorded):
    """Else the weights, not the maps, are other ones: record again, see README.md."""
    image = run(build(case), case)[::8, ::8].numpy()
    np.testing.assert_allclose(image, recorded[f"{case.name}/image"], rtol=0, atol=1e-4)


@every_case
def test_token_maps_agree_with_the_published_package(case, recorded):
    found = thinned(published_maps(case).soft(size=case.grid))
    for ours, theirs in zip(found, recorded[f"{case.name}/tokens"], strict=True):
        assert_same_map(ours, theirs)


@every_case
def test_word_maps_agree_with_the_published_package(case, recorded):
    """A repeated word has one map there, the mean over its occurrences; here each has its own."""
    maps = published_maps(case).words(parse(case.prompt), size=case.grid)
    for word in case.words:
        occurrences = [found.soft for found in maps if found.word.text == word]
        ours = thinned(torch.stack(occurrences).mean(dim=0))
        assert_same_map(ours, recorded[f"{case.name}/word/{word}"])
