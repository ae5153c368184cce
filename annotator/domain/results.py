"""What a study has found so far: opinion scores, distributions, opt-outs and agreement, with n.

The database counts (one row per item, however many ratings it has); `annotator.statistics` turns
the counts into numbers. Intervals come from a bootstrap with a fixed seed, started anew for every
group: the same ratings give the same interval on every page, in every export and on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.core.cache import cache
from django.db.models import Count, Max, Q
from numpy.typing import NDArray

from annotator import statistics
from annotator.domain.comparison import Comparison, Resampling, comparisons
from annotator.domain.counting import ItemCounts, count_by_item
from annotator.enums import ItemKind, PartOfSpeech
from annotator.models import Rating, Study
from annotator.models.study import SCORES
from annotator.statistics import Estimate

BOOTSTRAP_SEED = 2023
RESAMPLES = 1000
CONFIDENCE = 0.95
# Tang et al. (2023), "What the DAAM", abstract: mean opinion scores of 3.4 to 4.2.
PAPER_RANGE = (3.4, 4.2)
_REMEMBER_SECONDS = 3600

Parts = Sequence[str]


@dataclass(frozen=True)
class DataVersion:
    """Tells two states of a study's ratings apart: every answer has a new, larger key."""

    last: int
    n_ratings: int
    n_simulated: int
    n_excluded: int
    last_exclusion: datetime | None

    def __str__(self) -> str:
        excluded = self.last_exclusion.timestamp() if self.last_exclusion else 0
        return f"{self.last}-{self.n_ratings}-{self.n_simulated}-{self.n_excluded}-{excluded}"


@dataclass(frozen=True)
class Summary:
    """The numbers of one group of ratings: a part of speech, or all (`pos` is then empty).

    `scores` counts the ratings at each of the five points, `opt_outs` those without a score, in
    the order of `OptOut`. `mos.n` counts scores; `alpha.n` those of items with two scores or more.
    The notes say in words why a number or its interval is undefined, and are empty otherwise.
    """

    pos: str
    n_items: int
    n_raters: int
    scores: tuple[int, ...]
    opt_outs: tuple[int, ...]
    mos: Estimate
    mos_note: str
    alpha: Estimate
    alpha_note: str

    @property
    def name(self) -> str:
        return str(PartOfSpeech(self.pos).label) if self.pos else "all"

    @property
    def mos_text(self) -> str:
        return describe(self.mos)

    @property
    def alpha_text(self) -> str:
        return describe(self.alpha)

    @property
    def n_scores(self) -> int:
        return sum(self.scores)

    @property
    def n_opt_outs(self) -> int:
        return sum(self.opt_outs)

    @property
    def n_ratings(self) -> int:
        return self.n_scores + self.n_opt_outs


@dataclass(frozen=True)
class Results:
    """The numbers of the chosen parts of speech, together and each, ordered as `PartOfSpeech`."""

    version: DataVersion
    overall: Summary
    by_pos: tuple[Summary, ...]
    comparisons: tuple[Comparison, ...]


def describe(estimate: Estimate) -> str:
    """“3.91 [3.70, 4.12]”, or as much of it as is defined."""
    if math.isnan(estimate.value):
        return "not defined"
    if math.isnan(estimate.low):
        return f"{number(estimate.value)} (no interval)"
    return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def data_version(*, study: Study) -> DataVersion:
    simulated = Q(assignment__rater__simulated=True)
    return DataVersion(
        **Rating.objects.current()
        .in_study(study)
        .aggregate(
            last=Max("pk", default=0),
            n_ratings=Count("pk"),
            n_simulated=Count("pk", filter=simulated),
            n_excluded=Count("pk", filter=Q(assignment__rater__excluded_at__isnull=False)),
            last_exclusion=Max("assignment__rater__excluded_at"),
        )
    )


def results(
    *,
    study: Study,
    parts_of_speech: Parts = (),
    version: DataVersion,
    everybody: bool = False,
) -> Results:
    """The results of these parts of speech (of all, when none is named) at this data version.

    Excluded raters are left out, unless `everybody` is asked for.
    """
    parts = "-".join(sorted(parts_of_speech))
    key = f"results/{study.pk}/{version}/{parts}/{everybody:d}"
    found: Results | None = cache.get(key)
    if found is None:
        found = _compute(study, parts_of_speech, version, everybody)
        cache.set(key, found, _REMEMBER_SECONDS)
    return found


def _compute(study: Study, parts: Parts, version: DataVersion, everybody: bool) -> Results:
    answers = Rating.objects.current().in_study(study)
    if not everybody:
        answers = answers.of_included_raters()
    if parts:
        answers = answers.filter(assignment__item__pos__in=parts)
    ratings = answers.of_real_maps()
    counts = count_by_item(answers.for_items())
    real = counts.of_kind(ItemKind.REAL)
    raters = dict(
        ratings.values_list("assignment__item__pos").annotate(
            raters=Count("assignment__rater", distinct=True)
        )
    )
    n_raters = ratings.aggregate(raters=Count("assignment__rater", distinct=True))["raters"]
    return Results(
        version=version,
        overall=_summarise("", real, n_raters),
        by_pos=tuple(
            _summarise(pos, real.of(pos), raters[pos])
            for pos in PartOfSpeech.values
            if pos in raters
        ),
        comparisons=comparisons(counts, Resampling(_rng, RESAMPLES, CONFIDENCE)),
    )


def _summarise(pos: str, counts: ItemCounts, n_raters: int) -> Summary:
    mos, alpha = _opinion(counts.scores), _agreement(counts.scores)
    return Summary(
        pos=pos,
        n_items=len(counts.pos),
        n_raters=n_raters,
        scores=tuple(counts.scores.sum(axis=0).tolist()),
        opt_outs=tuple(counts.opt_outs.sum(axis=0).tolist()),
        mos=mos,
        mos_note=_why_no_opinion(mos),
        alpha=alpha,
        alpha_note=_why_no_agreement(alpha, counts.scores),
    )


def _opinion(scores: NDArray[np.int64]) -> Estimate:
    return statistics.mean_opinion_score(
        scores @ np.array(SCORES), scores.sum(axis=1), rng=_rng(), n=RESAMPLES
    )


def _agreement(scores: NDArray[np.int64]) -> Estimate:
    values = np.array(SCORES)
    interval = statistics.alpha_interval_from_counts(scores, values, n=RESAMPLES, rng=_rng())
    paired = scores[scores.sum(axis=1) >= 2]
    value = statistics.alpha_from_counts(scores, values)
    return Estimate(value, *interval, n=int(paired.sum()))


def _rng() -> np.random.Generator:
    return np.random.default_rng(BOOTSTRAP_SEED)


def _why_no_opinion(mos: Estimate) -> str:
    if math.isnan(mos.value):
        return "not defined: nobody has given a score yet"
    if math.isnan(mos.low):
        return "no interval: only one item has a score"
    return ""


def _why_no_agreement(alpha: Estimate, scores: NDArray[np.int64]) -> str:
    if not alpha.n:
        return "not defined: no item has two scores"
    if math.isnan(alpha.value):
        return "not defined: all scores are the same, so agreement cannot be told from habit"
    if math.isnan(alpha.low):
        paired = int((scores.sum(axis=1) >= 2).sum())
        if paired == 1:
            return "no interval: only one item has two scores"
        return f"no interval: the scores of {paired} items vary too little"
    return ""
