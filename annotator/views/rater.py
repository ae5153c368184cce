"""A rater's pages: consent, rating, thanks. No account, only the link."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotator import access
from annotator.domain.design import phases
from annotator.domain.monitoring import check_rule
from annotator.domain.raters import panels, recruitment
from annotator.domain.raters.panels import Arrival, mturk
from annotator.domain.rating import assignments
from annotator.enums import OptOut, Phase, StudyStatus, Task
from annotator.errors import (
    AnnotatorError,
    ArrivalRefused,
    AssignmentGone,
    InvitationUsed,
    PanelUnreachable,
    RatingConflict,
    StudyNotOpen,
    TooManyJoins,
    WrongPhase,
)
from annotator.models import Rater, Study
from annotator.views import rater_pages, rating_json

# -- pages ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked, before anything is stored. Who agreed already goes on where they were."""
    invitation = access.get_invitation(token)
    study = invitation.study
    try:
        arrival = panels.arrival(invitation, request.GET, request.get_host())
    except (ArrivalRefused, PanelUnreachable) as error:
        # Who came in before needs no panel's address to come back.
        if access.find_rater(request, token) is not None:
            return redirect("rater-next", token)
        return _refused(request, study, error)
    if arrival is not None and arrival.preview:
        return redirect(f"{reverse('mturk-frame', args=[token])}?{request.GET.urlencode()}")
    known = _known_rater(request, token, arrival)
    if known is not None:
        return _let_in(request, known)
    if study.status != StudyStatus.OPEN:
        return rater_pages.not_open(request, study)
    if invitation.left == 0:
        return _refused(request, study, InvitationUsed())
    text, version = _consent_of(study)
    # Who agreed to a text that was changed while they read it reads the new one.
    if request.method != "POST" or request.POST.get("version", str(version)) != str(version):
        return _ask_consent(request, study, text, version)
    try:
        rater = recruitment.join_study(
            invitation=invitation,
            consent_text=text,
            consent_version=version,
            arrival=arrival,
            address=access.address_of(request),
        )
    except InvitationUsed as error:
        return _refused(request, study, error)
    except TooManyJoins as error:
        return _refused(request, study, error, status=429)
    return _let_in(request, rater)


def _known_rater(request: HttpRequest, token: str, arrival: Arrival | None) -> Rater | None:
    """Somebody's own panel identity tells more than a browser that several people may share."""
    if arrival is None:
        return access.find_rater(request, token)
    study = access.get_invitation(token).study
    return recruitment.find_participant(study=study, arrival=arrival)


def _let_in(request: HttpRequest, rater: Rater) -> HttpResponse:
    response = redirect("rater-next", rater.invitation.token)
    access.remember_rater(response, request, rater)
    return response


def _ask_consent(request: HttpRequest, study: Study, text: str, version: int) -> HttpResponse:
    page = {
        "study": study,
        "text": text,
        "version": version,
        "changed": request.method == "POST",
        "most": assignments.most_items(study),
    }
    return render(request, "rater/consent.html", page)


def _refused(
    request: HttpRequest, study: Study, reason: AnnotatorError, status: int = 403
) -> HttpResponse:
    page = {"study": study, "reason": reason}
    return render(request, "rater/refused.html", page, status=status)


def _consent_of(study: Study) -> tuple[str, int]:
    """The text and its version; nothing and 0 where the study asks for no consent."""
    if not phases.procedure_of(study).asks_consent:
        return "", 0
    standard = render_to_string("rater/_consent_text.html", {"task": study.task})
    return study.consent_text or standard, study.consent_version


@require_GET
def rate(request: HttpRequest, token: str) -> HttpResponse:
    rater = access.get_rater(request, token)
    if not phases.may_enter(rater, Phase.RATING):
        return redirect("rater-next", token)
    if rater.study.status != StudyStatus.OPEN:
        return rater_pages.not_open(request, rater.study, rater)
    addresses = {
        "draw": reverse("rater-draw", args=[token]),
        "submit": reverse("rater-submit", args=[token]),
        "previous": reverse("rater-previous", args=[token]),
        "done": reverse("rater-next", args=[token]),
    }
    page = rater_pages.rating_page(rater, token, addresses, outbox=str(rater.public_id))
    return render(
        request, rater_pages.TEMPLATES[Task(rater.study.task)], page | {"phase": Phase.RATING}
    )


@require_GET
@csp_update({"form-action": list(mturk.HOSTS)})
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """What was given. A rater who stopped on the way sees it too, with the way back."""
    rater = access.get_rater(request, token)
    if not phases.may_enter(rater, Phase.RATING):
        return redirect("rater-next", token)
    is_open = rater.study.status == StudyStatus.OPEN
    if is_open and rater.assignments.open().exists():
        return redirect("rater-rate", token)
    given = assignments.answers_given(rater)
    page = rater_pages.context(rater, token) | {
        "scored": given.pop("", 0),
        "opted_out": [(reason.label, given.get(reason, 0)) for reason in OptOut],
        "finished": rater.phase == Phase.FINISHED,
        "debrief": phases.procedure_of(rater.study).debrief,
        "completion": panels.completion(rater),
        "can_go_on": is_open and rater.phase != Phase.FINISHED,
    }
    return render(request, "rater/thanks.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Give back what is not answered; what is answered stays."""
    rater = access.get_rater(request, token)
    if request.method != "POST":
        return render(request, "rater/leave.html", rater_pages.context(rater, token))
    assignments.return_assignments(rater=rater)
    return redirect("rater-thanks", token)


# -- what the rating page asks for ---------------------------------------------------------------

_MOST_WANTED = 20


@require_POST
def draw(request: HttpRequest, token: str) -> JsonResponse:
    rater = access.get_rater(request, token)
    if not phases.may_enter(rater, Phase.RATING):
        return JsonResponse({"error": str(WrongPhase())}, status=403)
    return _items(rater, token, rating_json.body(request).get("want"))


@require_POST
def submit(request: HttpRequest, token: str) -> JsonResponse:
    """Store one answer; where the page wants more items, hand them out in the same request."""
    body = rating_json.body(request)
    sent = body.get("answer")
    if not isinstance(sent, dict):
        sent = {}
    assignment = access.get_assignment_to_answer(request, token, sent.get("assignment"))
    rater = assignment.rater
    form = rating_json.form_for(assignment, sent)
    if not form.is_valid():
        return JsonResponse({"error": form.sentence()}, status=422)
    try:
        assignments.submit_rating(assignment=assignment, answer=form.answer())
    except (AssignmentGone, RatingConflict) as error:
        return _items(rater, token, body.get("want"), status=409, error=str(error))
    except StudyNotOpen as error:
        return JsonResponse({"error": str(error)}, status=403)
    if not body.get("want") and rater.study.status == StudyStatus.OPEN:
        return JsonResponse({"saved": sent["answer_id"]})
    return _items(rater, token, body.get("want"), saved=sent["answer_id"])


@require_GET
def previous(request: HttpRequest, token: str) -> JsonResponse:
    rater = access.get_rater(request, token)
    try:
        before = int(request.GET.get("before", ""))
    except ValueError:
        return JsonResponse({"error": _("Say before which trial.")}, status=422)
    assignment = assignments.last_answered(rater=rater, before=before)
    item = assignment and rating_json.answered_item(assignment, rater, token)
    return JsonResponse({"item": item})


def _items(rater: Rater, token: str, want: Any, *, status: int = 200, **more: Any) -> JsonResponse:
    count = min(want, _MOST_WANTED) if isinstance(want, int) else 1
    try:
        held = check_rule.next_items(rater=rater, count=count)
    except StudyNotOpen as error:
        return JsonResponse({"error": str(error)} | more, status=403)
    progress = assignments.progress(rater)
    return JsonResponse(
        {
            "items": [rating_json.item(assignment, rater, token) for assignment in held],
            "progress": {"done": progress.done, "total": progress.total},
            "finished": not held,
        }
        | more,
        status=status,
    )
