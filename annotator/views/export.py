"""What a researcher takes away, and what its columns mean."""

from __future__ import annotations

from itertools import islice

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from annotator.access import get_study_for_researcher, researcher_required
from annotator.domain import export
from annotator.models import Study

PREVIEW_ROWS = 5


@require_safe
@researcher_required
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    tables = export.tables(study=study)
    ratings = tables["ratings"]
    context = {
        "study": study,
        "n_ratings": ratings.count(),
        "tables": [(table, table.count()) for name, table in tables.items() if name != "ratings"],
        "formats": export.FORMATS.values(),
        "header": [column.name for column in ratings.columns],
        "preview": list(islice(ratings.rows(), PREVIEW_ROWS)),
        "described": export.described(study=study),
    }
    return render(request, "researcher/export.html", context)


@require_safe
@researcher_required
def table(request: HttpRequest, study_id: int, name: str, extension: str) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    found = _table(study, name, request.GET.get("shape", ""))
    if extension not in export.FORMATS:
        raise Http404(f"Tables are {', '.join(export.FORMATS)}.")
    content_type = export.FORMATS[extension].content_type
    response = StreamingHttpResponse(found.pieces(extension), content_type=content_type)
    return _attached(response, _file_name(study, f"{found.name}.{extension}"))


def _table(study: Study, name: str, shape: str) -> export.Table:
    try:
        return export.find(study=study, name=name, shape=shape)
    except KeyError as error:
        raise Http404("There is no such table. The export page links to all there are.") from error


def _file_name(study: Study, content: str) -> str:
    """A name for any system, whatever the study is called."""
    return f"{slugify(study.name)[:60] or 'study'}-{study.pk}-{content}"


def _attached(response: StreamingHttpResponse, name: str) -> StreamingHttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
