"""The ratings as a table to take away, and what its columns mean."""

from __future__ import annotations

from itertools import islice

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from annotator.access import get_study_for_researcher, researcher_required
from annotator.domain import export, questionnaire_export
from annotator.domain import questionnaire as asked
from annotator.domain.codebook import COLUMNS, HEADER
from annotator.models import Study

_CSV = "text/csv; charset=utf-8"
PREVIEW_ROWS = 5


@require_safe
@researcher_required
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    context = {
        "study": study,
        "questions": asked.questions_of(study),
        "n_rows": export.count_rows(study=study),
        "header": HEADER,
        "preview": list(islice(export.rating_rows(study=study), PREVIEW_ROWS)),
        "columns": COLUMNS,
    }
    return render(request, "researcher/export.html", context)


@require_safe
@researcher_required
def ratings(request: HttpRequest, study_id: int) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    response = StreamingHttpResponse(export.ratings_csv(study=study), content_type=_CSV)
    return _attached(response, _file_name(study, "ratings"))


@require_safe
@researcher_required
def codebook(request: HttpRequest, study_id: int) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    pieces = export.csv_pieces(export.codebook_rows())
    return _attached(
        StreamingHttpResponse(pieces, content_type=_CSV), _file_name(study, "codebook")
    )


@require_safe
@researcher_required
def questionnaire(request: HttpRequest, study_id: int) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    pieces = export.csv_pieces(questionnaire_export.rows(study=study))
    return _attached(
        StreamingHttpResponse(pieces, content_type=_CSV), _file_name(study, "questionnaire")
    )


@require_safe
@researcher_required
def questionnaire_codebook(request: HttpRequest, study_id: int) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    pieces = export.csv_pieces(questionnaire_export.codebook_rows(study=study))
    name = _file_name(study, "questionnaire-codebook")
    return _attached(StreamingHttpResponse(pieces, content_type=_CSV), name)


def _file_name(study: Study, content: str) -> str:
    return f"{slugify(study.name) or 'study'}-{study.pk}-{content}.csv"


def _attached(response: StreamingHttpResponse, name: str) -> StreamingHttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
