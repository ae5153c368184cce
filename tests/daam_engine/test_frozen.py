from __future__ import annotations

import pytest
import torch

from daam_engine import InvalidRequestError, TracingError, UnsupportedModelError, trace
from daam_engine.frozen import record_attention, replay_attention
from tests.daam_engine import families

WHOLE = {"mid_block": True, "all_tokens": True}


def test_recording_changes_no_picture_and_leaves_nothing_behind(pipeline, paint):
    before = paint(pipeline, "red dog")
    modules = list(pipeline.unet.modules())
    with record_attention(pipeline) as recorded:
        during = paint(pipeline, "red dog")
    assert torch.equal(before, during)
    assert list(pipeline.unet.modules()) == modules
    assert recorded.held_bytes > 0


def test_the_same_prompt_replayed_is_the_same_picture_bit_for_bit(pipeline, paint):
    with record_attention(pipeline) as recorded:
        first = paint(pipeline, "red dog")
    with replay_attention(pipeline, recorded):
        again = paint(pipeline, "red dog")
    assert torch.equal(first, again)
    assert torch.equal(paint(pipeline, "blue cat"), paint(pipeline, "blue cat"))


def test_another_prompt_attends_as_the_recorded_one_did_but_reads_its_own_words(pipeline, paint):
    with record_attention(pipeline) as recorded, trace(pipeline, **WHOLE) as traced:
        first = paint(pipeline, "red dog")
        looked = traced.heat_maps()[0]
    free = paint(pipeline, "blue dog")
    with replay_attention(pipeline, recorded), trace(pipeline, **WHOLE) as traced:
        frozen = paint(pipeline, "blue dog")
        looks = traced.heat_maps()[0]
    assert torch.equal(looks.soft(), looked.soft())
    assert not torch.equal(frozen, first)
    assert not torch.equal(frozen, free)
    assert torch.equal(paint(pipeline, "blue dog"), free)  # and lets go of it


def test_what_was_not_painted_like_the_recording_is_refused(pipeline, paint):
    with record_attention(pipeline) as recorded:
        before = paint(pipeline, "red dog")
    with pytest.raises(TracingError, match="more calls"), replay_attention(pipeline, recorded):
        paint(pipeline, "red dog", num_inference_steps=3)
    with pytest.raises(TracingError, match="recorded calls"), replay_attention(pipeline, recorded):
        paint(pipeline, "red dog", num_inference_steps=1)
    with pytest.raises(TracingError, match="number of pictures"):  # noqa: SIM117
        with replay_attention(pipeline, recorded):
            paint(pipeline, ["red dog", "blue cat"])
    nothing = type(recorded)()
    with pytest.raises(InvalidRequestError, match="Nothing was recorded"):  # noqa: SIM117
        with replay_attention(pipeline, nothing):
            pass
    assert torch.equal(paint(pipeline, "red dog"), before)


@pytest.mark.parametrize("build", [families.build_sd3, families.build_flux, families.build_pixart])
def test_models_whose_attention_is_not_the_pictures_alone_are_refused(build):
    with pytest.raises(UnsupportedModelError, match="UNet"), record_attention(build()):
        pass
