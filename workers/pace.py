"""Reports that cost something, made now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

SIGN_OF_LIFE_SECONDS = 20.0
PROGRESS_SECONDS = 1.0


def at_most_every(seconds: float, call: Callable[..., object]) -> Callable[..., None]:
    """`call`, passed over while its last time is less than `seconds` ago; the first is never."""
    last = float("-inf")

    def now_and_then(*arguments: object) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            call(*arguments)

    return now_and_then
