"""Item scores by Dawid–Skene and MACE, through crowd-kit where it is installed.

Both take the five points as names without order, which `statistics.fit_rater_model` does not; they
are here because many papers report them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from annotator.errors import LibraryMissing
from annotator.statistics import CrossedRatings

Model = Literal["dawid-skene", "mace"]


@dataclass(frozen=True, slots=True, eq=False)
class Aggregated:
    """One entry per place of `items`: the likeliest score, and the mean score it would get."""

    items: NDArray
    likeliest: NDArray[np.float64]
    expected: NDArray[np.float64]


def aggregate(*, ratings: CrossedRatings, model: Model, restarts: int = 10) -> Aggregated:
    """Dawid and Skene (1979), or the best of so many `restarts` of MACE (Hovy et al. 2013).

    LibraryMissing when crowd-kit is not installed.
    """
    if not len(ratings.score):
        nothing = np.zeros(0)
        return Aggregated(ratings.items, nothing, nothing)
    fitted = _model(model, restarts)
    import pandas  # crowd-kit brings it

    table = pandas.DataFrame(
        {"task": ratings.item, "worker": ratings.rater, "label": ratings.score}
    )
    chances = fitted.fit_predict_proba(table).sort_index()
    scores = chances.columns.to_numpy(dtype=np.float64)
    shares = chances.to_numpy(dtype=np.float64)  # (item, score)
    return Aggregated(ratings.items, scores[shares.argmax(axis=1)], shares @ scores)


def _model(name: Model, restarts: int) -> Any:
    try:
        from crowdkit.aggregation import MACE, DawidSkene
    except ImportError as missing:
        raise LibraryMissing from missing
    return DawidSkene() if name == "dawid-skene" else MACE(n_restarts=restarts, random_state=0)
