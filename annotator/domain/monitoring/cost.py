"""What a study's ratings cost so far, and will have cost when none is missing."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.db.models import Count, Sum

from annotator.domain.rating import drawing
from annotator.enums import PayPer
from annotator.models import Rating, Study

_MS_PER_HOUR = 3_600_000


@dataclass(frozen=True)
class Cost:
    """In the study's currency. `expected` is None while nothing tells how long a rating takes."""

    spent: float
    expected: float | None
    currency: str


def cost(*, study: Study, given: int, wanted: int) -> Cost | None:
    """Of people, not of simulated raters; `given` and `wanted` count the ratings of the plan.

    Gold checks and repeats are paid like other ratings, and so are excluded raters. Hours are those
    in front of pictures. None where the study has no pay.
    """
    if not study.pay_amount:
        return None
    done = _done(study)
    spent = study.pay_amount * done[study.pay_per]
    return Cost(spent, _expected(study, spent, given, wanted), study.pay_currency)


def _done(study: Study) -> dict[str, float]:
    people = Rating.objects.current().in_study(study).filter(assignment__rater__simulated=False)
    found = people.aggregate(
        ratings=Count("pk"),
        raters=Count("assignment__rater", distinct=True),
        milliseconds=Sum("reaction_ms"),
    )
    return {
        PayPer.RATING: found["ratings"],
        PayPer.RATER: found["raters"],
        PayPer.HOUR: (found["milliseconds"] or 0) / _MS_PER_HOUR,
    }


def _expected(study: Study, spent: float, given: int, wanted: int) -> float | None:
    if study.pay_per == PayPer.RATER:
        most = drawing.share_of(study)
        return study.pay_amount * ceil(wanted / most) if most else None
    if study.pay_per == PayPer.HOUR:
        return spent * wanted / given if given and spent else None
    checks = (study.gold_percent + study.repeat_percent) / 100
    return study.pay_amount * wanted * (1 + checks)
