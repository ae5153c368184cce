"""What a researcher takes away, and what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from annotator.access import get_study_for_researcher, researcher_required
from annotator.domain import export
from annotator.domain.export.formats import csv_cells
from annotator.forms.snapshots import SnapshotForm
from annotator.models import Study

PREVIEW_ROWS = 5


@require_safe
@researcher_required
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    tables = export.tables(study=study)
    rows = export.row_counts(study=study)
    columns = tables["ratings"].columns
    first = export.first_ratings(study=study, size=PREVIEW_ROWS)
    context = {
        "study": study,
        "n_ratings": rows["ratings"],
        "tables": [(table, rows[name]) for name, table in tables.items() if name != "ratings"],
        "n_pictures": study.generations.done().count(),
        "n_items": rows["items"],
        "formats": export.FORMATS.values(),
        "header": [column.name for column in columns],
        "preview": [csv_cells(columns, row) for row in first],
        "snapshots": study.snapshots.select_related("created_by"),
        "form": SnapshotForm(),
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
    return _attached(response, file_name(study, f"{found.name}.{extension}"))


@require_safe
@researcher_required
def pictures(request: HttpRequest, study_id: int) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    return zip_response(export.picture_entries(study=study), file_name(study, "pictures.zip"))


@require_safe
@researcher_required
def dataset(request: HttpRequest, study_id: int) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    return zip_response(export.dataset_entries(study=study), file_name(study, "dataset.zip"))


def zip_response(entries: Iterator[export.Entry], name: str) -> StreamingHttpResponse:
    pieces = export.to_zip(entries)
    return _attached(StreamingHttpResponse(pieces, content_type="application/zip"), name)


def _table(study: Study, name: str, shape: str) -> export.Table:
    try:
        return export.find(study=study, name=name, shape=shape)
    except KeyError as error:
        raise Http404("There is no such table. The export page links to all there are.") from error


def file_name(study: Study, content: str) -> str:
    """A name for any system, whatever the study is called."""
    return f"{slugify(study.name)[:60] or 'study'}-{study.pk}-{content}"


def _attached(response: StreamingHttpResponse, name: str) -> StreamingHttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
