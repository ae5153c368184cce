"""Published and simulated ratings that the tests of agreement share."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

NAN = math.nan
SCALE = np.arange(1, 6)

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", sections C and D: four
# observers, twelve units, some missing. Gwet prints other coefficients of the same data
# (irrCAC for R, README and "weighting" vignette, data set cac.raw4raters).
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]

# Gwet (2014): two abstractors classify 100 pregnancies (irrCAC for R, data set cont3x3abstractors).
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])


def two_raters(table: np.ndarray) -> np.ndarray:
    """The ratings (2, item) of a contingency table, values numbered from 1."""
    first, second = np.indices(table.shape) + 1
    return np.stack([first.repeat(table.ravel()), second.repeat(table.ravel())])


def incomplete_skewed_ratings(seed: int, n_raters: int, n_items: int) -> np.ndarray:
    """Correlated five-point ratings, mostly high, about half of the cells missing."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(4.0, 0.8, size=n_items)
    ratings = np.clip(np.rint(quality + rng.normal(0, 1, (n_raters, n_items))), 1, 5)
    ratings[rng.random(ratings.shape) < 0.5] = NAN
    ratings[:2, 0] = 2, 5  # one pair that differs, so that alpha is defined
    return ratings


crowds = st.builds(
    incomplete_skewed_ratings,
    seed=st.integers(0, 2**32 - 1),
    n_raters=st.integers(2, 9),
    n_items=st.integers(1, 40),
)


def recorded() -> list[dict[str, Any]]:
    """What irrCAC and pingouin said about simulated ratings: see record.py."""
    cases = json.loads(Path(__file__).with_name("recorded.json").read_text())["cases"]
    for case in cases:
        case["ratings"] = np.array(case["ratings"], dtype=np.float64)
    return cases
