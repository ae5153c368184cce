"""How much two values of a scale agree: 1 with itself, 0 between the ends of the scale."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from annotator.statistics.agreement.tables import Floats

Weights = Literal["identity", "linear", "quadratic", "ordinal"]


def agreement_weights(values: Floats, weights: Weights) -> Floats:
    """The weights (value, value) of Gwet (2014), "Handbook of Inter-Rater Reliability", chapter 3.

    *identity*: only equal values agree. *linear*, *quadratic*: what the distance of two values,
    as a share of the scale's length, leaves of 1, once or squared. *ordinal*: as many pairs of
    values as lie between two, both included, as a share of all pairs: uses only their order.
    """
    places = np.arange(len(values), dtype=np.float64)
    steps: Floats = np.abs(places[:, None] - places)
    if weights == "identity" or len(values) < 2:
        distances = np.sign(steps)
    elif weights == "ordinal":
        distances = steps * (steps + 1) / (len(values) * (len(values) - 1))
    elif weights in ("linear", "quadratic"):
        power = 1 if weights == "linear" else 2
        distances = (np.abs(values[:, None] - values) / np.ptp(values)) ** power
    else:
        raise ValueError(f"The weights are one of {', '.join(get_args(Weights))}, not {weights!r}.")
    return 1.0 - distances
