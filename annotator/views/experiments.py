"""The paper's experiments: start one, follow it, read and download what it found."""

from __future__ import annotations

from itertools import chain

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotator import access
from annotator.domain import experiments
from annotator.domain.export.bundles import to_zip
from annotator.forms.experiments import ExperimentForm
from annotator.views.figure_files import addresses, chart_file
from annotator.views.figures.experiments import entries as figure_entries
from annotator.views.figures.experiments import figures_of
from annotator.views.paging import page_of


@access.researcher_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    found = access.get_experiments_for_researcher(request).defer("inputs", "result", "files")
    return render(
        request, "researcher/experiments.html", {"page": page_of(request, found, size=30)}
    )


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = ExperimentForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "researcher/experiment_create.html", {"form": form}, status=status)
    experiment = experiments.request_experiment(
        owner=access.get_researcher(request),
        kind=form.cleaned_data["kind"],
        model=form.cleaned_data["model"],
        parameters=form.parameters,
        inputs=form.inputs,
    )
    return redirect("experiment", experiment.pk)


@access.researcher_required
@require_GET
def detail(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """With `?fragment` only what changes by itself, for the page to fetch."""
    experiment = access.get_experiment_for_researcher(request, experiment_id)
    is_fragment = "fragment" in request.GET
    template = "researcher/_experiment.html" if is_fragment else "researcher/experiment.html"
    context = {
        "experiment": experiment,
        "silent": experiments.is_silent(experiment),
        "abandoned": experiments.is_abandoned(experiment),
        "seconds_left": experiments.seconds_left(experiment),
        "pictures": [name for name in experiment.files if name.endswith(".png")],
        "figures": figures_of(experiment.charts),
        "downloads": addresses(
            lambda extension: reverse("experiment-figure", args=[experiment.pk, extension])
        ),
        "provenance": sorted(experiment.result.get("provenance", {}).items()),
    }
    response = render(request, template, context)
    response.headers["Cache-Control"] = "no-store"
    return response


@access.researcher_required
@require_GET
def file(request: HttpRequest, experiment_id: int, file_name: str) -> HttpResponseBase:
    """Pictures are shown, the rest is downloaded."""
    experiment = access.get_experiment_for_researcher(request, experiment_id)
    stored = experiment.files.get(file_name)
    if stored is None or not default_storage.exists(stored):
        raise Http404("This experiment has no such file.")
    is_picture = file_name.endswith(".png")
    return FileResponse(
        default_storage.open(stored), filename=file_name, as_attachment=not is_picture
    )


@access.researcher_required
@require_GET
def figure(request: HttpRequest, experiment_id: int, extension: str) -> HttpResponse:
    """`figure.svg?figure=sweep` and so on: a chart as a file, or its numbers."""
    experiment = access.get_experiment_for_researcher(request, experiment_id)
    return chart_file(request, extension, experiment.charts, f"experiment-{experiment.pk}")


@access.researcher_required
@require_GET
def bundle(request: HttpRequest, experiment_id: int) -> HttpResponseBase:
    """Tables, pictures and charts in one ZIP, with what it takes to do it again."""
    experiment = access.get_experiment_for_researcher(request, experiment_id)
    if not experiment.files:
        raise Http404("This experiment has no files.")
    found = chain(experiments.entries(experiment=experiment), figure_entries(experiment.charts))
    response = StreamingHttpResponse(to_zip(found), content_type="application/zip")
    file_name = f"experiment-{experiment.pk}-{experiment.kind}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


@access.researcher_required
@require_POST
def retry(request: HttpRequest, experiment_id: int) -> HttpResponse:
    experiment = access.get_experiment_for_researcher(request, experiment_id)
    experiments.retry_experiment(experiment=experiment)
    return redirect("experiment", experiment_id)


@access.researcher_required
@require_POST
def remove(request: HttpRequest, experiment_id: int) -> HttpResponse:
    experiment = access.get_experiment_for_researcher(request, experiment_id)
    experiments.remove_experiment(experiment=experiment)
    messages.success(request, _("The experiment and its files are gone."))
    return redirect("experiments")
