"""Snapshots of a study's data: asked for, watched while they are written, downloaded."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotator import access
from annotator.domain.export import snapshots
from annotator.errors import SnapshotRefused
from annotator.forms.snapshots import SnapshotForm
from annotator.views.export import file_name


@access.researcher_required
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    """The list, for the export page to fetch; sent a name, a new one."""
    study = access.get_study_for_researcher(request, study_id)
    if request.method == "GET":
        context = {"study": study, "snapshots": study.snapshots.select_related("created_by")}
        response = render(request, "researcher/_snapshots.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response
    form = SnapshotForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["name"])))
        return redirect("export", study_id)
    try:
        user, name = access.get_researcher(request), form.cleaned_data["name"]
        snapshots.request(study=study, user=user, name=name)
    except SnapshotRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("export", study_id)


@access.researcher_required
@require_safe
def download(request: HttpRequest, study_id: int, snapshot: str) -> FileResponse:
    found = access.get_snapshot_for_researcher(request, study_id, snapshot)
    name = file_name(found.study, f"{found.name}.zip")
    return FileResponse(snapshots.path_of(found).open("rb"), as_attachment=True, filename=name)
