"""How far two groups of items differ in opinion: by how much, how surely, and how large that is.

Groups are parts of speech, real maps and a control, two models or two attribution methods. The
unit is the item with all its ratings. Cliff's delta: Cliff (1993), "Dominance statistics",
Psychological Bulletin 114(3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics import permutation
from annotator.statistics.bootstrap import (
    UNDEFINED,
    Estimate,
    bootstrap_interval,
    check_settings,
    pattern_of_rows,
    percentile_interval,
    ratio_terms,
)
from annotator.statistics.permutation import UNTESTED, Significance
from annotator.statistics.strata import Stratum, strata_of


@dataclass(frozen=True, slots=True)
class Arm:
    """One group of items: sum and number of the scores of each, and its stratum where it has one.

    Strata are what the items' labels may not be shuffled across, say parts of speech: every
    comparison is then made within them.
    """

    score_sums: ArrayLike
    counts: ArrayLike
    strata: ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Resampling:
    """How many bootstrap replicates and permutations, at which confidence."""

    replicates: int = 1000
    permutations: int = 9999
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Contrast:
    """How much higher the first arm is than the other.

    `difference` is in points. `delta` is Cliff's: the chance that an item of the first arm has the
    higher mean score less the chance that it has the lower, from -1 to 1. `n` of both counts items
    (or pairs). `test.p` is two-sided; `p_holm` is adjusted for the family asked for together.
    """

    difference: Estimate
    delta: Estimate
    test: Significance
    p_holm: float


def contrast(
    one: Arm, other: Arm, *, rng: np.random.Generator, how: Resampling | None = None
) -> Contrast:
    """Compare two groups of different items by the means of all their ratings.

    With strata, the difference is the mean of those within strata, weighted by
    n·m / (n + m) for n and m items, and delta compares items of one stratum only; a stratum that
    lacks an arm says nothing and is left out. Intervals resample the items of each arm (within
    strata); the test shuffles which arm they belong to.

    Values and p are nan when an arm has no rated item, intervals with fewer than two. Where
    nothing varies, intervals have no width; where the arms do not overlap, that of delta hasn't.
    """
    how = how or Resampling()
    check_settings(how.replicates, how.confidence)
    check_settings(how.permutations, how.confidence)
    strata = strata_of(_terms(one), _terms(other), one.strata, other.strata)
    if not strata:
        nothing = Estimate(np.nan, *UNDEFINED, n=0)
        return Contrast(nothing, nothing, UNTESTED, np.nan)
    test = _test(strata, rng, how)
    return Contrast(*_estimates(strata, rng, how), test, test.p)


def paired_contrast(
    one: Arm,
    other: Arm,
    *,
    clusters: ArrayLike | None = None,
    rng: np.random.Generator,
    how: Resampling | None = None,
) -> Contrast:
    """Compare two arms whose items are pairs: place i of both is the same word of the same prompt.

    Pairs of which either has no rating are left out. The difference is the mean over pairs of that
    of the items' mean scores; delta is Cliff's within-pair dominance, the share of pairs in which
    the first is higher less the share in which it is lower; the test flips signs. `pair_up` makes
    such arms from labels. Strata are not needed here: a pair is one.

    `clusters` says which pairs belong together, (pair,), say those of one prompt, whose words share
    its pictures: they are resampled, and have their signs flipped, all together.
    """
    how = how or Resampling()
    differences, rated = _pair_differences(_terms(one), _terms(other))
    together = np.arange(len(rated)) if clusters is None else np.asarray(clusters)
    if together.shape != rated.shape:
        raise ValueError(f"Give one cluster per pair: {len(rated)}, clusters {together.shape}.")
    cluster = np.unique(together[rated], return_inverse=True)[1]
    sums = np.bincount(cluster, weights=differences)
    test = permutation.sign_flips(sums, rng=rng, n=how.permutations)
    value, delta = (_mean(each, cluster, rng, how) for each in (differences, np.sign(differences)))
    return Contrast(value, delta, test, test.p)


def contrasts(
    arms: Mapping[str, Arm],
    *,
    against: str | None = None,
    rng: np.random.Generator,
    how: Resampling | None = None,
) -> dict[tuple[str, str], Contrast]:
    """A family: every pair of arms, or `against` and every other; `p_holm` is adjusted for all.

    Each pair is a key, in the order of `arms`. Pairs that could not be tested are not counted.
    """
    if against is None:
        names = list(combinations(arms, 2))
    else:
        names = [(against, name) for name in arms if name != against]
    found = {(a, b): contrast(arms[a], arms[b], rng=rng, how=how) for a, b in names}
    return with_holm(found)


def any_difference(
    arms: Sequence[Arm], *, rng: np.random.Generator, permutations: int = 9999
) -> Significance:
    """Test that several groups of different items all have the same mean, whichever may differ.

    Items are dealt anew to groups of the same sizes, and the variance between the groups' means of
    all ratings is compared: the permutation form of a one-way analysis of variance. Always by
    random deals, strata are not looked at, and groups without a rated item are left out. p is nan
    with fewer than two groups.
    """
    check_settings(permutations, 0.5)
    groups = [terms[terms[:, 1] > 0] for terms in map(_terms, arms)]
    groups = [terms for terms in groups if len(terms)]
    if len(groups) < 2:
        return UNTESTED
    patterns, place = pattern_of_rows(np.concatenate(groups))
    held = np.split(place, np.cumsum([len(terms) for terms in groups])[:-1])
    dealt = np.stack([np.bincount(each, minlength=len(patterns)) for each in held])

    def between(deals: NDArray[np.float64]) -> NDArray[np.float64]:
        sums, counts = np.moveaxis(deals @ patterns, -1, 0)  # (replicate, group)
        mean = patterns[place, 0].sum() / patterns[place, 1].sum()
        return (counts * (sums / counts - mean) ** 2).sum(axis=1)

    observed = float(between(dealt[None].astype(np.float64))[0])
    deals = permutation.random_splits(dealt, rng=rng, n=permutations)
    return permutation.significance(observed, np.concatenate([*map(between, deals)]), exact=False)


def with_holm(family: Mapping[tuple[str, str], Contrast]) -> dict[tuple[str, str], Contrast]:
    """The same contrasts with `p_holm` adjusted for being asked together."""
    adjusted = permutation.holm([found.test.p for found in family.values()])
    return {
        names: replace(found, p_holm=float(p))
        for (names, found), p in zip(family.items(), adjusted, strict=True)
    }


def pair_up(labels: ArrayLike, arm: Arm, other_labels: ArrayLike, other: Arm) -> tuple[Arm, Arm]:
    """The two arms with one place per label that both have, in the labels' order.

    Several items of one label (the same word under two seeds) are added up.
    """
    names, other_names = np.asarray(labels), np.asarray(other_labels)
    common = np.intersect1d(names, other_names)
    return _added_up(common, names, arm), _added_up(common, other_names, other)


def _added_up(common: NDArray, labels: NDArray, arm: Arm) -> Arm:
    terms = _terms(arm)
    if labels.shape != terms.shape[:1]:
        raise ValueError(f"Give one label per item: {len(terms)} items, labels {labels.shape}.")
    kept = np.isin(labels, common)
    place = np.searchsorted(common, labels[kept])
    sums, counts = (
        np.bincount(place, weights=column, minlength=len(common)) for column in terms[kept].T
    )
    return Arm(sums, counts)


def _terms(arm: Arm) -> NDArray[np.float64]:
    return ratio_terms(arm.score_sums, arm.counts)


def _estimates(
    strata: tuple[Stratum, ...], rng: np.random.Generator, how: Resampling
) -> tuple[Estimate, Estimate]:
    """Difference and delta with their intervals, from the same resamples."""
    weights = np.array([[stratum.weight, stratum.n_pairs] for stratum in strata])
    weights = weights / weights.sum(axis=0)  # (stratum, difference and delta)
    values = sum(w * s.observed() for w, s in zip(weights, strata, strict=True))
    n = sum(stratum.n_items for stratum in strata)
    per_arm = sum(stratum.multiplicities.sum(axis=1) for stratum in strata)
    if per_arm.min() < 2:
        intervals = [UNDEFINED, UNDEFINED]
    else:
        drawn = sum(
            w * s.resampled(rng, how.replicates) for w, s in zip(weights, strata, strict=True)
        )
        intervals = [percentile_interval(column, how.confidence) for column in drawn.T]
    difference, delta = (
        Estimate(float(value), *interval, n=n)
        for value, interval in zip(values, intervals, strict=True)
    )
    return difference, delta


def _test(strata: tuple[Stratum, ...], rng: np.random.Generator, how: Resampling) -> Significance:
    """Two-sided test of the weighted difference within strata."""
    observed = sum(stratum.weight * float(stratum.observed()[0]) for stratum in strata)
    if sum(stratum.log_splits for stratum in strata) > math.log(permutation.EXACT_LIMIT):
        shuffled = np.zeros(how.permutations)
        for stratum in strata:
            shuffled += stratum.weight * stratum.shuffled(rng, how.permutations)
        return permutation.significance(observed, shuffled, exact=False)
    every = np.zeros(1)
    for stratum in strata:  # each split of one stratum goes with each of the others
        every = (every[:, None] + stratum.weight * stratum.every_split()).ravel()
    return permutation.significance(observed, every, exact=True)


def _pair_differences(
    one: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of the pairs rated on both sides; and which those are."""
    if one.shape != other.shape:
        raise ValueError(
            f"Pairs have two sides: {len(one)} items in one arm, {len(other)} in the other. "
            "Match them by their labels with `pair_up`."
        )
    rated = (one[:, 1] > 0) & (other[:, 1] > 0)
    one, other = one[rated], other[rated]
    return one[:, 0] / one[:, 1] - other[:, 0] / other[:, 1], rated


def _mean(
    values: NDArray[np.float64],
    cluster: NDArray[np.intp],
    rng: np.random.Generator,
    how: Resampling,
) -> Estimate:
    interval = bootstrap_interval(
        np.bincount(cluster, weights=values),
        np.bincount(cluster),
        rng=rng,
        n=how.replicates,
        confidence=how.confidence,
    )
    return Estimate(float(values.mean()) if len(values) else np.nan, *interval, n=len(values))
