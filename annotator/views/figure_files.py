"""Figures as files: SVG to edit, PDF for a paper, PNG for slides, CSV for one's own plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import Http404, HttpRequest, HttpResponse

from annotator.domain.results.summary import Results
from annotator.views.figures import FIGURES, download
from annotator.views.figures.experiments import Chart, figure_of, numbers_of
from annotator.views.figures.numbers import TABLES
from annotator.views.subject import Subject

_NO_FIGURE = "There is no such figure, or not yet."


def addresses(of: Callable[[str], str]) -> dict[str, str]:
    """Where a page's figures are downloaded, by file type; `?figure=` says which."""
    return {extension: of(extension) for extension in download.TYPES}


def figure_name(request: HttpRequest, extension: str) -> str:
    """Of the figure of a results page that is asked for; not all results have all of them."""
    name = request.GET.get("figure", "")
    if extension not in download.TYPES or name not in (TABLES if extension == "csv" else FIGURES):
        raise Http404(_NO_FIGURE)
    return name


def figure_file(
    request: HttpRequest, name: str, extension: str, subject: Subject, found: Results
) -> HttpResponse:
    """The figure called `name` of a results page."""
    content = download.content(name, extension, subject, found, _width(request))
    return _attached(content, extension, f"{subject.key}-{name}.{extension}")


def chart_file(
    request: HttpRequest, extension: str, charts: Sequence[Chart], prefix: str
) -> HttpResponse:
    """The one of `charts` that is asked for; `prefix` begins the file's name."""
    name = request.GET.get("figure", "")
    chart = next((one for one in charts if one["name"] == name), None)
    if chart is None or extension not in download.TYPES:
        raise Http404(_NO_FIGURE)
    content = (
        download.table(numbers_of(chart))
        if extension == "csv"
        else download.drawn(figure_of(chart), extension, _width(request))
    )
    return _attached(content, extension, f"{prefix}-{name}.{extension}")


def _width(request: HttpRequest) -> str:
    """Of the paper's page, or of one of its columns."""
    width = request.GET.get("width", "page")
    if width not in download.WIDTHS:
        raise Http404("A figure is as wide as a page or a column.")
    return width


def _attached(content: bytes, extension: str, file_name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=download.TYPES[extension])
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response
