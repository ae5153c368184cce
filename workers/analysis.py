"""The numbers of large studies: what a page cannot compute while somebody waits for it."""

from __future__ import annotations

from functools import partial

from annotator import queue
from annotator.domain import analyses
from workers.edge import attempt
from workers.pace import PROGRESS_SECONDS, at_most_every


@queue.app.task(name=queue.ANALYSE)
def analyse(key: int) -> None:
    """Compute an analysis that was asked for, with the ratings as they are now."""
    analysis = analyses.claim(key)
    if analysis is None:
        return
    report = at_most_every(PROGRESS_SECONDS, partial(analyses.record_progress, analysis))
    reason = attempt(partial(analyses.run, analysis, report))
    if reason is not None:
        analyses.fail(analysis=analysis, reason=reason)
