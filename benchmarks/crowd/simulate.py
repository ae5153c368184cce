"""Crowds whose truth is known: a latent opinion per rating, rounded to five points."""

from __future__ import annotations

import numpy as np

from annotator.statistics import CrossedRatings, crossed_ratings

SCALE = np.arange(1, 6)
MEAN, ITEMS, SEVERITY, NOISE = 3.7, 0.8, 0.3, 0.7  # points; all but the first are spreads
RATERS, PER_ITEM, PER_PROMPT = 30, 3, 5
MISSING = 0.04
CUTS = (-3.0, -1.5, -0.5, 1.5)  # logits

Draw = np.random.Generator


def qualities(rng: Draw, n_items: int, level: float = MEAN, prompts: float = 0) -> np.ndarray:
    """Latent quality of each item; `prompts` is the spread between prompts of five items."""
    of_prompt = rng.normal(0, prompts, -(-n_items // PER_PROMPT)).repeat(PER_PROMPT)[:n_items]
    return level + of_prompt + rng.normal(0, ITEMS, n_items)


def severities(rng: Draw, n_raters: int = RATERS) -> np.ndarray:
    return rng.normal(0, SEVERITY, n_raters)


def rate(rng: Draw, quality: np.ndarray, severity: np.ndarray) -> CrossedRatings:
    """Three different raters of each item, 4 % of the ratings missing."""
    item, rater = assigned(rng, len(quality), len(severity))
    latent = quality[item] - severity[rater] + rng.normal(0, NOISE, len(item))
    given = rng.random(len(item)) >= MISSING
    return crossed_ratings(item[given], rater[given], rounded(latent)[given])


def rate_in_logits(rng: Draw, quality: np.ndarray, severity: np.ndarray) -> CrossedRatings:
    """The same, of a crowd whose points are not equally far apart: quality in logits."""
    item, rater = assigned(rng, len(quality), len(severity))
    latent = quality[item] - severity[rater] + rng.logistic(size=len(item))
    given = rng.random(len(item)) >= MISSING
    score = 1 + np.searchsorted(CUTS, latent)
    return crossed_ratings(item[given], rater[given], score[given])


def assigned(rng: Draw, n_items: int, n_raters: int) -> tuple[np.ndarray, np.ndarray]:
    """Item and rater of each rating: three random raters of a circle, none twice."""
    gaps = np.sort(rng.integers(0, n_raters - PER_ITEM + 1, (n_items, PER_ITEM)), axis=1)
    start = rng.integers(0, n_raters, (n_items, 1))
    rater = (start + gaps + np.arange(PER_ITEM)) % n_raters
    return np.arange(n_items).repeat(PER_ITEM), rater.ravel()


def rounded(latent: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(latent), SCALE[0], SCALE[-1])
