"""Prompts on their way in, and what was made of them."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotator import access
from annotator.domain.design import gold
from annotator.domain.export import guard_cell
from annotator.domain.material import generations, prompts
from annotator.domain.material.batch_names import batch_names, file_of
from annotator.domain.monitoring import overview as reading
from annotator.enums import UploadStatus
from annotator.errors import UploadRefused, WrongStatus
from annotator.forms.prompts import UploadForm
from annotator.models import Study
from annotator.views.paging import page_of

_SHOWN_REFUSALS = 50

# -- all prompts of a study ----------------------------------------------------------------------


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    if request.method != "POST":
        return _index(request, study, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _index(request, study, form, status=422)
    file = form.cleaned_data["file"]
    try:
        staged = prompts.stage_upload(
            study=study,
            user=access.get_researcher(request),
            file_name=file.name,
            content=file.read(),
        )
    except UploadRefused as refusal:
        form.add_error("file", str(refusal))
        return _index(request, study, form, status=422)
    return redirect("upload", study.pk, staged.pk)


def _index(request: HttpRequest, study: Study, form: UploadForm, status: int = 200) -> HttpResponse:
    imported = list(reading.batches(study=study))
    names = batch_names(imported)
    pictures = study.generations.select_related("prompt").order_by("prompt", "pk")
    context = {
        "study": study,
        "form": form,
        "uploads": reading.waiting_uploads(study=study),
        "batches": [(names[batch.pk], batch) for batch in imported],
        "page": page_of(request, pictures, size=24),
    }
    return render(request, "researcher/prompts.html", context, status=status)


@access.researcher_required
@require_GET
def detail(request: HttpRequest, study_id: int, generation_id: int) -> HttpResponse:
    generation = access.get_generation_for_researcher(request, study_id, generation_id)
    context = {
        "study": generation.study,
        "generation": generation,
        "first": generations.first_picture(generation=generation),
        "words": gold.words_with_gold(generation=generation),
        "file": file_of(generation.prompt),
        "provenance": sorted(generation.provenance.items()),
    }
    return render(request, "researcher/prompt.html", context)


# -- one upload ----------------------------------------------------------------------------------


@access.researcher_required
@require_GET
def upload(request: HttpRequest, study_id: int, upload_id: int) -> HttpResponse:
    """The preview. With `?fragment` only what changes by itself, for the page to fetch."""
    found = access.get_upload_for_researcher(request, study_id, upload_id)
    if found.status == UploadStatus.IMPORTED and "fragment" not in request.GET:
        messages.success(request, _("The prompts are imported. Their pictures are being made."))
        return redirect("study", study_id)
    refused = prompts.refused_rows(found)
    context: dict[str, Any] = {
        "study": found.study,
        "upload": found,
        "refused": refused[:_SHOWN_REFUSALS],
        "refused_count": len(refused),
        "silent": reading.is_silent(found),
    }
    template = "researcher/_upload.html" if "fragment" in request.GET else "researcher/upload.html"
    response = render(request, template, context)
    response.headers["Cache-Control"] = "no-store"
    return response


@access.researcher_required
@require_POST
def import_(request: HttpRequest, study_id: int, upload_id: int) -> HttpResponse:
    found = access.get_upload_for_researcher(request, study_id, upload_id)
    try:
        prompts.request_import(upload=found, user=access.get_researcher(request))
    except WrongStatus as refusal:
        messages.error(request, str(refusal))
    return redirect("upload", study_id, upload_id)


@access.researcher_required
@require_POST
def cancel(request: HttpRequest, study_id: int, upload_id: int) -> HttpResponse:
    prompts.cancel_upload(upload=access.get_upload_for_researcher(request, study_id, upload_id))
    messages.success(request, _("The upload is gone. Nothing of it was kept."))
    return redirect("prompts", study_id)


@access.researcher_required
@require_GET
def refused(request: HttpRequest, study_id: int, upload_id: int) -> HttpResponse:
    """The rows that cannot be imported, as a CSV to mend and send again."""
    found = access.get_upload_for_researcher(request, study_id, upload_id)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="refused.csv"'
    writer = csv.writer(response)
    writer.writerow(["line", "prompt", "reason"])
    for row in prompts.refused_rows(found):
        writer.writerow([row.line, guard_cell(row.prompt), guard_cell(row.reason)])
    return response
