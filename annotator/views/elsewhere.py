"""Ratings made elsewhere: uploaded, looked at, imported, and their results."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotator import access
from annotator.domain import analyses
from annotator.domain.elsewhere import files
from annotator.domain.elsewhere.tidy import tidy_rows
from annotator.domain.export import csv_pieces, guard_cell
from annotator.enums import UploadStatus
from annotator.errors import BeingComputed, UploadRefused, WrongStatus
from annotator.forms.elsewhere import NAMES, ORDERED, ChoicesForm, RatingsFileForm, listed
from annotator.models import ImportedRatings
from annotator.views.figure_files import figure_file, figure_name
from annotator.views.figures import FIGURES, names_of
from annotator.views.results import shown
from annotator.views.subject import of_import


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _index(request, RatingsFileForm())
    form = RatingsFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _index(request, form, status=422)
    file = form.cleaned_data["file"]
    try:
        kept = files.keep_file(
            user=access.get_researcher(request),
            name=form.cleaned_data["name"],
            file_name=file.name,
            content=file.read(),
        )
    except UploadRefused as refusal:
        form.add_error("file", str(refusal))
        return _index(request, form, status=422)
    return redirect("import", kept.pk)


def _index(request: HttpRequest, form: RatingsFileForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "imports": access.get_imports_for_researcher(request)}
    return render(request, "researcher/imports.html", context, status=status)


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, import_id: int) -> HttpResponse:
    """What is in the file; sent, the choices by which it is read. `?fragment=1`: how far it is."""
    imported = access.get_import_for_researcher(request, import_id)
    if "fragment" in request.GET or imported.status in _UNDER_WAY:
        return _under_way(request, imported)
    if imported.status == UploadStatus.IMPORTED:
        return redirect("import-results", import_id)
    if request.method != "POST":
        return _detail(request, imported)
    form = ChoicesForm(files.preview(imported), request.POST)
    if not form.is_valid():
        return _detail(request, imported, form, status=422)
    files.choose(imported=imported, choices=form.choices)
    return redirect("import", import_id)


_UNDER_WAY = (UploadStatus.INSPECTING, UploadStatus.IMPORTING)


def _under_way(request: HttpRequest, imported: ImportedRatings) -> HttpResponse:
    context = {"imported": imported, "silent": files.is_silent(imported)}
    name = "_import_progress" if "fragment" in request.GET else "import_progress"
    response = render(request, f"researcher/{name}.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _detail(
    request: HttpRequest,
    imported: ImportedRatings,
    form: ChoicesForm | None = None,
    status: int = 200,
) -> HttpResponse:
    found = files.preview(imported)
    initial = asdict(found.choices)
    ordered = initial.pop("ordered") is not False
    labels = {name: listed(initial[name]) for name in ("scale", "opt_outs")}
    initial |= labels | {
        "order": ORDERED if ordered else NAMES,
        "asked": initial["question"],
        "guess": labels["scale"],
    }
    context: dict[str, Any] = {
        "imported": imported,
        "found": found,
        "problem": imported.error or found.problem,
        "form": form or ChoicesForm(found, initial=initial),
    }
    return render(request, "researcher/import.html", context, status=status)


@access.researcher_required
@require_safe
def refused(request: HttpRequest, import_id: int) -> StreamingHttpResponse:
    """Every line that cannot be used, as a CSV to mend."""
    imported = access.get_import_for_researcher(request, import_id)
    try:
        refusals = files.refusals_of(imported)
    except UploadRefused as refusal:
        raise Http404(str(refusal)) from refusal
    rows = ((line, guard_cell(label), why) for line, label, why in refusals)
    pieces = csv_pieces(row for part in ([("line", "label", "reason")], rows) for row in part)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="refused.csv"'
    return response


@access.researcher_required
@require_safe
def export(request: HttpRequest, import_id: int) -> StreamingHttpResponse | HttpResponse:
    """The imported ratings, a line each: as an import here reads them again."""
    imported = access.get_import_for_researcher(request, import_id)
    if imported.status != UploadStatus.IMPORTED:
        return redirect("import", import_id)
    pieces = csv_pieces(tidy_rows(imported))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{imported.pk}-ratings.csv"'
    return response


@access.researcher_required
@require_POST
def confirm(request: HttpRequest, import_id: int) -> HttpResponse:
    imported = access.get_import_for_researcher(request, import_id)
    try:
        files.request_import(imported=imported)
    except (UploadRefused, WrongStatus) as refusal:
        messages.error(request, str(refusal))
    return redirect("import", import_id)


@access.researcher_required
@require_POST
def delete(request: HttpRequest, import_id: int) -> HttpResponse:
    files.forget(imported=access.get_import_for_researcher(request, import_id))
    messages.success(request, _("The ratings are gone. Nothing of the file was kept."))
    return redirect("imports")


@access.researcher_required
@require_safe
def results(request: HttpRequest, import_id: int) -> HttpResponse:
    """The page; with `?fragment=1` its numbers alone, for the page to fetch."""
    imported = access.get_import_for_researcher(request, import_id)
    if not imported.imported_at:
        return redirect("import", import_id)
    state = analyses.state_of_import(imported=imported)
    context: dict[str, Any] = {"imported": imported, "state": state}
    found = state.results()
    if found is not None:
        context |= shown(of_import(imported), found)
    fragment = "fragment" in request.GET
    template = "_import_results.html" if fragment else "import_results.html"
    return render(request, f"researcher/{template}", context)


@access.researcher_required
@require_safe
def figure(request: HttpRequest, import_id: int, extension: str) -> HttpResponse:
    """As a study's: `figure.svg?figure=agreement` and so on."""
    imported = access.get_import_for_researcher(request, import_id)
    name = figure_name(request, extension)
    found = analyses.state_of_import(imported=imported).results() if imported.imported_at else None
    if found is None:
        sentence = str(BeingComputed())
        return HttpResponse(sentence, status=503, headers={"Retry-After": "10"})
    subject = of_import(imported)
    if name in FIGURES and name not in names_of(subject, found):
        raise Http404("These results have no such figure.")
    return figure_file(request, name, extension, subject, found)
