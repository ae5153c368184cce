"""Which scale the labels of a file are on: numbers, well-known words, or names without order. Pure.

A guess, for a person to confirm: what the file does not show it cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from annotator.domain.results.scale import Scale, number, scale_from
from annotator.errors import UploadRefused
from annotator.models.study import DEFAULT_LABELS

FEWEST_POINTS, MOST_POINTS = 2, 11
MOST_NAMES = 30
# A range of numbers is believed when no more than these few ratings are off it.
_ENOUGH = 0.98

# Ranges in use, the likelier of two first.
_RANGES = (
    *((1, 5), (1, 7), (0, 4), (-2, 2), (0, 6), (-3, 3), (0, 1), (1, 3), (1, 4), (0, 3), (1, 6)),
    *((1, 9), (1, 10), (0, 10), (1, 11), (-5, 5), (0, 2), (-1, 1), (1, 2), (1, 8), (0, 5)),
)
NUMBERS = tuple(tuple(str(n) for n in range(low, high + 1)) for low, high in _RANGES)
_ZERO_ONE = ("0", "1")
_AGREE = ("Disagree", "Neutral", "Agree")
WORDS: tuple[tuple[str, ...], ...] = (
    DEFAULT_LABELS,
    # HEIM and Otani et al. (2023).
    (
        "Does not match at all",
        "Has significant discrepancies",
        "Has several minor discrepancies",
        "Has a few minor discrepancies",
        "Matches exactly",
    ),
    _AGREE,
    ("Strongly disagree", *_AGREE, "Strongly agree"),
    ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"),
    ("Strongly disagree", "Disagree", "Agree", "Strongly agree"),
    (
        *("Strongly disagree", "Disagree", "Somewhat disagree", "Neither agree nor disagree"),
        *("Somewhat agree", "Agree", "Strongly agree"),
    ),
    ("Very poor", "Poor", "Fair", "Good", "Very good"),
    ("Very bad", "Bad", "Neutral", "Good", "Very good"),
    ("Poor", "Fair", "Good", "Very good", "Excellent"),
    ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"),
    ("Very unlikely", "Unlikely", "Neutral", "Likely", "Very likely"),
    ("Never", "Rarely", "Sometimes", "Often", "Always"),
    ("Not at all", "Slightly", "Moderately", "Very", "Extremely"),
    ("Very low", "Low", "Medium", "High", "Very high"),
    ("Low", "Medium", "High"),
    ("No", "Yes"),
    ("No", "Maybe", "Yes"),
    ("False", "True"),
)


def plain(label: str) -> str:
    """As labels are compared: “ Good ” is “good”, and 4.0 is 4."""
    text = " ".join(label.split()).casefold()
    value = number(text)
    return text if value is None else f"{value:.12g}"


def likely_scale(counts: Mapping[str, int], *, ordered: bool | None = None) -> Scale:
    """The scale that these labels are most likely on; `counts` says how often each occurs.

    Numbers are on the narrowest range in use that nearly all of them are on, or are points
    themselves; words that are not well known are names without order. `ordered` says whether there
    is an order, where that is known. UploadRefused for more labels than a scale can have.
    """
    if ordered is False:
        return _names(counts)
    found = _likely(counts)
    return found if found.ordered or ordered is None else scale_from(found.labels)


def _likely(counts: Mapping[str, int]) -> Scale:
    found = _merged(counts)
    if not found:
        return scale_from(NUMBERS[0])
    known = max(WORDS, key=lambda scale: _covered(scale, found))
    numbers = {label: n for label, n in found.items() if number(label) is not None}
    half = sum(found.values()) / 2
    if sum(numbers.values()) >= half:
        return scale_from(_range(numbers))
    return scale_from(known) if _covered(known, found) >= half else _names(counts)


def _range(numbers: Mapping[str, int]) -> tuple[str, ...]:
    """A range in use; where too many numbers are off all of them, the common ones themselves."""
    if numbers.keys() == set(_ZERO_ONE):
        return _ZERO_ONE
    n = sum(numbers.values())
    for scale in sorted(NUMBERS, key=_breadth):
        if _covered(scale, numbers) >= _ENOUGH * n:
            return scale
    common = sorted((found for found in numbers if numbers[found] > (1 - _ENOUGH) * n), key=float)
    likelier = max(NUMBERS, key=lambda scale: _covered(scale, numbers))
    if all(float(found).is_integer() for found in common) and _covered(likelier, numbers) > n / 2:
        return likelier
    if FEWEST_POINTS <= len(common) <= MOST_POINTS:
        return tuple(common)
    raise UploadRefused(
        f"The labels are {len(numbers):,} different numbers, and a scale has at most "
        f"{MOST_POINTS} points. Choose another column, say below which labels are its points, or "
        "round them to fewer in the file."
    )


def _breadth(scale: Sequence[str]) -> int:
    """Five points are in use far more than two, three or four: what fits both is on five."""
    return max(len(scale), 5)


def _names(counts: Mapping[str, int]) -> Scale:
    """Each as it is mostly spelt, the commonest first."""
    merged, labels = _merged(counts), dict[str, str]()
    for label in sorted(counts, key=lambda label: (-merged.get(plain(label), 0), -counts[label])):
        if plain(label):
            labels.setdefault(plain(label), label)
    if len(labels) > MOST_NAMES:
        raise UploadRefused(
            f"The labels are {len(labels):,} different texts, and at most {MOST_NAMES} can be "
            "compared. Choose the column that holds the answers, or say below which labels count."
        )
    names = tuple(labels.values())
    # One name is no choice: what it was chosen from is for a person to say.
    return scale_from(names if len(names) > 1 else (*names, "–"), ordered=False)


def _merged(counts: Mapping[str, int]) -> dict[str, int]:
    compared: dict[str, int] = {}
    for label, count in counts.items():
        if plain(label):
            compared[plain(label)] = compared.get(plain(label), 0) + count
    return compared


def _covered(scale: Iterable[str], compared: Mapping[str, int]) -> int:
    return sum(compared.get(plain(label), 0) for label in scale)
