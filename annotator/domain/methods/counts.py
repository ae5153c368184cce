"""What a methods report counts over all answers and pictures: stored by `domain.analyses`, since in
a study of a million ratings nobody would wait for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from annotator.enums import AssignmentPurpose, GenerationStatus, Panel
from annotator.models import Generation, Rater, Rating, Study
from annotator.models.rating import RatingQuerySet

# Of a picture's provenance, in the order of a methods section.
PROVENANCE = (
    "model",
    "model_revision",
    "scheduler",
    "steps",
    "guidance",
    "negative_prompt",
    "dtype",
    "mode",
    "normalisation",
    "engine_version",
    "library_versions",
    "language_pipeline",
)


@dataclass(frozen=True)
class Exclusion:
    """Raters left out for one reason, and their ratings."""

    reason: str
    raters: int
    ratings: int


@dataclass(frozen=True)
class Group:
    """So many raters or answers, by what they have in common."""

    name: str
    n: int


@dataclass(frozen=True)
class Setting:
    """Of the pictures, and every value it had."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """Everything but `rated` and `exclusions` is without excluded raters, of whom `counted` are
    left. `largest_share` is the ratings of the busiest, in per cent. Seeds are None without
    pictures.
    """

    rated: int
    counted: int
    largest_share: float
    by_panel: tuple[Group, ...]
    by_language: tuple[Group, ...]
    gold_answers: int
    gold_right: int
    repeats: int
    first_at: datetime | None
    last_at: datetime | None
    median_seconds: float | None
    exclusions: tuple[Exclusion, ...]
    pictures: int
    prompts: int
    lowest_seed: int | None
    highest_seed: int | None
    provenance: tuple[Setting, ...]


def counts(*, study: Study) -> Counts:
    answers = Rating.objects.current().in_study(study)
    rated = _who_gave(answers.for_items(), study)
    included = answers.of_included_raters()
    counted = included.for_items()
    raters = _who_gave(counted, study)
    times = counted.aggregate(first=Min("submitted_at"), last=Max("submitted_at"))
    gold = included.filter(assignment__purpose=AssignmentPurpose.GOLD)
    item = "assignment__item"
    right = Q(score__gte=F(f"{item}__accepted_low"), score__lte=F(f"{item}__accepted_high"))
    shown = study.generations.filter(heat_maps__items__study=study).distinct()
    seeds = shown.aggregate(low=Min("prompt__seed"), high=Max("prompt__seed"))
    return Counts(
        rated=rated.count(),
        counted=raters.count(),
        largest_share=_largest_share(counted),
        by_panel=_by_panel(raters),
        by_language=_groups(counted.exclude(language=""), "language"),
        gold_answers=gold.count(),
        gold_right=gold.filter(right).count(),
        repeats=included.filter(assignment__purpose=AssignmentPurpose.REPEAT).count(),
        first_at=times["first"],
        last_at=times["last"],
        median_seconds=_median_seconds(counted),
        exclusions=_exclusions(study),
        pictures=shown.count(),
        prompts=shown.values("prompt__text").distinct().count(),
        lowest_seed=seeds["low"],
        highest_seed=seeds["high"],
        provenance=_provenance(study),
    )


def _who_gave(answers: RatingQuerySet, study: Study) -> QuerySet[Rater]:
    return study.raters.filter(pk__in=answers.order_by().values("assignment__rater"))


def _by_panel(raters: QuerySet[Rater]) -> tuple[Group, ...]:
    found = raters.order_by().values_list("invitation__panel_link__panel").annotate(Count("pk"))
    return tuple(
        Group("link" if panel is None else str(Panel(panel).label), n) for panel, n in found
    )


def _groups(rows: QuerySet[Any], field: str) -> tuple[Group, ...]:
    found = rows.order_by().values_list(field).annotate(Count("pk"))
    return tuple(Group(str(value), n) for value, n in found)


def _largest_share(answers: RatingQuerySet) -> float:
    by_rater = dict(answers.order_by().values_list("assignment__rater").annotate(Count("pk")))
    return 100 * max(by_rater.values()) / sum(by_rater.values()) if by_rater else 0


def _exclusions(study: Study) -> tuple[Exclusion, ...]:
    excluded = Rater.objects.filter(study=study, excluded_at__isnull=False)
    current = Q(assignments__ratings__is_current=True)
    rows = (
        excluded.order_by()
        .values_list("exclusion_reason")
        .annotate(
            raters=Count("pk", distinct=True),
            ratings=Count("assignments__ratings", filter=current),
        )
    )
    return tuple(Exclusion(*row) for row in rows.order_by("-raters"))


def _median_seconds(answers: RatingQuerySet) -> float | None:
    """From the picture being painted to the answer, without the time the page was hidden."""
    seen = answers.filter(reaction_ms__isnull=False)
    visible = seen.values_list(F("reaction_ms") - F("hidden_ms"), flat=True)
    times = np.fromiter(visible.iterator(chunk_size=10_000), dtype=np.int64)
    return max(0.0, float(np.median(times))) / 1000 if len(times) else None


def _provenance(study: Study) -> tuple[Setting, ...]:
    """Every value that a setting had among the finished pictures: more than one is worth saying."""
    done: QuerySet[Generation, Any] = study.generations.filter(status=GenerationStatus.DONE)
    found = []
    for key in PROVENANCE:
        # SQLite would say “null” of what is recorded as nothing.
        recorded = done.exclude(**{f"provenance__{key}": None}).order_by()
        values = recorded.annotate(value=KeyTextTransform(key, "provenance"))
        distinct = values.values_list("value", flat=True).distinct()[:20]
        said = _versions if key == "library_versions" else str
        values_had = sorted(said(value) for value in distinct if value not in (None, ""))
        found.append(Setting(key, tuple(values_had)))
    return tuple(found)


def _versions(stored: str) -> str:
    """Of JSON, by name."""
    return ", ".join(f"{name} {version}" for name, version in json.loads(stored).items())
