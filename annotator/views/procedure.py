"""Where a researcher sets up the phases around the ratings."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotator import access
from annotator.domain.design import examples, phases, questionnaire
from annotator.enums import Phase
from annotator.errors import WrongStatus
from annotator.forms.procedure import ExampleForm, ProcedureForm
from annotator.models import Example, Study
from annotator.views import examples as shown
from annotator.views.paging import page_of
from annotator.views.posted import posted

form_page = require_http_methods(["GET", "HEAD", "POST"])


@access.researcher_required
@form_page
def edit(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    form = ProcedureForm(posted(request), instance=phases.procedure_of(study))
    if not form.is_valid():
        return _procedure_page(request, study, form, 422 if form.is_bound else 200)
    user = access.get_researcher(request)
    try:
        examples.change_procedure(procedure=form.instance, user=user, changed=form.changed_data)
    except WrongStatus as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("procedure", study.pk)


@access.researcher_required
@require_GET
def pictures(request: HttpRequest, study_id: int) -> HttpResponse:
    """To choose a picture and a word for an example."""
    study = access.get_study_for_researcher(request, study_id)
    made = study.generations.done().select_related("prompt").prefetch_related("heat_maps__word")
    asked = _asked_phase(request)
    context = asked | {
        "study": study,
        "page": page_of(request, made.order_by("pk"), size=12),
        "query": f"phase={asked['phase']}&",
    }
    return render(request, "researcher/example_pictures.html", context)


@access.researcher_required
@form_page
def add_example(request: HttpRequest, study_id: int, heat_map_id: uuid.UUID) -> HttpResponse:
    heat_map = access.get_heat_map_for_researcher(request, study_id, heat_map_id)
    study, word = heat_map.generation.study, heat_map.word
    form = ExampleForm(
        posted(request),
        instance=Example(study=study, word=word),
        own=heat_map,
        initial=_asked_phase(request),
    )
    if form.is_valid():
        try:
            examples.add_example(example=form.instance, user=access.get_researcher(request))
        except WrongStatus as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The example is added."))
        return redirect("procedure", study.pk)
    context = {"study": study, "word": word, "generation": heat_map.generation, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "researcher/example_create.html", context, status=status)


@access.researcher_required
@require_POST
def remove_example(request: HttpRequest, study_id: int, example_id: int) -> HttpResponse:
    example = access.get_example_for_researcher(request, study_id, example_id)
    try:
        examples.remove_example(example=example, user=access.get_researcher(request))
    except WrongStatus as error:
        messages.error(request, str(error))
    return redirect("procedure", study_id)


def _procedure_page(
    request: HttpRequest, study: Study, form: ProcedureForm, status: int
) -> HttpResponse:
    context = {
        "study": study,
        "form": form,
        "fixed": examples.are_fixed(study=study),
        "questions": questionnaire.questions_of(study),
        "groups": {
            phase: shown.of_study(study, study.examples.of(phase).shown())
            for phase in Example.PHASES
        },
    }
    return render(request, "researcher/procedure.html", context, status=status)


def _asked_phase(request: HttpRequest) -> dict[str, str]:
    asked = request.GET.get("phase", "")
    return {"phase": asked if asked in Example.PHASES else Phase.INSTRUCTIONS}
