"""The scale that raters answered on: its points, their names and what they count as. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from annotator.models import Study
from annotator.models.study import DEFAULT_LABELS, SCORES

_DECIMAL_COMMA = re.compile(r"([-+−]?\d+),(\d{1,2})")


@dataclass(frozen=True)
class Scale:
    """`labels` with the `values` they count as, ascending; worst first where they are `ordered`.

    Without an order the values only tell labels apart, and nothing may be computed with them.
    """

    labels: tuple[str, ...]
    values: tuple[float, ...]
    ordered: bool = True

    @property
    def step(self) -> float:
        """The mean distance of neighbouring points: 1 on a scale of 1 to 5."""
        return (self.values[-1] - self.values[0]) / (len(self.values) - 1)

    @property
    def middle(self) -> float:
        """“Fair” of five points; of an even number, the upper one of the two in the middle."""
        return self.values[len(self.values) // 2]

    @property
    def points(self) -> tuple[str, ...]:
        """What each point is called in tables and legends: “4 Good”, or the label where it says
        the number itself or where there is none.
        """
        pairs = zip(self.labels, self.values, strict=True)
        return tuple(
            label if not self.ordered or _is(label, value) else f"{value:g} {label}"
            for label, value in pairs
        )

    def label_of(self, value: float) -> str:
        """The label of the point nearest to a value."""
        return self.labels[int(np.abs(np.array(self.values) - value).argmin())]


FIVE_POINTS = Scale(DEFAULT_LABELS, tuple(map(float, SCORES)))


def scale_of(study: Study) -> Scale:
    return Scale(tuple(study.labels), FIVE_POINTS.values)


def scale_from(labels: tuple[str, ...], *, ordered: bool = True) -> Scale:
    """Ascending numbers count as themselves; any other labels as 1, 2, 3 and so on."""
    numbers = [number(label) for label in labels]
    values = tuple(value for value in numbers if value is not None)
    ascends = len(values) == len(labels) and all(np.diff(values) > 0)
    if not ordered or not ascends:
        values = tuple(float(place) for place in range(1, len(labels) + 1))
    return Scale(labels, values, ordered)


def number(label: str) -> float | None:
    """The finite number that a label says, if it says one, also with a comma for the point: 4,5.

    1,000 is none: nobody can tell a thousand from one.
    """
    comma = _DECIMAL_COMMA.fullmatch(label.strip())
    try:
        value = float((".".join(comma.groups()) if comma else label).replace("−", "-"))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _is(label: str, value: float) -> bool:
    return number(label) == value
