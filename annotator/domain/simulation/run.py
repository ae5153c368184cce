"""Simulated raters: a study full of answers before any person has seen it.

They come in through the same doors as people (join, draw, submit), so a simulated study obeys every
rule of a real one. Their rows are marked, and they claim to have seen no colours and no opacity.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from annotator.domain.design import studies
from annotator.domain.raters.recruitment import join_study
from annotator.domain.rating.assignments import Answer, begin_session, draw, submit_rating
from annotator.domain.rating.drawing import is_resting
from annotator.domain.simulation.crowd import (
    DEFAULT_SHARES,
    HABITS,
    Judgement,
    SimulatedRater,
    recruit,
)
from annotator.enums import InputMethod, Phase, StudyStatus
from annotator.errors import WrongStatus
from annotator.models import Invitation, Rater, Study

CONSENT = "Simulated rater; nobody was asked."
# Loading a picture before it can be judged, and looking up after an answer.
_LOADING = timedelta(milliseconds=120)
_BETWEEN = timedelta(milliseconds=350)
_LONGEST_AGO = timedelta(hours=3)

Report = Callable[[int], None]


@dataclass(frozen=True)
class _Seat:
    """A simulated rater at work: who they are in the study, how they judge, their clock."""

    rater: Rater
    mind: SimulatedRater
    clock: datetime


def simulate_raters(
    *,
    study: Study,
    raters: int,
    seed: int,
    shares: tuple[float, ...] = DEFAULT_SHARES,
    on_progress: Report | None = None,
) -> int:
    """Let simulated raters answer until nothing is left for them. Returns how many answers.

    The same study and seed give the same answers: scores and reaction times depend on the seed
    and on what the items show. `shares` are those of careful, noisy, straight-lining, speeding and
    adversarial raters. `on_progress` is told the number of answers so far. Raises `WrongStatus`.
    """
    study = check_simulation(study, shares)
    invitation = rehearsal_invitation(study)
    waiting = [_seat(invitation, seed, number, shares) for number in range(raters)]
    answers = 0
    while waiting:
        # In turns, one item each: raters work side by side, not one after the other.
        working = []
        for seat in waiting:
            later = _answer_one(seat, seed)
            if later is None:
                continue
            working.append(later)
            answers += 1
            if on_progress is not None:
                on_progress(answers)
        waiting = working
    return answers


def check_simulation(study: Study, shares: tuple[float, ...]) -> Study:
    """The study as it is now. Raises `ValueError` for shares that are none, and `WrongStatus`."""
    if len(shares) != len(HABITS) or min(shares) < 0 or not sum(shares):
        raise ValueError(f"Give {len(HABITS)} shares, none negative and not all zero.")
    study = Study.objects.get(pk=study.pk)  # its status may have changed since it was read
    if study.status != StudyStatus.OPEN:
        raise WrongStatus("Open the study first: simulated raters come in as people do.")
    return study


def rehearsal_invitation(study: Study) -> Invitation:
    """A link whose raters are marked as simulated, whoever comes in by it."""
    found = study.invitations.filter(rehearsal=True, revoked_at=None, quota=None).first()
    return found or studies.invite(study=study, note="simulated raters", rehearsal=True)


def _seat(invitation: Invitation, seed: int, number: int, shares: tuple[float, ...]) -> _Seat:
    mind = recruit(seed, number, shares)
    rater = join_study(invitation=invitation, consent_text=CONSENT)
    began = rater.consented_at - _LONGEST_AGO * (0.5 + 0.5 * mind.rng.random())
    Rater.objects.filter(pk=rater.pk).update(consented_at=began, phase=Phase.RATING)
    return _Seat(Rater.objects.select_related("study").get(pk=rater.pk), mind, began)


def _answer_one(seat: _Seat, seed: int) -> _Seat | None:
    """One item drawn and answered; None when there is none left for this rater."""
    drawn = draw(rater=seat.rater, count=1, at=seat.clock)
    if not drawn and is_resting(seat.rater):
        begin_session(rater=seat.rater)
        drawn = draw(rater=seat.rater, count=1, at=seat.clock)
    if not drawn:
        return None
    (assignment,) = drawn
    judgement = seat.mind.judge(assignment.item, seed)
    painted = seat.clock + _LOADING
    answered = painted + timedelta(milliseconds=judgement.reaction_ms)
    answer = _answer(judgement, painted)
    submit_rating(assignment=assignment, answer=answer, at=answered)
    return replace(seat, clock=answered + _BETWEEN)


def _answer(judgement: Judgement, painted: datetime) -> Answer:
    return Answer(
        answer_id=uuid.uuid4(),
        score=judgement.score,
        opt_out=judgement.opt_out,
        painted_at=painted,
        reaction_ms=judgement.reaction_ms,
        input_method=InputMethod.SIMULATED,
    )
