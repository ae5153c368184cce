"""Examples with known answers, chosen by the researcher from the study's own pictures."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from annotator.domain.study_log import log
from annotator.errors import WrongStatus
from annotator.models import Example, Procedure, Rating, Study

# What every rater of a study must have met alike.
FIXED_BY_RATINGS = frozenset({"asks_consent", "shows_instructions", "pass_mark", "attempts"})


def are_fixed(*, study: Study) -> bool:
    """Whether raters have already rated by these examples, so that all must see the same."""
    return Rating.objects.in_study(study).exists()


@transaction.atomic
def add_example(*, example: Example, user: AbstractBaseUser) -> Example:
    """Store a new example, filled in but not saved yet. Raises `WrongStatus`."""
    _refuse_if_fixed(example.study)
    example.save()
    log(study=example.study, user=user, text=f"Example added: {example.get_phase_display()}")
    return example


@transaction.atomic
def remove_example(*, example: Example, user: AbstractBaseUser) -> None:
    """Raises `WrongStatus`."""
    _refuse_if_fixed(example.study)
    log(study=example.study, user=user, text=f"Example removed: {example.get_phase_display()}")
    example.delete()


@transaction.atomic
def change_procedure(*, procedure: Procedure, user: AbstractBaseUser, changed: list[str]) -> None:
    """Store a study's phases. What is asked and what passes is fixed by the first rating."""
    fixed = set(changed) & FIXED_BY_RATINGS
    if fixed and are_fixed(study=procedure.study):
        raise WrongStatus(
            f"Raters have begun, and these can no longer be changed: {', '.join(sorted(fixed))}."
        )
    procedure.save()
    if changed:
        log(study=procedure.study, user=user, text=f"Phases changed: {', '.join(changed)}")


def _refuse_if_fixed(study: Study) -> None:
    if are_fixed(study=study):
        raise WrongStatus(
            "Raters have rated by these examples already, so they can no longer be changed."
        )
