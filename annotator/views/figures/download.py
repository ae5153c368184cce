"""Figures to take away: SVG to edit, PDF for a paper, PNG for slides, CSV for one's own plot.

All four are made for white paper, whatever theme the page is shown in.
"""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterable
from typing import Literal

import typst
from django.conf import settings
from django.template.loader import render_to_string

from annotator.domain.results.summary import Results
from annotator.views.figures import FIGURES, Figure
from annotator.views.figures.intervals import IntervalFigure, Line
from annotator.views.figures.numbers import Row, numbers_of
from annotator.views.subject import Subject

TYPES = {
    "svg": "image/svg+xml; charset=utf-8",
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
}
_DOTS_PER_INCH = 300
# Of a paper: both columns of a page, or one; in inches, as most conferences' styles have them.
WIDTHS = {"page": 6.9, "column": 3.3}
# A figure is laid out for a screen, in pixels; 144 of them to an inch make its letters 8 points.
_PIXELS_PER_INCH = 144
_MARGIN, _CAPTION_LINE, _PIXELS_PER_CHARACTER = 8, 20, 8.1
_PAGE = b'#set page(width: auto, height: auto, margin: 0pt)\n#image("figure.svg")'
# The browser's own font is not at hand where pages are printed; this one is, and knows Greek.
_SCREEN_FONT, _PRINT_FONT = 'font-family="system-ui', 'font-family="DejaVu Sans'


def content(
    name: str, extension: str, subject: Subject, results: Results, width: str = "page"
) -> bytes:
    """The figure called `name` as a file of this type; `width` is one of `WIDTHS`."""
    if extension == "csv":
        return table(numbers_of(name, subject.scale, results))
    return drawn(FIGURES[name](subject, results), extension, width)


def table(rows: Iterable[Row]) -> bytes:
    """As CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def drawn(figure: Figure, extension: str, width: str = "page") -> bytes:
    """As SVG, PDF or PNG."""
    if width == "page" and isinstance(figure, IntervalFigure):
        figure = figure.spread()
    svg = _alone(figure, WIDTHS[width])
    return svg.encode() if extension == "svg" else _printed(svg, extension)


def _alone(figure: Figure, inches: float) -> str:
    """The figure with its caption below: how it was computed goes where it goes."""
    inner = inches * _PIXELS_PER_INCH - 2 * _MARGIN
    lines = textwrap.wrap(figure.caption, int(inner / _PIXELS_PER_CHARACTER))
    top = figure.height + 2 * _MARGIN
    height = top + _CAPTION_LINE * len(lines) + _MARGIN
    page = {
        "figure": figure,
        "caption": [Line(top + _CAPTION_LINE * n, text) for n, text in enumerate(lines, start=1)],
        "margin": _MARGIN,
        "inner": f"{inner:.1f}",
        "inches": (f"{inches:.3f}", f"{height / _PIXELS_PER_INCH:.3f}"),
        "pixels": (f"{inches * _PIXELS_PER_INCH:.1f}", height),
    }
    return render_to_string("researcher/figures/standalone.svg", page)


def _printed(svg: str, extension: str) -> bytes:
    """One page as large as the figure, its text as text and its fonts within."""
    files = {"main.typ": _PAGE, "figure.svg": svg.replace(_SCREEN_FONT, _PRINT_FONT).encode()}
    kind: Literal["pdf", "png"] = "pdf" if extension == "pdf" else "png"
    fonts = [str(settings.FIGURE_FONTS)]
    # The stubs of typst do not know yet that a document can be several files in memory.
    page: bytes = typst.compile(files, format=kind, ppi=_DOTS_PER_INCH, font_paths=fonts)  # type: ignore[call-overload]
    return page
