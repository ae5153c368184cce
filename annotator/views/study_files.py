"""A study's settings as one file: made into a study, and given back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotator import access
from annotator.domain.design import study_config
from annotator.errors import StudyFileRefused
from annotator.forms.study import StudyFileForm, StudyForm

_WRITERS = {
    "toml": (study_config.to_toml, "application/toml; charset=utf-8"),
    "json": (study_config.to_json, "application/json"),
}


@access.researcher_required
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    form = StudyFileForm(request.POST, request.FILES)
    try:
        if form.is_valid():
            study = study_config.create_from(
                tables=study_config.parse(form.cleaned_data["file"]),
                owner=access.get_researcher(request),
            )
            messages.success(request, _("The study is there. Upload its prompts next."))
            return redirect("study", study.pk)
    except StudyFileRefused as refused:
        for problem in refused.problems:
            form.add_error("file", problem)
    context = {"form": StudyForm(), "file_form": form}
    return render(request, "researcher/study_create.html", context, status=422)


@access.researcher_required
@require_safe
def download(request: HttpRequest, study_id: int, extension: str) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    if extension not in _WRITERS:
        raise Http404("A study file is study.toml or study.json.")
    write, content_type = _WRITERS[extension]
    response = HttpResponse(write(study=study), content_type=content_type)
    name = f"study-{study.pk}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
