"""How far raters agree on what is in a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annotator.domain.rating.presence import Seen
from annotator.domain.results.resampling import CONFIDENCE, RESAMPLES, rng
from annotator.statistics import Estimate
from annotator.statistics.bootstrap import distinct_rows, percentile_interval, resamples


def alpha(items: Sequence[Seen]) -> Estimate:
    """Krippendorff's alpha, nominal, of the answers “it is there” and “it is not”.

    What is judged is a thing of a picture; n counts the answers about those with two or more. Whole
    pictures are resampled: who errs about one thing of a picture may err about the next. nan where
    no picture has two answers, and where all answers are the same.
    """
    judged = [one for one in items if one.n >= 2]
    terms = np.array([_terms(one) for one in judged]).reshape(-1, 3)
    n = int(terms[:, 1:].sum())
    value = float(_alphas(terms.sum(axis=0)))
    if math.isnan(value) or len(judged) < 2:
        return Estimate(value, math.nan, math.nan, n)
    patterns, multiplicity = distinct_rows(terms)
    drawn = resamples(multiplicity, rng=rng(), n=RESAMPLES)
    sums = np.concatenate([block @ patterns for block in drawn])  # (resample, term)
    return Estimate(value, *percentile_interval(_alphas(sums), CONFIDENCE), n)


def _terms(one: Seen) -> tuple[float, int, int]:
    """What alpha is made of, summed over a picture's things: disagreeing pairs, each weighted by
    1 / (n − 1), and answers of either kind. Krippendorff (2011), "Computing Krippendorff's
    Alpha-Reliability", section C: one off-diagonal cell and the margins of the coincidences.
    """
    seen = np.array(list(one.counts.values()))
    pairs = float((seen * (one.n - seen)).sum()) / (one.n - 1)
    return pairs, int(seen.sum()), int((one.n - seen).sum())


def _alphas(terms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of sums of terms, (..., 3): one alpha each."""
    pairs, seen, unseen = np.moveaxis(np.asarray(terms, dtype=float), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(
            seen * unseen > 0, 1 - (seen + unseen - 1) * pairs / (seen * unseen), np.nan
        )
