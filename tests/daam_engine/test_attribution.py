"""Several attributions from one trace are what each would be from a trace of its own."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from daam_engine import InvalidRequestError, TracingError, UnsupportedModelError, trace
from daam_engine.attribution import Attribution
from tests.daam_engine.families import build_flux, build_pipeline

SIDE = {"height": 192, "width": 192}  # 96, the published code's grid, is a multiple of its maps


def traced(paint, pipeline, **how):
    with trace(pipeline, **how) as found:
        paint(pipeline, "a red dog", **SIDE)
    (maps,) = found.heat_maps()
    return maps


@pytest.mark.parametrize("axes", [("layer", "head"), ("layer", "head", "step")])
def test_published_maps_come_from_the_same_trace_as_all_others(paint, axes):
    pipeline = build_pipeline(sample_size=24)
    direct = traced(paint, pipeline, mode="published")
    apart = traced(paint, pipeline, by=axes)

    found = Attribution(mode="published").of(apart, pipeline)
    assert_close(found.soft(), direct.soft())
    assert found.provenance == direct.provenance | {"heads": "all", "summed_steps": "all"}
    assert_close(Attribution().of(apart, pipeline).soft(), apart.soft())


def test_parts_are_what_select_keeps(paint):
    pipeline = build_pipeline(sample_size=24)
    maps = traced(paint, pipeline, by=("layer", "head", "step"))
    first, *others = maps.layers
    assert any(other.startswith("up_blocks.1.") for other in others)

    named = Attribution(layers=("up_blocks.1",)).of(maps, pipeline)
    kept = [layer for layer in maps.layers if layer.startswith("up_blocks.1.")]
    assert torch.equal(named.soft(), maps.select(layers=kept).soft())
    assert named.provenance["layers"] == kept
    one = Attribution(layers=(first,), heads=(1,), steps=(2, 2)).of(maps, pipeline)
    assert torch.equal(one.soft(), maps.select(layers=[first], heads=[1], steps=[1]).soft())
    assert one.provenance["summed_steps"] == [2, 2]


def test_only_what_is_asked_for_is_kept_apart():
    assert Attribution().axes == set()
    assert Attribution(steps=(1, 2)).axes == {"step"}
    assert Attribution(layers=("up_blocks",)).axes == {"layer"}
    assert Attribution(heads=(0,)).axes == {"layer", "head"}
    assert Attribution(mode="published").axes == {"layer", "head"}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Attribution(layers=("up_blocks.1", "up")), "begins with “up”. It has: "),
        (Attribution(heads=(0, 99)), "no head 99"),
    ],
)
def test_what_a_model_lacks_is_told_before_it_paints(pipeline, asked, sentence):
    with pytest.raises(InvalidRequestError, match=sentence):
        asked.check(pipeline)


def test_a_model_that_the_published_code_skips_is_told_before_it_paints(pipeline):
    published = Attribution(mode="published")
    published.check(build_pipeline(sample_size=24))
    with pytest.raises(TracingError, match="skips every layer"):
        published.check(pipeline)


def test_the_published_code_knows_no_transformers():
    with pytest.raises(UnsupportedModelError, match="knows UNets only"):
        Attribution(mode="published").check(build_flux())
