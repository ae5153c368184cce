from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotator.enums import CheckRule, PartOfSpeech, PayPer, StudyStatus, Task
from annotator.models.condition import Condition, all_differ, are_conditions
from annotator.models.display import Display
from annotator.models.validators import (
    are_five_labels,
    are_parts_of_speech,
    is_currency,
    is_guidance,
    names_the_word,
)

SCORES = range(1, 6)
DEFAULT_LABELS = ("Bad", "Poor", "Fair", "Good", "Excellent")
DEFAULT_QUESTIONS = {
    Task.RATING: "How well does the highlighting show what “{word}” refers to in this picture?",
    Task.SEGMENTATION: "Where in this picture is what “{word}” refers to? Paint over all of it.",
    Task.PRESENCE: "Which of these things are in this picture?",
}
# The six parts of speech whose maps survived the paper's exclusions.
DEFAULT_PARTS_OF_SPEECH = (
    PartOfSpeech.NOUN,
    PartOfSpeech.PROPN,
    PartOfSpeech.VERB,
    PartOfSpeech.ADJ,
    PartOfSpeech.ADV,
    PartOfSpeech.NUM,
)


def default_labels() -> list[str]:
    return list(DEFAULT_LABELS)


def default_parts_of_speech() -> list[str]:
    return [part.value for part in DEFAULT_PARTS_OF_SPEECH]


def _percent(label: Any) -> models.PositiveSmallIntegerField[int, int]:
    return models.PositiveSmallIntegerField(label, default=0, validators=[MaxValueValidator(100)])


class StudyQuerySet(models.QuerySet["Study"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> StudyQuerySet:
        """Their own; an admin sees all."""
        if not user.is_authenticated:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        return self.filter(owner=user)

    def open(self) -> StudyQuerySet:
        return self.filter(status=StudyStatus.OPEN)


class Study(Display):
    """One question, one scale, one way to show maps, one sampling plan, one set of items.

    `status` is changed by `domain.design.studies` only.
    """

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="studies")
    status = models.CharField(
        max_length=10, choices=StudyStatus.choices, default=StudyStatus.DRAFT, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    task = models.CharField(_("task"), max_length=12, choices=Task.choices, default=Task.RATING)
    # What raters are asked. `{word}` in the question is the judged word.
    question = models.CharField(
        _("question"),
        max_length=300,
        default=DEFAULT_QUESTIONS[Task.RATING],
    )
    labels = models.JSONField(
        _("labels of the five points"), default=default_labels, validators=[are_five_labels]
    )
    consent_text = models.TextField(_("consent"), blank=True)
    # Counts the changes of that text, so that raters' copies can be told apart.
    consent_version = models.PositiveIntegerField(default=1, editable=False)
    instructions = models.TextField(_("instructions"), blank=True)

    # The sampling plan.
    parts_of_speech = models.JSONField(
        _("parts of speech"), default=default_parts_of_speech, validators=[are_parts_of_speech]
    )
    items_per_part_of_speech = models.PositiveIntegerField(
        _("items per part of speech"), default=20, validators=[MinValueValidator(1)]
    )
    ratings_per_item = models.PositiveSmallIntegerField(
        _("ratings per item"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )
    items_per_rater = models.PositiveIntegerField(
        _("most items for one rater"), default=60, validators=[MinValueValidator(1)]
    )
    rater_share_percent = models.PositiveSmallIntegerField(
        _("largest share of the study's items for one rater, in per cent"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    items_per_session = models.PositiveIntegerField(_("items in one sitting"), default=0)
    assignment_minutes = models.PositiveSmallIntegerField(
        _("minutes an item is kept for a rater"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(14 * 24 * 60)],
    )
    seed = models.BigIntegerField(_("seed"), default=0)

    # Controls, in per cent of the items of a part of speech; checks, of the items of a rater.
    shuffled_word_percent = _percent(_("another word's map (%)"))
    other_seed_percent = _percent(_("another picture's map (%)"))
    random_blob_percent = _percent(_("random blob of the same area (%)"))
    blank_percent = _percent(_("blank map (%)"))
    absent_word_percent = _percent(_("absent word's map (%)"))
    gold_percent = _percent(_("gold items (%)"))
    repeat_percent = _percent(_("repeats (%)"))

    check_rule = models.CharField(
        _("who fails gold items or controls"),
        max_length=4,
        choices=CheckRule.choices,
        default=CheckRule.OFF,
    )

    # What raters are paid; 0 where nothing is to be counted.
    pay_amount = models.FloatField(_("pay"), default=0.0, validators=[MinValueValidator(0)])
    pay_currency = models.CharField(
        _("currency"), max_length=3, default="GBP", validators=[is_currency]
    )
    pay_per = models.CharField(
        _("paid per"), max_length=6, choices=PayPer.choices, default=PayPer.RATING
    )

    # How pictures are made.
    model = models.CharField(_("model"), max_length=300, default="bundled")
    steps = models.PositiveSmallIntegerField(
        _("denoising steps"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
    )
    guidance = models.FloatField(_("guidance scale"), default=3.0, validators=[is_guidance])

    # What is compared: every item is there once under each of them. Empty: one way only.
    conditions = models.JSONField(
        _("conditions"), default=list, blank=True, validators=[are_conditions]
    )
    within_raters = models.BooleanField(
        _("raters may judge the same word under several conditions"), default=False
    )

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "studies"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ratings_per_item__gte=1), name="study_ratings_per_item_positive"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A question about one word names it; which things are there is asked of all of them."""
        super().clean()
        self._clean_conditions()
        if self.task != Task.PRESENCE:
            try:
                names_the_word(self.question)
            except ValidationError as error:
                raise ValidationError({"question": error}) from error

    def _clean_conditions(self) -> None:
        """Raised for the setting that does not fit them: conditions have a page of their own."""
        if self.conditions and self.task != Task.RATING:
            raise ValidationError({"task": _("Conditions are compared by rating heat maps only.")})
        if any((one.last_step or 0) > self.steps for one in self.compared):
            raise ValidationError({"steps": _("A condition sums later steps than these.")})
        try:
            all_differ([replace(one, model=one.model_in(self.model)) for one in self.compared])
        except ValidationError as error:
            raise ValidationError({"model": error}) from error

    @property
    def compared(self) -> tuple[Condition, ...]:
        """The conditions in their order; empty where nothing is compared."""
        return tuple(Condition.from_json(values) for values in self.conditions)

    @property
    def painters(self) -> tuple[str, ...]:
        """The models that paint every prompt, as `Generation.model` has them."""
        models = [one.model_in(self.model) for one in self.compared] or [self.model]
        return tuple("" if model == self.model else model for model in dict.fromkeys(models))

    def label_of(self, score: int) -> str:
        return self.labels[score - 1]

    def question_about(self, word: str) -> str:
        return self.question.replace("{word}", word)


class LogEntry(models.Model):
    """What was done to a study, by whom and when. Added by `domain.study_log`; never changed."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="log")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    text = models.CharField(max_length=500)
    detail: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at", "-id")
        verbose_name_plural = "log entries"

    def __str__(self) -> str:
        return self.text
