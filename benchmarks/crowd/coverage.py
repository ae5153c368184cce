"""How often a 95 % interval holds the truth of a simulated crowd, and how often a test errs.

Each interval is asked about what it resamples. Over items, every study has other items and the
same raters; over raters, other raters and the same items; over both, both are others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from annotator.statistics import (
    Arm,
    CrossedRatings,
    MixedModel,
    Resampling,
    alpha_from_counts,
    alpha_interval_from_counts,
    bootstrap_interval,
    contrast,
    count_table,
    fit_mixed_model,
    gwet_ac,
    gwet_ac_interval,
    intraclass_correlation,
    intraclass_correlation_interval,
    mean_opinion_score,
    opinion_intervals,
    pair_up,
    paired_contrast,
    paper_opinion_score,
    share_at_least,
)
from benchmarks.crowd.simulate import (
    MEAN,
    PER_PROMPT,
    RATERS,
    SCALE,
    Draw,
    qualities,
    rate,
    rate_in_logits,
    severities,
)

POPULATION = 200_000  # items that stand for all
REPLICATES = 500
HOW = Resampling(replicates=REPLICATES, permutations=199)

Interval = tuple[float, float]
Once = Callable[[Draw], Mapping[str, bool]]


def coverage(n_items: int, runs: int) -> dict[str, float]:
    """The share of runs whose interval holds the truth, by the interval's name."""
    found: dict[str, float] = {}
    for scenario in _SCENARIOS:
        found |= _shares(scenario(n_items), n_items, runs)
    return found


def false_alarms(n_items: int, runs: int) -> dict[str, float]:
    """The share of runs in which a test at 5 % sees a difference where there is none."""

    def once(rng: Draw) -> dict[str, bool]:
        severity = severities(rng)
        one, other = (rate(rng, qualities(rng, n_items), severity) for _ in range(2))
        arms = _arm(one), _arm(other)
        paired = pair_up(one.items, arms[0], other.items, arms[1])
        ratings = (Arm(each.score, np.ones(len(each.score))) for each in (one, other))
        return {
            "shuffling items": _rejects(contrast(*arms, rng=rng, how=HOW)),
            "flipping pairs": _rejects(paired_contrast(*paired, rng=rng, how=HOW)),
            "shuffling single ratings (wrong)": _rejects(contrast(*ratings, rng=rng, how=HOW)),
            "mixed model": bool(_two_arms(rng, n_items, 0).p_values()[0] <= 0.05),
        }

    return _shares(once, n_items, runs)


def _over_items(n_items: int) -> Once:
    severity = severities(np.random.default_rng(1))
    rng = np.random.default_rng(2)
    everything = rate(rng, qualities(rng, POPULATION), severity)
    truths = _numbers(everything, rng)

    def once(rng: Draw) -> dict[str, bool]:
        study = rate(rng, qualities(rng, n_items), severity)
        found = _intervals(study, rng)
        return {f"{name}, items": _holds(found[name], truths[name]) for name in truths} | {
            "MOS, single ratings (wrong)": _holds(_of_ratings(study, rng), truths["MOS"])
        }

    return once


def _numbers(ratings: CrossedRatings, rng: Draw) -> dict[str, float]:
    counts = _counts(ratings)
    return {
        "MOS": float(ratings.score.mean()),
        "MOS by the paper's rule": _paper(counts, rng, n=1).value,
        "Fair or better": float((ratings.score >= 3).mean()),
        "alpha": alpha_from_counts(counts, SCALE),
        "AC2": gwet_ac(ratings),
        "ICC": intraclass_correlation(ratings),
    }


def _intervals(ratings: CrossedRatings, rng: Draw) -> dict[str, Interval]:
    counts = _counts(ratings)
    kept: Any = {"rng": rng, "n": REPLICATES}
    mos = mean_opinion_score(*ratings.by_item(), **kept)
    paper = _paper(counts, rng, REPLICATES)
    fair = share_at_least(counts, SCALE, 3, **kept)
    return {
        "MOS": (mos.low, mos.high),
        "MOS by the paper's rule": (paper.low, paper.high),
        "Fair or better": (fair.low, fair.high),
        "alpha": alpha_interval_from_counts(counts, SCALE, **kept),
        "AC2": gwet_ac_interval(ratings, **kept),
        "ICC": intraclass_correlation_interval(ratings, **kept),
    }


def _over_prompts(n_items: int) -> Once:
    """Items of a prompt are alike: whole prompts must be drawn."""
    severity = severities(np.random.default_rng(1))
    rng = np.random.default_rng(2)
    truth = float(rate(rng, qualities(rng, POPULATION, prompts=0.6), severity).score.mean())

    def once(rng: Draw) -> dict[str, bool]:
        study = rate(rng, qualities(rng, n_items, prompts=0.6), severity)
        sums, counts = study.by_item()
        kept: Any = {"rng": rng, "n": REPLICATES}
        by_prompt = mean_opinion_score(sums, counts, clusters=study.items // PER_PROMPT, **kept)
        by_item = mean_opinion_score(sums, counts, **kept)
        return {
            "MOS, prompts": _holds((by_prompt.low, by_prompt.high), truth),
            "MOS, items of alike prompts (wrong)": _holds((by_item.low, by_item.high), truth),
        }

    return once


def _over_raters(n_items: int) -> Once:
    quality = qualities(np.random.default_rng(1), n_items)
    rng = np.random.default_rng(2)
    by_everybody = rate(rng, np.tile(quality, POPULATION // n_items), severities(rng, 20_000))
    truth = float(by_everybody.score.mean())

    def once(rng: Draw) -> dict[str, bool]:
        study = rate(rng, quality, severities(rng))
        drawn = bootstrap_interval(*study.by_rater(), rng=rng, n=REPLICATES)
        return {"MOS, raters": _holds(drawn, truth)}

    return once


def _over_both(n_items: int) -> Once:
    rng = np.random.default_rng(2)
    truth = float(rate(rng, qualities(rng, POPULATION), severities(rng, 20_000)).score.mean())

    def once(rng: Draw) -> dict[str, bool]:
        found = opinion_intervals(_crowd(rng, n_items), rng=rng, n=REPLICATES)
        return {
            "MOS, items and raters": _holds(found.both.bootstrap, truth),
            "MOS, items and raters (standard error)": _holds(found.both.analytic, truth),
            "MOS, items where both are others (wrong)": _holds(found.items.bootstrap, truth),
        }

    return once


def _differences(n_items: int) -> Once:
    """Of items half a point apart, judged by the same raters."""
    severity = severities(np.random.default_rng(1))

    def arms(rng: Draw, n: int) -> tuple[Arm, Arm]:
        level = (MEAN, MEAN - 0.5)
        return tuple(_arm(rate(rng, qualities(rng, n, at), severity)) for at in level)

    truth = contrast(*arms(np.random.default_rng(2), POPULATION), rng=np.random.default_rng(3))

    def once(rng: Draw) -> dict[str, bool]:
        found = contrast(*arms(rng, n_items), rng=rng, how=HOW)
        return {
            "difference, items": found.difference.low
            <= truth.difference.value
            <= found.difference.high,
            "Cliff's delta, items": found.delta.low <= truth.delta.value <= found.delta.high,
        }

    return once


def _effects(n_items: int) -> Once:
    """Of the second half of the items, a logit above the first."""

    def once(rng: Draw) -> dict[str, bool]:
        (found,) = _two_arms(rng, n_items, 1).estimates()
        return {"effect in the mixed model": found.low <= 1 <= found.high}

    return once


def _two_arms(rng: Draw, n_items: int, effect: float) -> MixedModel:
    second = np.arange(n_items) >= n_items // 2
    quality = rng.normal(0, 1, n_items) + effect * second
    ratings = rate_in_logits(rng, quality, rng.normal(0, 0.7, RATERS))
    return fit_mixed_model(ratings, second[ratings.items][ratings.item][:, None])


_SCENARIOS = (_over_items, _over_prompts, _over_raters, _over_both, _differences, _effects)


def _crowd(rng: Draw, n_items: int) -> CrossedRatings:
    return rate(rng, qualities(rng, n_items), severities(rng))


def _arm(ratings: CrossedRatings) -> Arm:
    return Arm(*ratings.by_item())


def _counts(ratings: CrossedRatings) -> np.ndarray:
    return count_table(ratings.item, ratings.score, SCALE, len(ratings.items))


def _paper(counts: np.ndarray, rng: Draw, n: int) -> Any:
    return paper_opinion_score(counts, SCALE, np.zeros(len(counts)), rng=rng, n=n)


def _of_ratings(ratings: CrossedRatings, rng: Draw) -> Interval:
    return bootstrap_interval(ratings.score, np.ones(len(ratings.score)), rng=rng, n=REPLICATES)


def _holds(interval: Interval, truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


def _rejects(found: Any) -> bool:
    return found.test.p <= 0.05


def _shares(once: Once, n_items: int, runs: int) -> dict[str, float]:
    rows = [once(np.random.default_rng([seed, n_items])) for seed in range(runs)]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
