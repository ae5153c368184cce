"""Training and qualification: answers to examples, kept apart from the ratings."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.db import transaction
from django.db.models import F

from annotator.domain.rating.assignments import Answer
from annotator.enums import Phase
from annotator.errors import WrongPhase
from annotator.models import Example, PracticeAnswer, Procedure, Rater
from annotator.models.phase import ExampleQuerySet

PRACTISED = (Phase.TRAINING, Phase.QUALIFICATION)


@dataclass(frozen=True)
class Outcome:
    """How an attempt at the qualification stands. `needed` right answers of `total` pass."""

    right: int
    answered: int
    total: int
    needed: int
    attempts_left: int

    @property
    def complete(self) -> bool:
        return self.answered >= self.total

    @property
    def passed(self) -> bool:
        return self.complete and self.right >= self.needed

    @property
    def failed(self) -> bool:
        return self.complete and not self.passed

    @property
    def failed_for_good(self) -> bool:
        return self.failed and not self.attempts_left


def open_examples(*, rater: Rater) -> ExampleQuerySet:
    """What the rater has still to answer of the training or of this attempt, in order."""
    answered = rater.practice_answers.filter(attempt=_attempt(rater)).values("example")
    examples = rater.study.examples.filter(phase=rater.phase).exclude(pk__in=answered)
    return examples.shown()


def outcome(*, rater: Rater) -> Outcome:
    """Of the rater's present attempt at the qualification."""
    total = rater.study.examples.of(Phase.QUALIFICATION).count()
    given = rater.practice_answers.filter(
        example__phase=Phase.QUALIFICATION, attempt=rater.qualification_attempt
    )
    procedure = Procedure.objects.filter(study=rater.study).first() or Procedure()
    return Outcome(
        right=given.filter(right=True).count(),
        answered=given.count(),
        total=total,
        needed=ceil(total * procedure.pass_mark / 100),
        attempts_left=max(0, procedure.attempts - rater.qualification_attempt - 1),
    )


@transaction.atomic
def answer_example(*, rater: Rater, example: Example, answer: Answer) -> PracticeAnswer:
    """Store an answer once; a second answer to the same example in one attempt changes nothing.

    Raises `WrongPhase` where the rater is not in the example's phase.
    """
    stored = PracticeAnswer.objects.filter(rater=rater, answer_id=answer.answer_id).first()
    if stored is not None:
        return stored
    if rater.phase != example.phase:
        raise WrongPhase
    first, _ = PracticeAnswer.objects.get_or_create(
        rater=rater,
        example=example,
        attempt=_attempt(rater),
        defaults={
            "answer_id": answer.answer_id,
            "score": answer.score,
            "opt_out": answer.opt_out,
            "right": example.accepts(answer.score, answer.opt_out),
            "reaction_ms": answer.reaction_ms,
        },
    )
    return first


@transaction.atomic
def try_again(*, rater: Rater) -> None:
    """Begin another attempt at the qualification, where one was failed and another is left."""
    locked = Rater.objects.select_for_update().select_related("study").get(pk=rater.pk)
    now = outcome(rater=locked)
    if locked.phase == Phase.QUALIFICATION and now.failed and now.attempts_left:
        Rater.objects.filter(pk=rater.pk).update(
            qualification_attempt=F("qualification_attempt") + 1
        )


def _attempt(rater: Rater) -> int:
    return rater.qualification_attempt if rater.phase == Phase.QUALIFICATION else 0
