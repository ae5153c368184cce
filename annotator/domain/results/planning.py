"""How sure the mean is now, and what more ratings would buy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from annotator import statistics
from annotator.domain.results.answers import Answers
from annotator.domain.results.resampling import CONFIDENCE

# Half-widths, in steps of the scale, that a paper would want to print.
WANTED = (0.20, 0.10, 0.05)


@dataclass(frozen=True)
class Goal:
    """A half-width, and the ratings still missing for it; None where it cannot be told."""

    half_width: float
    more: int | None
    per_item: int


@dataclass(frozen=True)
class Outlook:
    """Half the width of the mean's interval over items now, nan where it is not known; and goals
    that are narrower than that, at as many ratings of each item as there are on average.
    """

    half_width: float
    goals: tuple[Goal, ...]


NO_OUTLOOK = Outlook(math.nan, ())


def outlook(answers: Answers) -> Outlook:
    """By the variances of items and ratings: see `annotator.statistics.planning`."""
    ratings = answers.crossed
    per_item = max(1, round(len(ratings.score) / max(1, len(ratings.items))))
    wanted = [half * answers.scale.step for half in WANTED]
    now = statistics.opinion_plan(ratings, 2 * wanted[0], confidence=CONFIDENCE).width_now / 2
    if math.isnan(now):
        return Outlook(now, ())
    goals = [_goal(answers, half, per_item) for half in wanted if half < now]
    return Outlook(now, tuple(goals))


def _goal(answers: Answers, half_width: float, per_item: int) -> Goal:
    plan = statistics.opinion_plan(
        answers.crossed, 2 * half_width, per_item=[per_item], confidence=CONFIDENCE
    )
    more = plan.needs[0].more if plan.needs else None
    return Goal(half_width, more, per_item)
