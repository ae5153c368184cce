"""Where whatever goes wrong in a task becomes a sentence for the page of what it was about."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

from annotator.errors import AnnotatorError
from daam_engine import EngineError

logger = logging.getLogger(__name__)


def attempt(work: Callable[[], object]) -> str | None:
    """Do it. None, or why it could not be done, for `generations.fail` and the like.

    The only broad `except` there is: a worker lives on whatever happens, and a row never stays
    "running" without a reason. A sentence is returned and not the error, whose traceback would keep
    the tensors of a batch that ran out of memory.
    """
    try:
        work()
    except Exception as error:
        logger.exception("A task could not do its work.")
        return _sentence(error)
    return None


def _sentence(error: Exception) -> str:
    if isinstance(error, AnnotatorError | EngineError):
        return str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return (
            "There is not enough memory for this picture. Use a larger device or a smaller model."
        )
    first_line = str(error).strip().partition("\n")[0]
    return (
        f"Something unexpected happened ({type(error).__name__}: {first_line[:300]}). "
        "The worker's log tells more; retry when it is mended."
    )
