"""How raters come into a study: links, their quotas, and panels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from annotator.domain.design import phases
from annotator.domain.design.studies import invite
from annotator.domain.export import Row, guard_cell
from annotator.domain.raters.join_limit import count_join
from annotator.domain.raters.panels import Arrival
from annotator.domain.raters.stopping import resume
from annotator.domain.study_log import log
from annotator.enums import Stop, StudyStatus
from annotator.errors import InvitationUsed, StudyNotOpen
from annotator.models import Invitation, PanelLink, Participant, Rater, Study


@transaction.atomic
def join_study(
    *,
    invitation: Invitation,
    consent_text: str,
    consent_version: int = 1,
    arrival: Arrival | None = None,
    address: str = "",
) -> Rater:
    """A new rater, who just agreed to `consent_text`. Their number tells their order of the items.

    The text is empty and its version 0 where the study asks for no consent. Who arrives from a
    panel a second time is the rater they were. Those who join at the same moment do so one after
    the other: the study's row is locked. Not too many may join from one `address`. Raises
    `StudyNotOpen`, `InvitationUsed` and `TooManyJoins`.
    """
    study = Study.objects.select_for_update(no_key=True).get(pk=invitation.study_id)
    if study.status != StudyStatus.OPEN:
        raise StudyNotOpen
    known = arrival and find_participant(study=study, arrival=arrival)
    if known:
        return known
    count_join(invitation=invitation, address=address, at=timezone.now())
    _take_place(invitation)
    last = study.raters.aggregate(last=Max("number"))["last"]
    rater = Rater.objects.create(
        study=study,
        invitation=invitation,
        consented_at=timezone.now(),
        consent_text=consent_text,
        consent_version=consent_version,
        phase=phases.phases_of(study)[0],
        number=0 if last is None else last + 1,
        simulated=invitation.rehearsal,
    )
    if arrival:
        named = {name: value for name, value in asdict(arrival).items() if name != "preview"}
        Participant.objects.create(rater=rater, study=study, **named)
    return rater


def _take_place(invitation: Invitation) -> None:
    """One of the link's places, by a conditional update: a quota holds whoever comes at once."""
    free = Invitation.objects.filter(Q(quota=None) | Q(joined__lt=F("quota")), pk=invitation.pk)
    if not free.update(joined=F("joined") + 1):
        raise InvitationUsed


def find_participant(*, study: Study, arrival: Arrival) -> Rater | None:
    """The rater this person of a panel already is in the study, if any.

    Where they take part anew, it is the new submission that is to be paid and released.
    """
    found = Participant.objects.select_related("rater__invitation", "rater__study").filter(
        study=study, panel=arrival.panel, identifier=arrival.identifier
    )
    participant = found.first()
    if participant is None:
        return None
    anew = participant.submission != arrival.submission
    for name in ("panel_study", "submission", "return_to", "signed"):
        setattr(participant, name, getattr(arrival, name))
    if anew:
        participant.status, participant.status_at = "", None
    participant.save()
    if anew and participant.rater.stopped == Stop.RETURNED:
        resume(rater=participant.rater)
    return participant.rater


# -- links ---------------------------------------------------------------------------------------


@transaction.atomic
def make_links(
    *,
    study: Study,
    user: AbstractBaseUser,
    note: str,
    quota: int | None,
    count: int,
    rehearsal: bool = False,
) -> list[Invitation]:
    """`count` links, each for `quota` raters, or for any number."""
    made = [invite(study=study, note=note, quota=quota, rehearsal=rehearsal) for _ in range(count)]
    log(study=study, user=user, text=f"{count} links made", note=note, quota=quota)
    return made


@transaction.atomic
def set_panel(*, link: PanelLink, user: AbstractBaseUser) -> None:
    link.save()
    study = link.invitation.study
    log(study=study, user=user, text=f"A link is for {link.get_panel_display()}")


# -- identities ----------------------------------------------------------------------------------


def identity_rows(*, study: Study, user: AbstractBaseUser) -> Iterator[Row]:
    """Who the raters are on their panels. Taking them out is logged."""
    log(study=study, user=user, text="Panel identities exported")
    return _identity_rows(study)


def _identity_rows(study: Study) -> Iterator[Row]:
    yield ["rater_id", "panel", "identifier", "panel_study", "submission", "signed", "status"]
    for found in study.participants.select_related("rater").order_by("pk"):
        names = (found.panel, found.identifier, found.panel_study, found.submission)
        signed = str(found.signed).lower()
        yield [found.rater.pseudonym, *map(guard_cell, names), signed, found.status]
