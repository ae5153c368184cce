"""What surrounds a study's ratings: the phases a rater goes through, and what they did there."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from annotator.enums import OptOut, Phase
from annotator.models.generation import HeatMap
from annotator.models.prompt import Word
from annotator.models.rating import Rater
from annotator.models.study import SCORES, Study


class Procedure(models.Model):
    """Which phases a study has. Training and qualification are there where they have examples."""

    study = models.OneToOneField(Study, models.CASCADE, related_name="procedure")
    asks_consent = models.BooleanField(_("Ask for consent"), default=True)
    shows_instructions = models.BooleanField(_("Show instructions"), default=True)
    pass_mark = models.PositiveSmallIntegerField(
        _("pass mark, in per cent"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    attempts = models.PositiveSmallIntegerField(
        _("attempts"), default=2, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    # As `domain.design.questionnaire` reads it.
    questionnaire: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    debrief = models.TextField(_("debriefing"), blank=True)

    def __str__(self) -> str:
        return f"procedure of {self.study_id}"


class ExampleQuerySet(models.QuerySet["Example"]):
    def of(self, phase: Phase) -> ExampleQuerySet:
        return self.filter(phase=phase)

    def shown(self) -> ExampleQuerySet:
        """With all that a page shows of them."""
        return self.select_related("word__prompt", "heat_map__generation", "heat_map__word")


class Example(models.Model):
    """A word and a heat map judged beforehand: the accepted answers, and why.

    Shown with its answer in the instructions, answered and then explained in training, answered and
    counted in qualification. The map may be another word's of the same picture: that is how a bad
    one is made on purpose.
    """

    PHASES = (Phase.INSTRUCTIONS, Phase.TRAINING, Phase.QUALIFICATION)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="examples")
    phase = models.CharField(max_length=13, choices=[(phase, phase.label) for phase in PHASES])
    word = models.ForeignKey(Word, models.CASCADE, related_name="+")
    heat_map = models.ForeignKey(HeatMap, models.CASCADE, related_name="+")
    lowest = models.PositiveSmallIntegerField(null=True)
    highest = models.PositiveSmallIntegerField(null=True)
    opt_out = models.CharField(max_length=20, choices=OptOut.choices, blank=True)
    explanation = models.TextField(_("why"), blank=True)

    objects = ExampleQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    opt_out="",
                    lowest__gte=SCORES[0],
                    highest__gte=F("lowest"),
                    highest__lte=SCORES[-1],
                )
                | (~Q(opt_out="") & Q(lowest=None, highest=None)),
                name="example_accepts_scores_or_an_opt_out",
            ),
        )

    def __str__(self) -> str:
        return f"{self.phase}: {self.word_id}"

    @property
    def accepted(self) -> list[int]:
        """The scores that are right; none where only an opt-out is."""
        if self.lowest is None or self.highest is None:
            return []
        return list(range(self.lowest, self.highest + 1))

    def accepts(self, score: int | None, opt_out: str) -> bool:
        return score in self.accepted if score is not None else opt_out == self.opt_out


class PracticeAnswer(models.Model):
    """An answer given in training or qualification: never among the ratings.

    The first answer to an example counts; `attempt` is the qualification's, from 0.
    """

    rater = models.ForeignKey(Rater, models.CASCADE, related_name="practice_answers")
    example = models.ForeignKey(Example, models.CASCADE, related_name="answers")
    attempt = models.PositiveSmallIntegerField(default=0)
    answer_id = models.UUIDField(unique=True)
    score = models.PositiveSmallIntegerField(null=True)
    opt_out = models.CharField(max_length=20, choices=OptOut.choices, blank=True)
    right = models.BooleanField()
    reaction_ms = models.PositiveIntegerField(null=True)
    submitted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("rater", "example", "attempt"), name="practice_answered_once_per_attempt"
            ),
        )

    def __str__(self) -> str:
        return f"{self.example_id} by {self.rater_id}: {self.score or self.opt_out}"


class QuestionnaireResponse(models.Model):
    """A rater's answers to the study's questionnaire, by the questions' names."""

    rater = models.OneToOneField(Rater, models.CASCADE, related_name="questionnaire_response")
    answers: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    submitted_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"questionnaire of {self.rater_id}"
