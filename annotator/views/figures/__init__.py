"""Where the marks of a figure lie. The pictures themselves are templates, `researcher/figures/`.

Horizontal places are percentages of whatever width the figure gets and vertical ones are pixels, so
one drawing is readable on a phone, on a desk and in a paper, its text never scaled.
"""

from __future__ import annotations

from collections.abc import Callable

from annotator.domain.results.summary import Results
from annotator.views.figures.bars import BarFigure, distribution_figure
from annotator.views.figures.conditions import conditions_figure
from annotator.views.figures.curves import CurveFigure
from annotator.views.figures.intervals import IntervalFigure
from annotator.views.figures.opinions import agreement_figure, controls_figure, opinion_figure
from annotator.views.figures.scatter import ScatterFigure
from annotator.views.subject import Subject

Figure = BarFigure | CurveFigure | IntervalFigure | ScatterFigure

# In the order of the page: how good, do raters agree, which way is better, better than
# what, what did they answer.
FIGURES: dict[str, Callable[[Subject, Results], Figure]] = {
    "mos": opinion_figure,
    "agreement": agreement_figure,
    "conditions": conditions_figure,
    "controls": controls_figure,
    "distribution": distribution_figure,
}


def names_of(subject: Subject, results: Results) -> list[str]:
    """The figures that these results have: names without an order have no opinion scores."""
    left_out = set() if results.comparisons else {"controls"}
    left_out |= set() if results.conditions else {"conditions"}
    left_out |= set() if subject.scale.ordered else {"mos"}
    return [name for name in FIGURES if name not in left_out]


__all__ = ["FIGURES", "Figure", "names_of"]
