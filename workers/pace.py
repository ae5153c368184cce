"""Reports that cost something, made now and then; and signs of life while nothing is to report."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from django.db import Error, connection

SIGN_OF_LIFE_SECONDS = 20.0
# Without progress; what takes longer is taken to hang.
LONGEST_SECONDS = 2 * 3600.0
PROGRESS_SECONDS = 1.0

logger = logging.getLogger(__name__)


def at_most_every(seconds: float, call: Callable[..., object]) -> Callable[..., None]:
    """`call`, passed over while its last time is less than `seconds` ago; the first is never."""
    last = float("-inf")

    def now_and_then(*arguments: object) -> None:
        nonlocal last
        if monotonic() - last >= seconds:
            last = monotonic()
            call(*arguments)

    return now_and_then


@contextmanager
def signs_of_life(
    beat: Callable[[], object],
    seconds: float = SIGN_OF_LIFE_SECONDS,
    longest: float = LONGEST_SECONDS,
) -> Iterator[Callable[[], None]]:
    """Call `beat` every so many seconds, from a thread of its own: loading a model and computing
    intervals can take minutes in which nothing else is called.

    Yields what the work calls when it has got further: `longest` seconds after the last such call
    the beats end, so that others may take over from what hangs.
    """
    ended, last = threading.Event(), monotonic()

    def progressed() -> None:
        nonlocal last
        last = monotonic()

    def keep_beating() -> None:
        try:
            while not ended.wait(seconds) and monotonic() - last < longest:
                _try(beat)
        finally:
            connection.close()  # a thread has a connection of its own

    thread = threading.Thread(target=keep_beating, name="signs of life", daemon=True)
    thread.start()
    try:
        yield progressed
    finally:
        ended.set()
        thread.join()


def _try(beat: Callable[[], object]) -> None:
    try:
        beat()
    except Error:
        logger.exception("A sign of life could not be given; the next one is tried anew.")
        connection.close()  # which may be what is broken
