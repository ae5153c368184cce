"""What all figures share: rows of one height, and lengths that no language's commas disturb."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotator.domain.results.summary import Summary

ROW_HEIGHT = 60
# Marks at the very ends of an axis keep this share of the width, so that they are not cut in half.
_MARGIN = 0.03


def percent(share: float) -> str:
    """A length as SVG wants it, whatever decimal sign the reader's language has."""
    return f"{100 * share:.3f}%"


def short_name(summary: Summary) -> str:
    """The Universal Dependencies tag: full names leave no room for the numbers on a phone."""
    return summary.pos or str(_("ALL"))


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
class Place:
    """A labelled place of an axis; `anchor` keeps the text inside the figure."""

    x: str
    text: str
    anchor: str = "middle"


# Printed on white; the page's style sheet has its own, for light and for dark.
FILLS = {
    "score-1": "#8c510a",
    "score-2": "#d8b365",
    "score-3": "#c9c9c5",
    "score-4": "#7fb3d5",
    "score-5": "#2166ac",
    "image-too-poor": "url(#image-too-poor)",
    "word-too-abstract": "url(#word-too-abstract)",
}
