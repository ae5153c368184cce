"""The study's own rule on raters who fail its gold items or controls: off, noted, or stopped.

It acts on a rater once, is logged with what it rests on, and a person can take it back: whoever is
let go on is not stopped by it again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from annotator.domain.monitoring.quality import Measure, quality_of
from annotator.domain.raters.stopping import stop
from annotator.domain.rating import assignments
from annotator.domain.study_log import log
from annotator.enums import CheckRule, Flag, Stop
from annotator.models import Assignment, Rater

CHECKS = (Flag.FAILED_GOLD, Flag.FAILED_CONTROLS)


def next_items(*, rater: Rater, count: int, at: datetime | None = None) -> list[Assignment]:
    """What `assignments.draw` gives, after the rule was followed: none for one it stops."""
    if rater.study.check_rule != CheckRule.OFF and rater.checks_failed_at is None:
        follow(rater=rater)
    return assignments.draw(rater=rater, count=count, at=at)


def follow(*, rater: Rater) -> list[Measure]:
    """Do what the rule says where the rater fails a check now. Returns the checks failed."""
    (found,) = quality_of([rater])
    failed = [measure for measure in found.flags if measure.flag in CHECKS]
    if failed:
        _act(rater, failed)
    return failed


@transaction.atomic
def _act(rater: Rater, failed: list[Measure]) -> None:
    untouched = Rater.objects.filter(pk=rater.pk, checks_failed_at=None)
    if not untouched.update(checks_failed_at=timezone.now()):
        return
    values = [f"{one.flag.label} ({one.value:.2f}, n = {one.n})" for one in failed]
    text = f"Rater {rater.pseudonym} fails the checks: {', '.join(values)}"
    log(study=rater.study, user=None, text=text[:500], rater=rater.pseudonym)
    if rater.study.check_rule == CheckRule.STOP:
        stop(rater=rater, why=Stop.FAILED_CHECKS)
