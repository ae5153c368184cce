from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from daam_engine import GenerationSettings, InvalidRequestError, OutOfMemoryError, generate
from daam_engine.devices import choose_device, choose_dtype, in_batches

FAST = GenerationSettings(steps=2, guidance=5.0)
PROMPTS, SEEDS = ["a red dog", "cat", "a dog", "red", "a cat"], range(5)


def ask_for_too_much() -> None:
    torch.empty(2**60)


def outgrow(loaded, most_images: int) -> None:
    """Let the UNet's memory run out above so many images; each is two rows, by guidance."""

    def hook(_unet: object, inputs: tuple[torch.Tensor, ...]) -> None:
        if len(inputs[0]) > 2 * most_images:
            ask_for_too_much()

    loaded.pipeline.unet.register_forward_pre_hook(hook)


def test_a_batch_that_outgrows_memory_is_halved_and_reported(loaded, caplog):
    outgrow(loaded, most_images=1)
    with caplog.at_level(logging.WARNING):
        made = generate(loaded, PROMPTS, SEEDS, FAST, batch_size=5)
    assert [one.prompt for one in made] == PROMPTS
    assert [one.provenance["batch_size"] for one in made] == [1] * 5
    assert [
        record.getMessage() for record in caplog.records if "memory" in record.getMessage()
    ] == [
        "Out of memory with 5 pictures at a time; trying 2.",
        "Out of memory with 2 pictures at a time; trying 1.",
    ]


def test_a_halved_batch_makes_what_it_would_have_made(loaded):
    expected = generate(loaded, PROMPTS, SEEDS, FAST, batch_size=2)
    outgrow(loaded, most_images=2)
    made = generate(loaded, PROMPTS, SEEDS, FAST, batch_size=5)
    assert [one.provenance["batch_size"] for one in made] == [2, 2, 2, 2, 1]
    for one, other in zip(made, expected, strict=True):
        assert one.image.tobytes() == other.image.tobytes()
        np.testing.assert_array_equal(one.stack(), other.stack())


def test_one_picture_that_does_not_fit_is_refused_with_the_way_out(loaded):
    outgrow(loaded, most_images=0)
    with pytest.raises(OutOfMemoryError, match="smaller height and width, dtype float16") as caught:
        generate(loaded, PROMPTS, SEEDS, FAST)
    # A traceback would keep the tensors that memory ran out with.
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    def fail(_: range) -> list[int]:
        raise RuntimeError("shape '[2]' is invalid")

    with pytest.raises(RuntimeError, match="is invalid"):
        in_batches(fail, 4, 4)


@pytest.mark.parametrize("raised", [MemoryError(), RuntimeError("MPS backend out of memory")])
def test_every_allocators_error_halves_the_batch(raised):
    def work(batch: range) -> list[int]:
        if len(batch) > 3:
            raise raised
        return list(batch)

    assert in_batches(work, 10, 10) == list(range(10))


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16"])
def test_a_cpu_computes_in_all_three_dtypes(name):
    assert choose_dtype(name, "cpu") == getattr(torch, name)


def test_a_device_that_cannot_compute_in_a_dtype_is_named():
    with pytest.raises(InvalidRequestError, match="“meta” cannot compute in float16; leave"):
        choose_dtype("float16", "meta")


@pytest.mark.parametrize(("device", "dtype"), [("cpu", torch.float32), ("cuda:1", torch.float16)])
def test_half_precision_is_for_accelerators(device, dtype):
    assert choose_dtype(None, device) == dtype


@pytest.mark.parametrize("device", ["nonsense", "", "meta", "cuda:99", "xpu", "mps"])
def test_a_device_that_is_not_here_is_named_with_those_that_are(device):
    with pytest.raises(InvalidRequestError, match=f"no device “{device}” .*“auto” or one of cpu"):
        choose_device(device)
