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
from annotator.views.figures.intervals import Line
from annotator.views.figures.numbers import Row, numbers_of
from annotator.views.subject import Subject

TYPES = {
    "svg": "image/svg+xml; charset=utf-8",
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
}
_DOTS_PER_INCH = 300
_MARGIN, _CAPTION_LINE, _CAPTION_CHARACTERS = 16, 20, 88
_PAGE = b'#set page(width: auto, height: auto, margin: 0pt)\n#image("figure.svg")'
# The browser's own font is not at hand where pages are printed; this one is, and knows Greek.
_SCREEN_FONT, _PRINT_FONT = 'font-family="system-ui', 'font-family="DejaVu Sans'


def content(name: str, extension: str, subject: Subject, results: Results) -> bytes:
    """The figure called `name` as a file of this type."""
    if extension == "csv":
        return table(numbers_of(name, subject.scale, results))
    return drawn(FIGURES[name](subject, results), extension)


def table(rows: Iterable[Row]) -> bytes:
    """As CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def drawn(figure: Figure, extension: str) -> bytes:
    """As SVG, PDF or PNG."""
    svg = _alone(figure)
    return svg.encode() if extension == "svg" else _printed(svg, extension)


def _alone(figure: Figure) -> str:
    """The figure with its caption below: how it was computed goes where it goes."""
    lines = textwrap.wrap(figure.caption, _CAPTION_CHARACTERS)
    top = figure.height + 2 * _MARGIN
    page = {
        "figure": figure,
        "caption": [Line(top + _CAPTION_LINE * n, text) for n, text in enumerate(lines, start=1)],
        "page_height": top + _CAPTION_LINE * len(lines) + _MARGIN,
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
