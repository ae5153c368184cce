"""What the database knows about how a study was done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

import numpy as np
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from annotator.domain.design import phases
from annotator.domain.methods.findings import Findings
from annotator.domain.monitoring.strata import Stratum, strata
from annotator.enums import (
    AssignmentPurpose,
    GenerationStatus,
    ItemKind,
    Panel,
    PartOfSpeech,
    Phase,
    Stop,
)
from annotator.models import Generation, Procedure, Rater, Rating, Reporting, Study
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
class Raters:
    """`largest_share` is the ratings of the busiest who is not excluded, in per cent of all that
    are counted; excluded raters are among the other numbers."""

    joined: int
    rated: int
    simulated: int
    screened_out: int
    largest_share: float
    by_panel: Mapping[str, int]
    by_language: Mapping[str, int]


@dataclass(frozen=True)
class Facts:
    study: Study
    procedure: Procedure
    reporting: Reporting
    examples: Mapping[Phase, int]
    raters: Raters
    strata: Sequence[Stratum]
    gold_answers: int
    gold_right: int
    repeats: int
    first_at: datetime | None
    last_at: datetime | None
    median_seconds: float | None
    exclusions: Sequence[Exclusion]
    stopped: Mapping[str, int]
    pictures: int
    prompts: int
    seeds: tuple[int, int] | None
    provenance: Mapping[str, Sequence[str]]
    findings: Findings


def collect(*, study: Study, findings: Findings) -> Facts:
    """The findings are given; everything else is counted here."""
    answers = Rating.objects.current().in_study(study)
    counted = answers.for_items().of_included_raters()
    times = counted.aggregate(first=Min("submitted_at"), last=Max("submitted_at"))
    shown = study.generations.filter(heat_maps__items__study=study).distinct()
    gold = answers.filter(assignment__purpose=AssignmentPurpose.GOLD)
    item = "assignment__item"
    right = Q(score__gte=F(f"{item}__accepted_low"), score__lte=F(f"{item}__accepted_high"))
    seeds = shown.aggregate(low=Min("prompt__seed"), high=Max("prompt__seed"))
    return Facts(
        study=study,
        procedure=phases.procedure_of(study),
        reporting=Reporting.objects.filter(study=study).first() or Reporting(study=study),
        examples={
            Phase(phase): n
            for phase, n in study.examples.order_by().values_list("phase").annotate(Count("pk"))
        },
        raters=_raters(study, answers.for_items()),
        strata=_strata(study),
        gold_answers=gold.count(),
        gold_right=gold.filter(right).count(),
        repeats=answers.filter(assignment__purpose=AssignmentPurpose.REPEAT).count(),
        first_at=times["first"],
        last_at=times["last"],
        median_seconds=_median_seconds(counted),
        exclusions=_exclusions(study),
        stopped={
            str(Stop(why).label): n
            for why, n in study.raters.exclude(stopped="")
            .order_by()
            .values_list("stopped")
            .annotate(Count("pk"))
        },
        pictures=shown.count(),
        prompts=shown.values("prompt__text").distinct().count(),
        seeds=None if seeds["low"] is None else (seeds["low"], seeds["high"]),
        provenance=_provenance(study),
        findings=findings,
    )


def _raters(study: Study, answers: RatingQuerySet) -> Raters:
    rated = study.raters.filter(pk__in=answers.order_by().values("assignment__rater"))
    panels: dict[str, int] = {}
    for panel, n in (
        rated.order_by().values_list("invitation__panel_link__panel").annotate(Count("pk"))
    ):
        panels["link" if panel is None else str(Panel(panel).label)] = n
    return Raters(
        joined=study.raters.count(),
        rated=rated.count(),
        simulated=study.raters.filter(simulated=True).count(),
        screened_out=study.raters.filter(phase=Phase.SCREENED_OUT).count(),
        largest_share=_largest_share(answers.of_included_raters()),
        by_panel=panels,
        by_language=dict(
            answers.exclude(language="").order_by().values_list("language").annotate(Count("pk"))
        ),
    )


def _largest_share(answers: RatingQuerySet) -> float:
    by_rater = dict(answers.order_by().values_list("assignment__rater").annotate(Count("pk")))
    return 100 * max(by_rater.values()) / sum(by_rater.values()) if by_rater else 0


def _strata(study: Study) -> list[Stratum]:
    found = {(one.kind, one.pos): one for one in strata(study=study)}
    return [found[key] for key in product(ItemKind, PartOfSpeech) if key in found]


def _exclusions(study: Study) -> list[Exclusion]:
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
    return [Exclusion(*row) for row in rows.order_by("-raters")]


def _median_seconds(answers: RatingQuerySet) -> float | None:
    """From the picture being painted to the answer, without the time the page was hidden."""
    seen = answers.filter(reaction_ms__isnull=False)
    visible = seen.values_list(F("reaction_ms") - F("hidden_ms"), flat=True)
    times = np.fromiter(visible.iterator(chunk_size=10_000), dtype=np.int64)
    return max(0.0, float(np.median(times))) / 1000 if len(times) else None


def _provenance(study: Study) -> dict[str, list[str]]:
    """Every value that a setting had among the finished pictures: more than one is worth saying."""
    done: QuerySet[Generation, Any] = study.generations.filter(status=GenerationStatus.DONE)
    found: dict[str, list[str]] = {}
    for key in PROVENANCE:
        # SQLite would say “null” of what is recorded as nothing.
        recorded = done.exclude(**{f"provenance__{key}": None}).order_by()
        values = recorded.annotate(value=KeyTextTransform(key, "provenance"))
        distinct = values.values_list("value", flat=True).distinct()[:20]
        said = _versions if key == "library_versions" else str
        found[key] = sorted(said(value) for value in distinct if value not in (None, ""))
    return found


def _versions(stored: str) -> str:
    """Of JSON, by name."""
    return ", ".join(f"{name} {version}" for name, version in json.loads(stored).items())
