"""A study's life: set up, items drawn by its plan, opened, paused, closed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotator.enums import ItemKind, StudyStatus
from annotator.errors import StudyNotReady, WrongStatus
from annotator.models import HeatMap, Invitation, Item, LogEntry, Rating, Study

_MAY_BECOME = {
    StudyStatus.OPEN: (StudyStatus.DRAFT, StudyStatus.PAUSED),
    StudyStatus.PAUSED: (StudyStatus.OPEN,),
    StudyStatus.CLOSED: (StudyStatus.OPEN, StudyStatus.PAUSED),
}


def log(*, study: Study, user: AbstractBaseUser | None, text: str, **detail: Any) -> LogEntry:
    return LogEntry.objects.create(study=study, user=user, text=text, detail=detail)  # type: ignore[misc]


# -- settings ------------------------------------------------------------------------------------

PICTURE_FIELDS = frozenset({"model", "steps", "guidance"})
PLAN_FIELDS = frozenset(
    {
        "parts_of_speech",
        "items_per_part_of_speech",
        "ratings_per_item",
        "seed",
        "shuffled_word_percent",
        "other_seed_percent",
        "random_blob_percent",
        "blank_percent",
    }
)
JUDGED_FIELDS = frozenset({"question", "labels", "instructions"})


def fixed_fields(*, study: Study) -> frozenset[str]:
    """What can no longer be changed, because something was made with it.

    Pictures of one study come from one model, its items from one plan, its ratings from one
    question.
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
        study.save(update_fields=changed)
        log(study=study, user=user, text=f"Settings changed: {', '.join(changed)}")


# -- status --------------------------------------------------------------------------------------


@transaction.atomic
def open_study(*, study: Study, user: AbstractBaseUser | None) -> int:
    """Draw what the plan still lacks and let raters in. Returns how many items the study has.

    Raises `StudyNotReady` while pictures are being made (a draw from half of them could not be
    repeated) and when there is nothing to rate.
    """
    study = _locked(study)
    unfinished = study.generations.unfinished().count()
    if unfinished:
        raise StudyNotReady(
            f"{unfinished} pictures are still being made. Open the study when they are done, so "
            "that its items are drawn from all of them."
        )
    drawn = draw_items(study=study)
    total = study.items.count()
    if not total:
        raise StudyNotReady(
            "There is nothing to rate: no finished picture has a word of the chosen parts of "
            "speech. Upload prompts first, or choose other parts of speech."
        )
    _change_status(study, StudyStatus.OPEN)
    log(study=study, user=user, text=f"Opened with {total} items", drawn=drawn)
    return total


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


def _change_status(study: Study, status: StudyStatus) -> None:
    if study.status not in _MAY_BECOME[status]:
        raise WrongStatus(
            f"A study that is {study.get_status_display()} cannot become {status.label}."
        )
    study.status = status
    study.save(update_fields=["status"])


# -- invitations ---------------------------------------------------------------------------------


def invite(*, study: Study, note: str = "") -> Invitation:
    return Invitation.objects.create(study=study, note=note)


def revoke(*, invitation: Invitation) -> None:
    """The link stops working, also for raters who came through it. Their ratings stay."""
    Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=True).update(
        revoked_at=timezone.now()
    )


# -- items ---------------------------------------------------------------------------------------


@transaction.atomic
def draw_items(*, study: Study) -> int:
    """Fill every stratum of the plan up to its size from the heat maps at hand.

    The draw is a function of the study's seed and of the words (their prompts' texts and seeds and
    their places), not of database keys or of the order in which pictures were finished: the same
    prompts and the same seed give the same items anywhere. Returns how many were added.
    """
    chosen: list[HeatMap] = []
    for pos in study.parts_of_speech:
        taken = study.items.filter(pos=pos, kind=ItemKind.REAL).count()
        chosen += _lowest_tickets(study, pos)[: max(0, study.items_per_part_of_speech - taken)]
    last = study.items.aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    ordered = sorted(chosen, key=lambda heat_map: _ticket(study, heat_map, "order"))
    Item.objects.bulk_create(
        [
            Item(
                study=study,
                heat_map=heat_map,
                pos=heat_map.word.pos,
                position=position,
                ratings_wanted=study.ratings_per_item,
                free_slots=study.ratings_per_item,
            )
            for position, heat_map in enumerate(ordered, start=first)
        ],
        batch_size=500,
    )
    return len(ordered)


def _lowest_tickets(study: Study, pos: str) -> list[HeatMap]:
    candidates = (
        HeatMap.objects.filter(generation__study=study, word__pos=pos)
        .exclude(items__study=study, items__kind=ItemKind.REAL)
        .select_related("word__prompt")
    )
    return sorted(candidates, key=lambda heat_map: _ticket(study, heat_map, "draw"))


def _ticket(study: Study, heat_map: HeatMap, purpose: str) -> bytes:
    """A uniform number of this word's own: hashing makes the draw independent of listing order."""
    word, prompt = heat_map.word, heat_map.word.prompt
    text = f"{study.seed}\0{purpose}\0{prompt.text}\0{prompt.seed}\0{word.index}"
    return hashlib.sha256(text.encode()).digest()
