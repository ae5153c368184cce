"""Raters who are stopped in the middle of a study, and let go on again.

A stopped rater keeps their answers and their phase, holds no places and is given none.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from annotator.domain.rating.assignments import return_assignments
from annotator.domain.study_log import log
from annotator.enums import Stop
from annotator.models import Rater


@transaction.atomic
def stop(*, rater: Rater, why: Stop) -> None:
    """Once: who is stopped already keeps the first reason."""
    # Locked as a draw locks it: one that is under way ends before its items are given back.
    locked = Rater.objects.select_for_update(no_key=True).get(pk=rater.pk)
    if locked.stopped:
        return
    Rater.objects.filter(pk=rater.pk).update(stopped=why)
    rater.stopped = why
    returned = return_assignments(rater=rater)
    text = f"Rater {rater.pseudonym} stopped: {why.label}"
    log(study=rater.study, user=None, text=text, rater=rater.pseudonym, returned=returned)


@transaction.atomic
def resume(*, rater: Rater, user: AbstractBaseUser | None = None) -> None:
    """Let a stopped rater go on where they were."""
    if Rater.objects.filter(pk=rater.pk).exclude(stopped="").update(stopped=""):
        text = f"Rater {rater.pseudonym} may go on"
        log(study=rater.study, user=user, text=text, rater=rater.pseudonym)
    rater.stopped = ""
