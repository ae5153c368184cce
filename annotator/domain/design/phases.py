"""A rater's way through a study: which phases it has, where the rater is, and what moves them on.

The order is fixed; every phase but the ratings can be missing. A rater moves on when a phase is
complete, which is read off what they have stored: asking twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from annotator.domain.design import practice
from annotator.domain.rating.assignments import draw
from annotator.domain.rating.drawing import is_resting
from annotator.enums import Phase, StudyStatus
from annotator.models import Procedure, QuestionnaireResponse, Rater, Study

# Those a rater may come back to: to read again, and to change an answer.
_OPEN_AFTERWARDS = (Phase.INSTRUCTIONS, Phase.RATING)
_ENDS = (Phase.FINISHED, Phase.SCREENED_OUT)


def procedure_of(study: Study) -> Procedure:
    """The stored one, or a new one with the defaults."""
    return Procedure.objects.filter(study=study).first() or Procedure(study=study)


def phases_of(study: Study) -> list[Phase]:
    """In order; the ratings and the end are always among them."""
    procedure = procedure_of(study)
    practised = set(study.examples.order_by().values_list("phase", flat=True).distinct())
    has = {
        Phase.INSTRUCTIONS: procedure.shows_instructions,
        Phase.TRAINING: Phase.TRAINING in practised,
        Phase.QUALIFICATION: Phase.QUALIFICATION in practised,
        Phase.RATING: True,
        Phase.QUESTIONNAIRE: bool(procedure.questionnaire),
        Phase.FINISHED: True,
    }
    return [phase for phase in Phase if has.get(phase, False)]


def may_enter(rater: Rater, phase: Phase) -> bool:
    """Whether the rater is in this phase, or was and may look at it again; never when stopped."""
    if rater.stopped:
        return False
    if rater.phase == Phase.SCREENED_OUT:
        return phase == Phase.SCREENED_OUT
    order = list(Phase)
    passed = order.index(Phase(rater.phase)) > order.index(phase)
    return rater.phase == phase or (passed and phase in _OPEN_AFTERWARDS)


def finish_reading(*, rater: Rater) -> None:
    """The rater has read the instructions and goes on."""
    if rater.phase == Phase.INSTRUCTIONS:
        _move(rater, _after(rater, Phase.INSTRUCTIONS))


@transaction.atomic
def settle(*, rater: Rater) -> Phase:
    """Move the rater on from every phase that is complete. Returns where they are now."""
    rater.phase = Rater.objects.select_for_update().values_list("phase", flat=True).get(pk=rater.pk)
    while not rater.stopped and (goal := _goal(rater)) != rater.phase:
        _move(rater, goal)
    return Phase(rater.phase)


def _goal(rater: Rater) -> Phase:
    phase = Phase(rater.phase)
    if phase in _ENDS:
        return phase
    # Turned off by the researcher while this rater was in it.
    if phase not in phases_of(rater.study):
        return _after(rater, phase)
    return _GOALS[phase](rater)


def _after_training(rater: Rater) -> Phase:
    done = not practice.open_examples(rater=rater).exists()
    return _after(rater, Phase.TRAINING) if done else Phase.TRAINING


def _after_qualification(rater: Rater) -> Phase:
    outcome = practice.outcome(rater=rater)
    if outcome.passed:
        return _after(rater, Phase.QUALIFICATION)
    return Phase.SCREENED_OUT if outcome.failed_for_good else Phase.QUALIFICATION


def _after_ratings(rater: Rater) -> Phase:
    return _after(rater, Phase.RATING) if _ratings_are_over(rater) else Phase.RATING


def _ratings_are_over(rater: Rater) -> bool:
    if rater.study.status != StudyStatus.OPEN:
        return rater.study.status == StudyStatus.CLOSED
    return not draw(rater=rater, count=1) and not is_resting(rater)


def _after_questionnaire(rater: Rater) -> Phase:
    answered = QuestionnaireResponse.objects.filter(rater=rater).exists()
    return Phase.FINISHED if answered else Phase.QUESTIONNAIRE


_GOALS: dict[Phase, Callable[[Rater], Phase]] = {
    Phase.INSTRUCTIONS: lambda rater: Phase.INSTRUCTIONS,
    Phase.TRAINING: _after_training,
    Phase.QUALIFICATION: _after_qualification,
    Phase.RATING: _after_ratings,
    Phase.QUESTIONNAIRE: _after_questionnaire,
}


def _after(rater: Rater, phase: Phase) -> Phase:
    order = list(Phase)
    later = order[order.index(phase) + 1 :]
    return next(other for other in phases_of(rater.study) if other in later)


def _move(rater: Rater, phase: Phase) -> None:
    # Conditional: two tabs that move on at once move one step, not two.
    Rater.objects.filter(pk=rater.pk, phase=rater.phase).update(phase=phase)
    rater.phase = phase
