"""What all figures share: rows of one height, and lengths that no language's commas disturb."""

from __future__ import annotations

import math
from dataclasses import dataclass
from unicodedata import east_asian_width

from django.utils.translation import gettext as _

from annotator.domain.results.scale import FIVE_POINTS, Scale
from annotator.domain.results.summary import Summary

ROW_HEIGHT = 60
# Marks at the very ends of an axis keep this share of the width, so that they are not cut in half.
_MARGIN = 0.03
_LONGEST = 14


def percent(share: float) -> str:
    """A length as SVG wants it, whatever decimal sign the reader's language has."""
    return f"{100 * share:.3f}%"


def short_name(summary: Summary) -> str:
    """The Universal Dependencies tag: full names leave no room for the numbers on a phone.

    Groups that a file named are cut short.
    """
    name = summary.pos or str(_("ALL"))
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def breadth(text: str) -> int:
    """In Latin letters; Chinese ones are as broad as two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


@dataclass(frozen=True)
class Axis:
    """Numbers from `low` to `high` across the width of the figure."""

    low: float
    high: float

    def at(self, value: float) -> str:
        return percent(_MARGIN + self._share(value - self.low))

    def length(self, difference: float) -> str:
        return percent(self._share(difference))

    def _share(self, difference: float) -> float:
        return (1 - 2 * _MARGIN) * difference / (self.high - self.low)


@dataclass(frozen=True)
class Ticks:
    """Round numbers around all `values`, and always 0: an axis and what is written at it."""

    values: tuple[float, ...]
    most: int = 4  # steps; their numbers stand beside each other on a phone

    @property
    def step(self) -> float:
        """The least of 1, 2, 5 and 10 times a power of ten that needs no more steps."""
        low, high = self._ends
        least = ((high - low) or 1.0) / self.most
        power = 10.0 ** math.floor(math.log10(least))
        return next(some * power for some in (1, 2, 5, 10) if some * power >= least * 0.999)

    @property
    def places(self) -> list[float]:
        """From the last one below all values to the first one above them."""
        low, high = self._ends
        first = math.floor(low / self.step + 0.001)
        last = max(first + 1, math.ceil(high / self.step - 0.001))
        return [round(number * self.step, 10) for number in range(first, last + 1)]

    @property
    def _ends(self) -> tuple[float, float]:
        return min((0.0, *self.values)), max((0.0, *self.values))

    @property
    def digits(self) -> int:
        """Decimals that tell its ticks apart."""
        return max(1, math.ceil(-math.log10(self.step) - 0.001))


@dataclass(frozen=True)
class Place:
    """A labelled place of an axis; `anchor` keeps the text inside the figure."""

    x: str
    text: str
    anchor: str = "middle"


# Printed on white; the page's style sheet has its own, for light and for dark.
_SHADES = (
    *("#8c510a", "#aa782e", "#c99f53", "#d5b778", "#cfc09e", "#c9c9c5", "#abc0cb", "#8eb8d2"),
    *("#6ca4cd", "#4785bc", "#2166ac"),
)
# Okabe and Ito (2008), "Color Universal Design": told apart by colour-blind readers.
_HUES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
OTHERS = "hue-rest"
FILLS = {
    # Five that are also told apart where a paper is printed in grey.
    "score-1": "#5c340a",
    "score-2": "#d3ad5c",
    "score-3": "#e3e3df",
    "score-4": "#5f9fd0",
    "score-5": "#2a72b5",
    **{f"shade-{place}": fill for place, fill in enumerate(_SHADES)},
    **{f"hue-{place}": fill for place, fill in enumerate(_HUES)},
    OTHERS: "#d9dad6",
    "image-too-poor": "url(#image-too-poor)",
    "word-too-abstract": "url(#word-too-abstract)",
}


def answer_kinds(scale: Scale) -> tuple[str, ...]:
    """What each point is drawn as: shades from worst to best, or hues for names."""
    n = len(scale.labels)
    if not scale.ordered:
        return tuple(f"hue-{place}" if place < len(_HUES) else OTHERS for place in range(n))
    if n == len(FIVE_POINTS.labels):
        return tuple(f"score-{point}" for point in range(1, n + 1))
    last = len(_SHADES) - 1
    return tuple(f"shade-{round(place * last / (n - 1))}" for place in range(n))
