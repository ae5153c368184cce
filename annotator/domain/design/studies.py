"""A study's life: set up, items drawn by its plan, opened, paused, closed."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.domain.design import plan
from annotator.domain.material import generations
from annotator.domain.study_log import log
from annotator.enums import StudyStatus
from annotator.errors import StudyNotReady, WrongStatus
from annotator.models import Invitation, Rating, Study
from annotator.models.display import DISPLAY_FIELDS

_MAY_BECOME = {
    StudyStatus.OPEN: (StudyStatus.DRAFT, StudyStatus.PAUSED),
    StudyStatus.PAUSED: (StudyStatus.OPEN,),
    StudyStatus.CLOSED: (StudyStatus.OPEN, StudyStatus.PAUSED),
}


# -- settings ------------------------------------------------------------------------------------

# An absent word is asked about while the picture is painted.
PICTURE_FIELDS = frozenset({"model", "steps", "guidance", "absent_word_percent", "conditions"})
PLAN_FIELDS = frozenset(
    {
        "task",
        "parts_of_speech",
        "items_per_part_of_speech",
        "ratings_per_item",
        "seed",
        "shuffled_word_percent",
        "other_seed_percent",
        "random_blob_percent",
        "blank_percent",
        "within_raters",
    }
)
JUDGED_FIELDS = frozenset({*DISPLAY_FIELDS, "question", "labels", "instructions"})


# Of a study and not of its results: these can be changed as long as raters come.
FREE_FIELDS = frozenset(
    {
        "name",
        "consent_text",
        "items_per_rater",
        "rater_share_percent",
        "items_per_session",
        "assignment_minutes",
        "gold_percent",
        "repeat_percent",
        "check_rule",
        "pay_amount",
        "pay_currency",
        "pay_per",
    }
)


def why_fixed(field: str) -> str:
    """What a setting was used for, after which it cannot be changed; empty where it always can."""
    if field == "seed":
        return _("Prompts got their seeds from it, or items were drawn by it.")
    if field in PICTURE_FIELDS:
        return _("Pictures were made with it.")
    if field in PLAN_FIELDS:
        return _("Items were drawn by it.")
    return _("Raters have answered under it.") if field in JUDGED_FIELDS else ""


def until_when(field: str) -> str:
    """Until when a setting can be changed; empty where it always can."""
    if field == "seed":
        return _("Can be changed until prompts are imported.")
    if field in PICTURE_FIELDS:
        return _("Can be changed until the first picture is made.")
    if field in PLAN_FIELDS:
        return _("Can be changed until the study is opened.")
    return _("Can be changed until the first rating.") if field in JUDGED_FIELDS else ""


def fixed_fields(*, study: Study) -> frozenset[str]:
    """What can no longer be changed, because something was made with it.

    Pictures of one study come from one model, its items from one plan, its ratings from one
    question and one way to show the maps.
    """
    if study.pk is None:
        return frozenset()
    fixed: frozenset[str] = frozenset()
    # Prompts that came without a seed got theirs from the study's.
    if study.prompts.exists():
        fixed |= {"seed"}
    if study.generations.done().exists():
        fixed |= PICTURE_FIELDS
    if study.items.exists():
        fixed |= PLAN_FIELDS
    if Rating.objects.in_study(study).exists():
        fixed |= JUDGED_FIELDS
    return fixed


@transaction.atomic
def create_study(*, study: Study, owner: AbstractBaseUser) -> Study:
    """Store a new study, filled in but not saved yet."""
    study.owner = owner  # type: ignore[assignment]
    study.save()
    log(study=study, user=owner, text="Created")
    return study


@transaction.atomic
def change_settings(*, study: Study, user: AbstractBaseUser, changed: Sequence[str]) -> None:
    """Store these fields of the study and no others: its status may have changed meanwhile."""
    locked = _locked(study)
    fixed = fixed_fields(study=locked) & set(changed)
    if fixed:
        raise WrongStatus(
            f"The study has gone on meanwhile, and these can no longer be changed: "
            f"{', '.join(sorted(fixed))}. Reload the page."
        )
    if "consent_text" in changed:
        study.consent_version = locked.consent_version + 1
        study.save(update_fields=["consent_version"])
    if changed:
        changes = {name: [getattr(locked, name), getattr(study, name)] for name in changed}
        study.save(update_fields=changed)
        if {"model", "conditions"} & set(changed):
            generations.request_anew(study=study)
        text = f"Settings changed: {', '.join(changed)}"
        log(study=study, user=user, text=text[:500], changes=changes)


# -- status --------------------------------------------------------------------------------------


def open_study(*, study: Study, user: AbstractBaseUser | None) -> int:
    """Draw what the plan still lacks and let raters in. Returns how many items the study has.

    Raises `StudyNotReady` while pictures are being made (a draw from half of them could not be
    repeated) and when there is nothing to rate. Where controls need second pictures, these are
    asked for first, once.
    """
    asked_for = _ask_for_second_pictures(study)
    if asked_for:
        raise StudyNotReady(
            f"{asked_for} second pictures are being made now, for the controls that show another "
            "picture's map. Open the study again when they are done."
        )
    return _open(study, user)


@transaction.atomic
def _ask_for_second_pictures(study: Study) -> int:
    study = _locked(study)
    _check_status(study, StudyStatus.OPEN)
    _check_pictures(study)
    return plan.request_other_seeds(study)


def _check_pictures(study: Study) -> None:
    unfinished = study.generations.unfinished().count()
    if unfinished:
        raise StudyNotReady(
            f"{unfinished} pictures are still being made. Open the study when they are done, so "
            "that its items are drawn from all of them."
        )


@transaction.atomic
def _open(study: Study, user: AbstractBaseUser | None) -> int:
    study = _locked(study)
    _check_pictures(study)
    try:
        drawn = plan.draw_items(study=study)
    except FileNotFoundError as missing:
        raise StudyNotReady(
            f"A file of heat maps is missing ({missing}). Restore the folder of media files from "
            "your backup, then open the study again."
        ) from missing
    total = study.items.count()
    if not total:
        raise StudyNotReady(_why_nothing(study))
    _change_status(study, StudyStatus.OPEN)
    log(study=study, user=user, text=f"Opened with {total} items", drawn=drawn)
    return total


def _why_nothing(study: Study) -> str:
    if study.conditions:
        return (
            "There is nothing to rate: no word of the chosen parts of speech has a map under every "
            "condition. Upload prompts first, see below which pictures failed, or choose other "
            "parts of speech."
        )
    return (
        "There is nothing to rate: no finished picture has a word of the chosen parts of "
        "speech. Upload prompts first, or choose other parts of speech."
    )


@transaction.atomic
def pause_study(*, study: Study, user: AbstractBaseUser | None) -> None:
    _change_status(_locked(study), StudyStatus.PAUSED)
    log(study=study, user=user, text="Paused")


@transaction.atomic
def close_study(*, study: Study, user: AbstractBaseUser | None) -> None:
    _change_status(_locked(study), StudyStatus.CLOSED)
    log(study=study, user=user, text="Closed")


def _locked(study: Study) -> Study:
    return Study.objects.select_for_update().get(pk=study.pk)


def _check_status(study: Study, status: StudyStatus) -> None:
    if study.status not in _MAY_BECOME[status]:
        raise WrongStatus(
            f"A study that is {study.get_status_display()} cannot become {status.label}."
        )


def _change_status(study: Study, status: StudyStatus) -> None:
    _check_status(study, status)
    study.status = status
    study.save(update_fields=["status"])


# -- invitations ---------------------------------------------------------------------------------


def invite(
    *, study: Study, note: str = "", quota: int | None = None, rehearsal: bool = False
) -> Invitation:
    return Invitation.objects.create(study=study, note=note, quota=quota, rehearsal=rehearsal)


def revoke(*, invitation: Invitation) -> None:
    """The link stops working, also for raters who came through it. Their ratings stay."""
    Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=True).update(
        revoked_at=timezone.now()
    )
