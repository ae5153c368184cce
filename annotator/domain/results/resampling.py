"""How intervals and tests are made: the same everywhere, so that the same ratings give the same.

The generator starts anew for every statistic: the order of asking does not matter, and a part of
speech has the same interval alone and among others.
"""

from __future__ import annotations

import numpy as np

from annotator.statistics import Resampling

BOOTSTRAP_SEED = 2023
RESAMPLES = 1000
PERMUTATIONS = 9999
CONFIDENCE = 0.95

HOW = Resampling(replicates=RESAMPLES, permutations=PERMUTATIONS, confidence=CONFIDENCE)


def rng() -> np.random.Generator:
    return np.random.default_rng(BOOTSTRAP_SEED)
