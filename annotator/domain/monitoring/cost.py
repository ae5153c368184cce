"""What a study's ratings cost so far, and will have cost when none is missing."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from annotator.domain import analyses
from annotator.domain.analyses import Unfiltered
from annotator.domain.rating import drawing
from annotator.enums import PayPer
from annotator.models import Assignment, Study

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
    in front of pictures. None without pay, and until a large study's hours are summed up.
    """
    done = _done(study) if study.pay_amount else None
    if done is None:
        return None
    spent = study.pay_amount * done
    return Cost(spent, _expected(study, spent, given, wanted), study.pay_currency)


def _done(study: Study) -> float | None:
    """How many of what is paid for there are so far."""
    if study.pay_per == PayPer.HOUR:
        figures = analyses.state_of(Unfiltered.RATERS, study=study).rater_figures()
        return None if figures is None else figures.milliseconds / _MS_PER_HOUR
    people = study.raters.filter(simulated=False, answers_stored__gt=0)
    if study.pay_per == PayPer.RATER:
        return people.count()
    # By the raters' index, which is enough: whoever submitted has one answer that counts.
    return Assignment.objects.submitted().filter(rater__in=people).count()


def _expected(study: Study, spent: float, given: int, wanted: int) -> float | None:
    if study.pay_per == PayPer.RATER:
        most = drawing.share_of(study)
        return study.pay_amount * ceil(wanted / most) if most else None
    if study.pay_per == PayPer.HOUR:
        return spent * wanted / given if given and spent else None
    checks = (study.gold_percent + study.repeat_percent) / 100
    return study.pay_amount * wanted * (1 + checks)
