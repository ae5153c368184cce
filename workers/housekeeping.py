"""What must be done now and then whoever is looking. Started by the clock in `workers.app`."""

from __future__ import annotations

from annotator import queue
from annotator.domain import analyses, experiments, mask_comparisons, table_sizes
from annotator.domain.elsewhere import files
from annotator.domain.export import snapshots
from annotator.domain.material import generations, prompts
from annotator.domain.monitoring import flag_exclusions
from annotator.domain.rating import assignments


@queue.app.task(name=queue.RESEND_STUCK)
def resend_stuck() -> None:
    """Make good what lost messages and dead workers have left behind."""
    generations.resend_stuck()
    prompts.resend_stuck()
    experiments.resend_stuck()
    analyses.resend_stuck()
    mask_comparisons.resend_stuck()
    flag_exclusions.resend_stuck()
    snapshots.resend_stuck()
    files.resend_stuck()


@queue.app.task(name=queue.EXPIRE_ASSIGNMENTS)
def expire_assignments() -> None:
    """Give overdue items to other raters."""
    assignments.expire_assignments()


@queue.app.task(name=queue.DROP_OLD)
def drop_old() -> None:
    """Forget files nobody came back for, and numbers nobody has looked at for long."""
    prompts.drop_old_uploads()
    files.drop_old()
    analyses.drop_old()


@queue.app.task(name=queue.MEASURE_TABLES)
def measure_tables() -> None:
    """Let a database that has grown plan anew."""
    table_sizes.refresh()
