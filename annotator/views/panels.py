"""Where panels come in: their raters, their messages, and a researcher who sets one up."""

from __future__ import annotations

import json

from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotator import access
from annotator.domain.export import csv_pieces
from annotator.domain.raters import panels, recruitment
from annotator.domain.raters.panels import mturk, prolific
from annotator.enums import Panel
from annotator.errors import ArrivalRefused
from annotator.forms.recruitment import PanelLinkForm
from annotator.models import PanelLink
from annotator.views import examples
from annotator.views.posted import posted

# -- raters --------------------------------------------------------------------------------------


@require_GET
@xframe_options_exempt
@csp_replace({"frame-ancestors": list(mturk.FRAMES)})
def mturk_frame(request: HttpRequest, token: str) -> HttpResponse:
    """Shown inside Amazon's page: an example before the task is accepted, then the way in.

    The study opens in a window of its own, since browsers keep cookies from framed pages.
    """
    invitation = access.get_invitation(token)
    link = panels.link_of(invitation)
    if link is None or link.panel != Panel.MTURK:
        raise Http404("No link for Mechanical Turk.")
    page = {"study": invitation.study, "token": token, "query": request.GET.urlencode()}
    try:
        arrival = mturk.arrival(request.GET, request.get_host())
    except ArrivalRefused as error:
        return render(request, "rater/refused.html", page | {"reason": error}, status=403)
    shown = {"preview": arrival.preview, "points": examples.points(invitation.study)}
    return render(request, "rater/mturk.html", page | shown)


# -- messages from Prolific ----------------------------------------------------------------------


@csrf_exempt
@require_POST
def prolific_webhook(request: HttpRequest) -> HttpResponse:
    """Signed by Prolific; anything else is refused before it is read."""
    headers = request.headers
    authentic = prolific.is_authentic(
        body=request.body,
        timestamp=headers.get("X-Prolific-Request-Timestamp", ""),
        signature=headers.get("X-Prolific-Request-Signature", ""),
    )
    if not authentic:
        return HttpResponse(status=403)
    try:
        event = json.loads(request.body)
    except ValueError:
        return HttpResponse(status=400)
    event_id = headers.get("X-Event-Id", "")
    if not isinstance(event, dict) or not 0 < len(event_id) <= 120:
        return HttpResponse(status=400)
    at = prolific.event_time(headers.get("X-Timestamp", ""))
    prolific.take_event(event_id=event_id, event=event, at=at)
    return HttpResponse(status=204)


# -- researchers ---------------------------------------------------------------------------------


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, study_id: int, invitation_id: int) -> HttpResponse:
    invitation = access.get_invitation_for_researcher(request, study_id, invitation_id)
    link = panels.link_of(invitation) or PanelLink(invitation=invitation)
    form = PanelLinkForm(posted(request), instance=link)
    if form.is_valid():
        recruitment.set_panel(link=form.instance, user=access.get_researcher(request))
        messages.success(request, _("Saved."))
        return redirect("panel", study_id, invitation_id)
    page = {
        "study": invitation.study,
        "invitation": invitation,
        "form": form,
        "link": panels.link_of(invitation),
        "prolific_query": prolific.ADDRESS_QUERY,
        "host": request.build_absolute_uri("/")[:-1],
    }
    return render(request, "researcher/panel.html", page, status=422 if form.is_bound else 200)


@access.researcher_required
@require_POST
def identities(request: HttpRequest, study_id: int) -> HttpResponse | StreamingHttpResponse:
    """Who the raters are on their panels, for who says that they mean to know."""
    study = access.get_study_for_researcher(request, study_id)
    if request.POST.get("confirm") != "yes":
        messages.error(request, _("Tick the box to take the identities out."))
        return redirect("raters", study.pk)
    rows = recruitment.identity_rows(study=study, user=access.get_researcher(request))
    response = StreamingHttpResponse(csv_pieces(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="identities-{study.pk}.csv"'
    response["Cache-Control"] = "no-store"
    return response
