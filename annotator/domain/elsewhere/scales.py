"""Which five labels are the points of the scale, worst first. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from annotator.models.study import DEFAULT_LABELS, SCORES

POINTS = len(SCORES)
_NUMBERS = [tuple(str(first + step) for step in range(POINTS)) for first in (1, 0, -2)]
KNOWN = (
    *_NUMBERS,
    DEFAULT_LABELS,
    # HEIM and Otani et al. (2023).
    (
        "Does not match at all",
        "Has significant discrepancies",
        "Has several minor discrepancies",
        "Has a few minor discrepancies",
        "Matches exactly",
    ),
)


def plain(label: str) -> str:
    """As labels are compared: “ Good ” is “good”, and 4.0 is 4."""
    text = " ".join(label.split()).casefold()
    whole, point, rest = text.partition(".")
    return whole if point and rest and not rest.strip("0") else text


def likely_scale(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The known scale that most of these labels are on; `counts` says how often each occurs."""
    compared = {plain(label): 0 for label in counts}
    for label, count in counts.items():
        compared[plain(label)] += count

    def covered(scale: Sequence[str]) -> int:
        return sum(compared.get(plain(label), 0) for label in scale)

    return max(KNOWN, key=covered)
