"""Clocks and counters."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

Run = Callable[[], object]
_FREE = {"aten::empty", "aten::empty_strided", "aten::detach", "aten::_unsafe_view"}


def seconds(run: Run, device: str) -> float:
    """CPU time of this process (others may be running), or the GPU's own clock."""
    if not device.startswith("cuda"):
        begun = time.process_time()
        run()
        return time.process_time() - begun
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    run()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) / 1000


def paired(runs: Sequence[Run], rounds: int, device: str) -> np.ndarray:
    """Seconds (round, run). The order alternates, so that a slow minute favours nobody."""
    taken = np.empty((rounds, len(runs)))
    for number in range(rounds):
        order = range(len(runs)) if number % 2 else reversed(range(len(runs)))
        for index in order:
            taken[number, index] = seconds(runs[index], device)
    return taken


class Operations(TorchDispatchMode):
    """Counts what torch is asked for: kernels, views (host time only) and waits for the device."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter(kernels=0, views=0, waits=0)

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = function.name().split(".")[0]
        if name == "aten::_local_scalar_dense":
            self.counts["waits"] += 1
        elif function.is_view:
            self.counts["views"] += 1
        elif name not in _FREE:
            self.counts["kernels"] += 1
        return function(*args, **(kwargs or {}))


def operations(run: Run) -> Counter[str]:
    with Operations() as seen:
        run()
    return seen.counts
