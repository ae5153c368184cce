"""Devices, the precisions they can compute in, and work that may not fit into their memory."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch.nn import functional

from daam_engine.errors import InvalidRequestError, OutOfMemoryError

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
Model = TypeVar("Model", bound=Any)
_DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
# The allocators' own words: on a CPU and on MPS they raise plain RuntimeErrors.
_OUT_OF_MEMORY = ("DefaultCPUAllocator", "out of memory", "ALLOC_FAILED")


def choose_device(device: str) -> str:
    """`device`, or for "auto" CUDA, then MPS, then the CPU. Raises `InvalidRequestError`."""
    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:  # without CUDA, torch asserts
        raise InvalidRequestError(
            f"There is no device “{device}” here; choose “auto” or one of {', '.join(_devices())}."
        ) from error
    return device


def choose_dtype(dtype: str | torch.dtype | None, device: str) -> torch.dtype:
    """`dtype`; None is float32 on a CPU, float16 elsewhere. Raises `InvalidRequestError`."""
    if dtype is None:
        return torch.float32 if torch.device(device).type == "cpu" else torch.float16
    name = str(dtype).removeprefix("torch.")
    if name not in _DTYPES:
        raise InvalidRequestError(f"Unknown dtype “{name}”; choose one of {', '.join(_DTYPES)}.")
    try:
        _try_out(_DTYPES[name], device)
    except (RuntimeError, TypeError) as error:  # MPS raises TypeErrors
        raise InvalidRequestError(
            f"The device “{device}” cannot compute in {name}; leave `dtype` out, or choose float32."
        ) from error
    return _DTYPES[name]


def moved(model: Model, device: str) -> Model:
    """A pipeline or a module, on `device`. Raises `OutOfMemoryError`."""
    try:
        return model.to(device)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    raise OutOfMemoryError(
        f"The model does not fit into the memory of “{device}”; choose dtype float16, a smaller "
        "model, or another device."
    )


def in_batches(work: Callable[[range], list[Result]], total: int, batch_size: int) -> list[Result]:
    """`work` over 0 … total, `batch_size` at a time, and half as many when memory runs out.

    Raises `OutOfMemoryError` when even one does not fit.
    """
    results: list[Result] = []
    while len(results) < total:
        batch = range(len(results), min(len(results) + batch_size, total))
        done = _unless_out_of_memory(work, batch)
        # Here the error is gone, whose traceback kept the tensors of the batch.
        if done is not None:
            results += done
        elif len(batch) == 1:
            free_memory()
            raise OutOfMemoryError(
                "One picture does not fit into the device's memory; choose a smaller height and "
                "width, dtype float16, or another device."
            )
        else:
            free_memory()
            batch_size = len(batch) // 2
            logger.warning(
                "Out of memory with %d pictures at a time; trying %d.", len(batch), batch_size
            )
    return results


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch, numpy or Pillow says that memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in _OUT_OF_MEMORY)


def free_memory() -> None:
    """Give back what is not in use, so that the next batch finds it in one piece."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def _unless_out_of_memory(
    work: Callable[[range], list[Result]], batch: range
) -> list[Result] | None:
    try:
        return work(batch)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None


def _devices() -> list[str]:
    cards = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return ["cpu", *cards, *(["mps"] if torch.backends.mps.is_available() else [])]


def _try_out(dtype: torch.dtype, device: str) -> None:
    """What a denoiser is made of, once: a device may know a dtype and lack some of these."""
    picture = torch.ones(1, 8, 4, 4, dtype=dtype, device=device)
    picture = functional.conv2d(picture, torch.ones(8, 8, 1, 1, dtype=dtype, device=device))
    picture = functional.silu(functional.group_norm(picture, 2))
    functional.scaled_dot_product_attention(picture, picture, picture).sum().item()
