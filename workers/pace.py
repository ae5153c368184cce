"""Reports that cost something, made now and then; and signs of life while nothing is to report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

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


@contextmanager
def signs_of_life(
    beat: Callable[[], object], seconds: float = SIGN_OF_LIFE_SECONDS
) -> Iterator[None]:
    """Call `beat` every so many seconds, from a thread of its own: loading a model and computing
    intervals can take minutes in which nothing else is called."""
    ended = threading.Event()

    def keep_beating() -> None:
        try:
            while not ended.wait(seconds):
                beat()
        finally:
            connection.close()  # a thread has a connection of its own

    thread = threading.Thread(target=keep_beating, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
