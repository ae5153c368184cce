"""Where a study stands: what is made, what is rated, by whom, and what to do next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from statistics import median
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotator.domain import analyses
from annotator.domain.analyses import Unfiltered
from annotator.domain.design import absent_words
from annotator.domain.material import generations
from annotator.domain.monitoring.concerns import Concern, concerns
from annotator.domain.monitoring.cost import Cost, cost
from annotator.domain.monitoring.quality import FlagCount
from annotator.domain.monitoring.strata import Stratum, strata
from annotator.enums import (
    AssignmentPurpose,
    GenerationStatus,
    ItemKind,
    PartOfSpeech,
    StudyStatus,
    UploadStatus,
)
from annotator.models import (
    Assignment,
    Generation,
    Invitation,
    Item,
    Prompt,
    PromptBatch,
    PromptUpload,
    Rater,
    Rating,
    Study,
)

# A worker that is up takes a message within seconds; one that has just started loads a model first.
SILENT_AFTER = timedelta(seconds=90)
_UPLOAD_SILENT_AFTER = timedelta(seconds=20)
PRESENT_WITHIN = timedelta(minutes=5)
_PACE_WINDOW = timedelta(hours=1)


class NextStep(Enum):
    """What the researcher should do now; the words for it are in the template."""

    UPLOAD = "upload"
    IMPORT = "import"
    WAIT_FOR_PICTURES = "wait"
    RETRY = "retry"
    OPEN = "open"
    INVITE = "invite"
    WATCH = "watch"
    RESUME = "resume"
    CLOSE = "close"
    EXPORT = "export"


@dataclass(frozen=True)
class Share:
    """Ratings given, of those wanted: of a part of speech, of a kind of item, or of the study."""

    given: int
    wanted: int
    of: PartOfSpeech | ItemKind | None = None

    @property
    def percent(self) -> int:
        """Rounded down: 100 means that nothing is missing."""
        return 100 * self.given // self.wanted if self.wanted else 0


@dataclass(frozen=True)
class Overview:
    """`silent_since`: since when queued pictures wait while no worker does anything, else None.

    `flags` is None until those of a large study are counted for the first time.

    `ends_at` continues the pace of the last hour; None while nobody rates or nothing is missing.
    """

    generation: generations.GenerationProgress
    failed: Sequence[Generation]
    absent_words_refused: bool
    silent_since: datetime | None
    rating: Share
    parts: Sequence[Share]
    kinds: Sequence[Share]
    concerns: Sequence[Concern]
    flags: Sequence[FlagCount] | None
    stopped: int
    cost: Cost | None
    raters_now: int
    ends_at: datetime | None
    next_step: NextStep


_SHOWN_FAILURES = 10


def overview(*, study: Study, at: datetime | None = None) -> Overview:
    now = at or timezone.now()
    generation = generations.progress(study=study, at=now)
    counted = strata(study=study)
    parts = part_shares(counted)
    rating = Share(sum(part.given for part in parts), sum(part.wanted for part in parts))
    figures = analyses.state_of(Unfiltered.RATERS, study=study, at=now).rater_figures()
    failed = study.generations.failed().select_related("prompt").order_by("pk")
    return Overview(
        generation=generation,
        failed=list(failed[:_SHOWN_FAILURES]) if generation.failed else [],
        absent_words_refused=bool(generation.failed) and absent_words.are_refused(study=study),
        silent_since=silent_since(study=study, at=now) if generation.queued else None,
        rating=rating,
        parts=parts,
        kinds=kind_shares(counted),
        concerns=concerns(study=study, strata=counted, at=now),
        flags=None if figures is None else figures.flags,
        stopped=study.raters.exclude(stopped="").count(),
        cost=cost(study=study, given=rating.given, wanted=rating.wanted),
        raters_now=raters_present(study=study, at=now),
        ends_at=_ends_at(study, rating, now),
        next_step=_next_step(study, generation, rating),
    )


def part_shares(strata: Iterable[Stratum]) -> list[Share]:
    """One per part of speech that has items, in the order reports list them."""
    by_pos = {pos: [one for one in strata if one.pos == pos] for pos in PartOfSpeech}
    return [_share(of_one, pos) for pos, of_one in by_pos.items() if of_one]


def kind_shares(strata: Iterable[Stratum]) -> list[Share]:
    """One per kind of item with ratings of its own; empty where there are real maps only."""
    wanting = [one for one in strata if one.wanted]
    if {one.kind for one in wanting} <= {ItemKind.REAL}:
        return []
    by_kind = {kind: [one for one in wanting if one.kind == kind] for kind in ItemKind}
    return [_share(of_one, kind) for kind, of_one in by_kind.items() if of_one]


def _share(strata: Iterable[Stratum], of: PartOfSpeech | ItemKind | None = None) -> Share:
    given, wanted = zip(*((one.given, one.wanted) for one in strata), strict=True)
    return Share(sum(given), sum(wanted), of)


def silent_since(*, study: Study, at: datetime) -> datetime | None:
    """Derived from rows alone: workers are never asked, so a busy one is never taken for dead.

    A worker at another study's pictures counts as answering: this study's turn will come.
    """
    oldest = study.generations.queued().order_by("touched_at").first()
    if oldest is None or oldest.touched_at > at - SILENT_AFTER:
        return None
    finished = (GenerationStatus.DONE, GenerationStatus.FAILED)
    at_work = Generation.objects.filter(
        Q(status=GenerationStatus.RUNNING, touched_at__gt=at - generations.STUCK_AFTER)
        | Q(status__in=finished, touched_at__gt=at - SILENT_AFTER)
    )
    return None if at_work.exists() else oldest.touched_at


def raters_present(*, study: Study, at: datetime) -> int:
    """Raters who drew an item or answered one in the last minutes."""
    since = at - PRESENT_WITHIN
    answered = Rating.objects.lately_in_study(study, since)
    # What was drawn and is no longer open was answered, or its rater has gone.
    drew = Assignment.objects.open().filter(rater__study=study, drawn_at__gte=since)
    present = answered.values("assignment__rater").union(drew.values("rater"))
    return present.count()


def _ends_at(study: Study, rating: Share, now: datetime) -> datetime | None:
    missing = rating.wanted - rating.given if study.status == StudyStatus.OPEN else 0
    answers = Rating.objects.current().lately_in_study(study, now - _PACE_WINDOW)
    recent = answers.filter(assignment__purpose=AssignmentPurpose.RATING)
    count = recent.count() if missing else 0
    first = recent.order_by("submitted_at").first() if count > 1 else None
    if first is None or first.submitted_at >= now:
        return None
    return now + (now - first.submitted_at) * (missing / count)


def _next_step(study: Study, generation: generations.GenerationProgress, rating: Share) -> NextStep:
    if study.status == StudyStatus.CLOSED:
        return NextStep.EXPORT
    if study.status == StudyStatus.OPEN:
        if rating.given >= rating.wanted:
            return NextStep.CLOSE
        return NextStep.WATCH if study.raters.exists() else NextStep.INVITE
    if study.status == StudyStatus.PAUSED:
        return NextStep.RESUME
    if generation.unfinished:
        return NextStep.WAIT_FOR_PICTURES
    if generation.done:
        return NextStep.RETRY if generation.failed else NextStep.OPEN
    if generation.failed:
        return NextStep.RETRY
    return NextStep.IMPORT if waiting_uploads(study=study).exists() else NextStep.UPLOAD


# -- lists ---------------------------------------------------------------------------------------


def with_counts(studies: QuerySet[Study]) -> QuerySet[Study]:
    """Adds to each study, in one query, `prompt_count`, `picture_count`, `ratings_wanted` and
    `ratings_given`. Second pictures are pictures of the same prompts."""

    def per_study(rows: QuerySet[Any], total: Any, study: str = "study") -> Coalesce:
        own = rows.filter(**{study: OuterRef("pk")}).order_by()
        return Coalesce(Subquery(own.values(study).annotate(total=total).values("total")), 0)

    # Held by an answer, or promised to a rater who has not answered yet.
    held = Sum(F("ratings_wanted") - F("free_slots"))
    promised = Assignment.objects.open().for_rating()
    return studies.annotate(
        prompt_count=per_study(Prompt.objects.filter(control_of=None), Count("pk")),
        picture_count=per_study(Generation.objects.all(), Count("pk")),
        ratings_wanted=per_study(Item.objects.all(), Sum("ratings_wanted")),
        ratings_given=per_study(Item.objects.all(), held)
        - per_study(promised, Count("pk"), study="rater__study"),
    )


def waiting_uploads(*, study: Study) -> QuerySet[PromptUpload]:
    """Files on their way in, without their contents."""
    waiting = study.uploads.exclude(status=UploadStatus.IMPORTED)
    return waiting.defer("content", "refused", "preview")


def is_silent(upload: PromptUpload, at: datetime | None = None) -> bool:
    """The upload waits for a worker, and none has touched it for long."""
    waits = upload.status in (UploadStatus.INSPECTING, UploadStatus.IMPORTING)
    return waits and upload.touched_at < (at or timezone.now()) - _UPLOAD_SILENT_AFTER


def batches(*, study: Study) -> QuerySet[PromptBatch]:
    """Oldest first, each with `prompt_count` and the name of who imported it."""
    return study.batches.select_related("imported_by").annotate(
        prompt_count=Count("prompts", filter=Q(prompts__control_of=None), distinct=True)
    )


def invitations(*, study: Study) -> QuerySet[Invitation]:
    """Newest first, each with `rater_count` and its panel."""
    return study.invitations.select_related("panel_link").annotate(rater_count=Count("raters"))


@dataclass(frozen=True)
class RaterRow:
    """A rater's answers in figures. `median_seconds` is from picture painted to answer."""

    rater: Rater
    ratings: int
    opt_outs: int
    median_seconds: float | None
    last_at: datetime | None


def rater_rows(raters: Iterable[Rater]) -> list[RaterRow]:
    """One row per rater, in the order given, from one query."""
    chosen = list(raters)
    answers: dict[int, list[tuple[str, int | None, datetime]]] = defaultdict(list)
    rated = Rating.objects.current().filter(assignment__rater__in=chosen)
    for rater, *answer in rated.values_list(
        F("assignment__rater"), "opt_out", "reaction_ms", "submitted_at"
    ):
        answers[rater].append(tuple(answer))
    return [_rater_row(rater, answers[rater.pk]) for rater in chosen]


def _rater_row(rater: Rater, answers: list[tuple[str, int | None, datetime]]) -> RaterRow:
    times = [reaction for _, reaction, _ in answers if reaction is not None]
    return RaterRow(
        rater=rater,
        ratings=len(answers),
        opt_outs=sum(bool(opt_out) for opt_out, _, _ in answers),
        median_seconds=median(times) / 1000 if times else None,
        last_at=max((at for *_, at in answers), default=None),
    )
