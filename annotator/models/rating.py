from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from functools import reduce
from operator import and_

from django.db import models
from django.db.models import F, Q

from annotator.enums import (
    HOLDING,
    AssignmentPurpose,
    AssignmentStatus,
    InputMethod,
    ItemKind,
    OptOut,
    Phase,
    Stop,
)
from annotator.models.item import Item
from annotator.models.study import SCORES, Study


def new_token() -> str:
    return secrets.token_urlsafe(16)


def new_pseudonym() -> str:
    return secrets.token_hex(6)


class Invitation(models.Model):
    """A link that lets people rate without an account."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="invitations")
    token = models.CharField(max_length=40, unique=True, default=new_token)
    note = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # How many raters it lets in; None for any number. Counted by `domain.raters.recruitment`.
    quota = models.PositiveIntegerField(null=True, blank=True)
    joined = models.PositiveIntegerField(default=0)
    # To try the study: whoever comes in by it is marked as simulated.
    rehearsal = models.BooleanField(default=False)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(quota=None) | Q(joined__lte=models.F("quota")),
                name="invitation_within_quota",
            ),
        )

    def __str__(self) -> str:
        return self.note or self.token

    @property
    def left(self) -> int | None:
        """Places not taken yet; None for any number."""
        return None if self.quota is None else max(0, self.quota - self.joined)


class Rater(models.Model):
    """The person judging, in one study. Known by a pseudonym and nothing else."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="raters")
    invitation = models.ForeignKey(Invitation, models.PROTECT, related_name="raters")
    pseudonym = models.CharField(max_length=12, unique=True, default=new_pseudonym)
    consented_at = models.DateTimeField()
    consent_text = models.TextField()
    # 0 where the study asked for none.
    consent_version = models.PositiveIntegerField(default=1)
    # Changed by `domain.design.phases` only.
    phase = models.CharField(max_length=13, choices=Phase.choices, default=Phase.RATING)
    qualification_attempt = models.PositiveSmallIntegerField(default=0)
    # The how manieth rater of the study: with the study's seed it gives their order of the items.
    number = models.PositiveIntegerField()
    # How many items they had been given when this sitting began.
    session_from = models.PositiveIntegerField(default=0)
    simulated = models.BooleanField(default=False)
    # In the middle of the study; changed by `domain.raters.stopping` only.
    stopped = models.CharField(max_length=13, choices=Stop.choices, blank=True)
    # When the study's rule found the checks failed. It acts once: what a person decides stays.
    checks_failed_at = models.DateTimeField(null=True)
    # How often they sent an answer, revisions too: the results look here whether there is news.
    answers_stored = models.PositiveIntegerField(default=0)
    # Left out of the statistics by a person's decision, which can be taken back.
    excluded_at = models.DateTimeField(null=True)
    exclusion_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("consented_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("study", "number"), name="rater_number_once_per_study"),
        )

    def __str__(self) -> str:
        return self.pseudonym


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def open(self) -> AssignmentQuerySet:
        return self.filter(status=AssignmentStatus.OPEN)

    def submitted(self) -> AssignmentQuerySet:
        return self.filter(status=AssignmentStatus.SUBMITTED)

    def for_rating(self) -> AssignmentQuerySet:
        """Those that are one of the ratings an item wants: no gold check, no repeat."""
        return self.filter(purpose=AssignmentPurpose.RATING)

    def overdue(self, at: datetime) -> AssignmentQuerySet:
        return self.open().filter(deadline__lt=at)


class Assignment(models.Model):
    """An item given to a rater until a deadline, in one of the item's numbered slots.

    An item has `ratings_wanted` slots and a slot holds one open or submitted assignment: that is
    what keeps an item from ever getting one rating too many, whatever the code does. Gold checks
    and repeats are not among the ratings an item wants and take no slot.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(Item, models.CASCADE, related_name="assignments")
    rater = models.ForeignKey(Rater, models.CASCADE, related_name="assignments")
    status = models.CharField(
        max_length=9, choices=AssignmentStatus.choices, default=AssignmentStatus.OPEN
    )
    purpose = models.CharField(
        max_length=10, choices=AssignmentPurpose.choices, default=AssignmentPurpose.RATING
    )
    slot = models.PositiveSmallIntegerField(null=True)
    slots = models.PositiveSmallIntegerField(null=True)
    # How many items this rater was given before this one.
    trial = models.PositiveIntegerField()
    drawn_at = models.DateTimeField()
    deadline = models.DateTimeField()

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("item", "slot"),
                condition=Q(status__in=HOLDING),
                name="slot_held_once",
            ),
            models.UniqueConstraint(
                fields=("item", "rater", "purpose"),
                condition=Q(status__in=HOLDING),
                name="item_once_per_rater",
            ),
            models.CheckConstraint(
                condition=Q(purpose=AssignmentPurpose.RATING, slot__isnull=False)
                & Q(slots__isnull=False, slot__lt=models.F("slots"))
                | ~Q(purpose=AssignmentPurpose.RATING) & Q(slot__isnull=True),
                name="slot_exists",
            ),
        )
        indexes = (
            models.Index(
                fields=("deadline",),
                condition=Q(status=AssignmentStatus.OPEN),
                name="assignment_open_deadline",
            ),
            models.Index(fields=("rater", "status"), name="assignment_by_rater"),
        )

    def __str__(self) -> str:
        return f"{self.item_id} for {self.rater_id}: {self.status}"

    @property
    def answer(self) -> Rating | None:
        """The rating that counts. For lists: from ratings fetched ahead."""
        return next((rating for rating in self.ratings.all() if rating.is_current), None)

    @property
    def earlier_answers(self) -> list[Rating]:
        """Those it took the place of, oldest first."""
        earlier = (rating for rating in self.ratings.all() if not rating.is_current)
        return sorted(earlier, key=lambda rating: rating.revision)


class RatingQuerySet(models.QuerySet["Rating"]):
    def current(self) -> RatingQuerySet:
        """The answer that counts; earlier ones are kept as its history."""
        return self.filter(is_current=True)

    def in_study(self, study: Study) -> RatingQuerySet:
        return self.filter(assignment__item__study=study)

    def lately_in_study(self, study: Study, since: datetime) -> RatingQuerySet:
        """Found by their time: without statistics SQLite would read all answers of the study, and
        a sum is no column that it has an index of."""
        recent = self.filter(submitted_at__gte=since)
        return recent.annotate(of=F("assignment__item__study_id") + 0).filter(of=study.pk)

    def of_kind(self, kind: str) -> RatingQuerySet:
        """Of items of this kind, and among the ratings they want."""
        return self.for_items().filter(assignment__item__kind=kind)

    def for_items(self) -> RatingQuerySet:
        """Among the ratings an item wants: no gold check, no repeat."""
        return self.filter(assignment__purpose=AssignmentPurpose.RATING)

    def by_item(self) -> list[list[Rating]]:
        """The ratings of each item, in the order of their first."""
        found: dict[int, list[Rating]] = {}
        for rating in self:
            found.setdefault(rating.assignment.item_id, []).append(rating)
        return list(found.values())

    def of_included_raters(self) -> RatingQuerySet:
        return self.filter(assignment__rater__excluded_at=None)

    def of_real_maps(self) -> RatingQuerySet:
        """What a study is about: a mean opinion score is never mixed with its controls."""
        return self.of_kind(ItemKind.REAL)


def _exactly_one_answer() -> Q:
    """A score, a mask, what was seen, or an opt-out."""
    given = (
        Q(score__isnull=False),
        Q(mask__isnull=False),
        Q(seen__isnull=False),
        ~Q(opt_out=""),
    )
    alone = Q()
    for one in given:
        alone |= reduce(and_, (~other for other in given if other is not one), one)
    return alone


class Rating(models.Model):
    """One answer: a score or an opt-out, and what was seen when it was given.

    Rows are never altered. A changed answer is a new row with a higher revision, and `is_current`
    moves to it. `answer_id` is made by the browser; sending it twice stores it once.
    """

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="ratings")
    answer_id = models.UUIDField(unique=True)
    revision = models.PositiveSmallIntegerField(default=0)
    is_current = models.BooleanField(default=True)
    score = models.PositiveSmallIntegerField(null=True)
    opt_out = models.CharField(max_length=20, choices=OptOut.choices, blank=True)
    # The answers of the other tasks: a mask as COCO's RLE, and the names of the things seen.
    mask = models.JSONField(null=True)
    seen = models.JSONField(null=True)
    submitted_at = models.DateTimeField()
    painted_at = models.DateTimeField(null=True)
    reaction_ms = models.PositiveIntegerField(null=True)
    hidden_ms = models.PositiveIntegerField(default=0)
    opacity_initial = models.FloatField(null=True)
    opacity_final = models.FloatField(null=True)
    map_toggles = models.PositiveIntegerField(default=0)
    colour_map = models.CharField(max_length=20, blank=True)
    # τ of the outline that was drawn at the answer; None where none was.
    contour_tau = models.FloatField(null=True)
    # The picture on the screen and the window, in CSS pixels; zooming in makes `pixel_ratio` larger
    # and the window smaller, pinching does neither and is `pinch_zoom`.
    picture_width = models.PositiveIntegerField(null=True)
    picture_height = models.PositiveIntegerField(null=True)
    viewport_width = models.PositiveIntegerField(null=True)
    viewport_height = models.PositiveIntegerField(null=True)
    pixel_ratio = models.FloatField(null=True)
    pinch_zoom = models.FloatField(null=True)
    side_by_side = models.BooleanField(null=True)
    language = models.CharField(max_length=10, blank=True)
    input_method = models.CharField(max_length=10, choices=InputMethod.choices, blank=True)

    objects = RatingQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("assignment",),
                condition=Q(is_current=True),
                name="one_current_rating_per_assignment",
            ),
            models.UniqueConstraint(
                fields=("assignment", "revision"), name="revision_once_per_assignment"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__in=list(SCORES)),
                name="score_on_the_scale",
            ),
            models.CheckConstraint(condition=_exactly_one_answer(), name="one_answer_of_one_kind"),
        )
        # Who rates now, and how fast: asked every few seconds while somebody watches.
        indexes = (models.Index(fields=("submitted_at",), name="ratings_by_time"),)

    def __str__(self) -> str:
        return f"{self.assignment_id}: {self.score or self.opt_out}"

    @property
    def visible_seconds(self) -> float | None:
        """From picture painted to answer, without the time the page was hidden."""
        if self.reaction_ms is None:
            return None
        return max(0, self.reaction_ms - self.hidden_ms) / 1000
