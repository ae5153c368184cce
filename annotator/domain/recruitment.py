"""How raters come into a study."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotator.domain import phases
from annotator.enums import StudyStatus
from annotator.errors import StudyNotOpen
from annotator.models import Invitation, Rater, Study


@transaction.atomic
def join_study(
    *, invitation: Invitation, consent_text: str, consent_version: int = 1, simulated: bool = False
) -> Rater:
    """A new rater, who just agreed to `consent_text`. Their number tells their order of the items.

    The text is empty and its version 0 where the study asks for no consent. Those who join at the
    same moment do so one after the other: the study's row is locked.
    """
    study = Study.objects.select_for_update(no_key=True).get(pk=invitation.study_id)
    if study.status != StudyStatus.OPEN:
        raise StudyNotOpen
    last = study.raters.aggregate(last=Max("number"))["last"]
    return Rater.objects.create(
        study=study,
        invitation=invitation,
        consented_at=timezone.now(),
        consent_text=consent_text,
        consent_version=consent_version,
        phase=phases.phases_of(study)[0],
        number=0 if last is None else last + 1,
        simulated=simulated,
    )
