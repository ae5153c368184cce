"""One mean opinion score, and how sure it is under each answer to: what would be drawn anew?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics.bootstrap import Interval, bootstrap_interval
from annotator.statistics.crossed import CrossedRatings
from annotator.statistics.two_way import (
    normal_interval,
    pigeonhole_interval,
    standard_error,
    two_way_standard_error,
)


@dataclass(frozen=True, slots=True)
class ResampledInterval:
    """An interval by bootstrap, and by an analytic standard error that it is checked against."""

    bootstrap: Interval
    analytic: Interval


@dataclass(frozen=True, slots=True)
class OpinionIntervals:
    """The mean of all ratings with intervals over items, raters, both, and prompts.

    `items`: other items, the same raters. `raters`: the same items, other raters. `both`: other
    items judged by other raters, the widest and the one that a claim about people needs. `prompts`:
    other prompts with all their items; None when prompts were not given.
    """

    value: float
    n_ratings: int
    items: ResampledInterval
    raters: ResampledInterval
    both: ResampledInterval
    prompts: ResampledInterval | None


def opinion_intervals(
    ratings: CrossedRatings,
    *,
    prompts: ArrayLike | None = None,
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
) -> OpinionIntervals:
    """Every interval of the mean rating; `prompts` has one label per item of `ratings.items`.

    Intervals are (nan, nan) with fewer than two of what is drawn; without a rating the value is.
    """
    n_ratings = len(ratings.score)
    value = float(ratings.score.mean()) if n_ratings else math.nan

    def resampled(sums: ArrayLike, counts: ArrayLike) -> ResampledInterval:
        drawn = bootstrap_interval(sums, counts, rng=rng, n=n, confidence=confidence)
        return ResampledInterval(
            drawn, normal_interval(value, standard_error(sums, counts), confidence)
        )

    return OpinionIntervals(
        value=value,
        n_ratings=n_ratings,
        items=resampled(*ratings.by_item()),
        raters=resampled(*ratings.by_rater()),
        both=ResampledInterval(
            pigeonhole_interval(ratings, rng=rng, n=n, confidence=confidence),
            normal_interval(value, two_way_standard_error(ratings), confidence),
        ),
        prompts=None if prompts is None else resampled(*_by_prompt(ratings, np.asarray(prompts))),
    )


def _by_prompt(
    ratings: CrossedRatings, prompts: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if prompts.shape != ratings.items.shape:
        raise ValueError(
            f"Give one prompt per item: {len(ratings.items)} items, prompts {prompts.shape}."
        )
    labels, prompt = np.unique(prompts, return_inverse=True)
    return ratings.sums_of(prompt[ratings.item], len(labels))
