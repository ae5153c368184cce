"""Where the marks of a figure lie. The pictures themselves are templates, `researcher/figures/`.

Horizontal places are percentages of whatever width the figure gets and vertical ones are pixels, so
one drawing is readable on a phone, on a desk and in a paper, its text never scaled.
"""

from __future__ import annotations

from collections.abc import Callable

from annotator.domain.results.summary import Results
from annotator.models import Study
from annotator.views.figures.bars import BarFigure, distribution_figure
from annotator.views.figures.intervals import IntervalFigure
from annotator.views.figures.opinions import agreement_figure, controls_figure, opinion_figure

Figure = BarFigure | IntervalFigure

# In the order of the page: how good, do raters agree, better than what, what did they answer.
FIGURES: dict[str, Callable[[Study, Results], Figure]] = {
    "mos": opinion_figure,
    "agreement": agreement_figure,
    "controls": controls_figure,
    "distribution": distribution_figure,
}

__all__ = ["FIGURES", "Figure"]
