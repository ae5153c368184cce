"""Where a researcher sets up what a study compares."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotator import access
from annotator.domain.design import studies
from annotator.errors import WrongStatus
from annotator.forms.conditions import ConditionsForm
from annotator.views.posted import posted


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    form = ConditionsForm(posted(request), instance=study)
    if not form.is_valid():
        stored = access.get_study_for_researcher(request, study_id)
        context = {"study": stored, "form": form}
        status = 422 if form.is_bound else 200
        return render(request, "researcher/conditions.html", context, status=status)
    user = access.get_researcher(request)
    try:
        studies.change_settings(study=study, user=user, changed=form.changed_fields)
    except WrongStatus as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("conditions", study.pk)
