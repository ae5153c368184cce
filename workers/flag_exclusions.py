"""Raters of large studies left out by rule: what a page cannot do while somebody waits for it."""

from __future__ import annotations

from functools import partial

from annotator import queue
from annotator.domain.monitoring import flag_exclusions
from workers.edge import attempt
from workers.pace import PROGRESS_SECONDS, at_most_every


@queue.app.task(name=queue.EXCLUDE_FLAGGED)
def exclude_flagged(key: int) -> None:
    """Exclude everybody who has the flag that somebody asked for."""
    exclusion = flag_exclusions.claim(key=key)
    if exclusion is None:
        return
    report = at_most_every(PROGRESS_SECONDS, partial(flag_exclusions.record_progress, exclusion))
    reason = attempt(partial(flag_exclusions.run, exclusion=exclusion, report=report))
    if reason is not None:
        flag_exclusions.fail(exclusion=exclusion, reason=reason)
