"""The rater's way: consent, instructions, rating, thanks. No account, only the link."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotator import access
from annotator.domain import assignments
from annotator.enums import OptOut, StudyStatus
from annotator.errors import AssignmentGone, RatingConflict, StudyNotOpen
from annotator.models import Rater, Study
from annotator.views import examples, rating_json

# -- pages ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked, before anything is stored. Who agreed already goes on where they were."""
    invitation = access.get_invitation(token)
    if access.find_rater(request, token) is not None:
        return redirect("rater-rate", token)
    if invitation.study.status != StudyStatus.OPEN:
        return _not_open(request, invitation.study)
    text = invitation.study.consent_text or render_to_string("rater/_consent_text.html")
    if request.method != "POST":
        most = assignments.most_items(invitation.study)
        page = {"study": invitation.study, "text": text, "most": most}
        return render(request, "rater/consent.html", page)
    rater = assignments.join_study(invitation=invitation, consent_text=text)
    response = redirect("rater-instructions", token)
    access.remember_rater(response, request, rater)
    return response


@require_GET
def instructions(request: HttpRequest, token: str) -> HttpResponse:
    rater = access.get_rater(request, token)
    page = _page(rater, token) | {
        "points": examples.points(rater.study),
        "opt_out_examples": examples.OPT_OUTS,
    }
    return render(request, "rater/instructions.html", page)


@require_GET
def rate(request: HttpRequest, token: str) -> HttpResponse:
    rater = access.get_rater(request, token)
    if rater.study.status != StudyStatus.OPEN:
        return _not_open(request, rater.study, rater)
    modules = [f"annotator/{name}.js" for name in _MODULES]
    return render(request, "rater/rate.html", _page(rater, token) | {"modules": modules})


@require_GET
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    rater = access.get_rater(request, token)
    if rater.study.status == StudyStatus.OPEN and rater.assignments.open().exists():
        return redirect("rater-rate", token)
    given = assignments.answers_given(rater)
    page = _page(rater, token) | {
        "scored": given.pop("", 0),
        "opted_out": [(reason.label, given.get(reason, 0)) for reason in OptOut],
    }
    return render(request, "rater/thanks.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Give back what is not answered; what is answered stays."""
    rater = access.get_rater(request, token)
    if request.method != "POST":
        return render(request, "rater/leave.html", _page(rater, token))
    assignments.return_assignments(rater=rater)
    return redirect("rater-thanks", token)


# -- what the rating page asks for ---------------------------------------------------------------

_MOST_WANTED = 20


@require_POST
def draw(request: HttpRequest, token: str) -> JsonResponse:
    rater = access.get_rater(request, token)
    return _items(rater, token, _body(request).get("want"))


@require_POST
def submit(request: HttpRequest, token: str) -> JsonResponse:
    """Store one answer; where the page wants more items, hand them out in the same request."""
    body = _body(request)
    sent = body.get("answer")
    if not isinstance(sent, dict):
        sent = {}
    assignment = access.get_assignment_to_answer(request, token, sent.get("assignment"))
    rater = assignment.rater
    form = rating_json.AnswerForm(sent)
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


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _items(rater: Rater, token: str, want: Any, *, status: int = 200, **more: Any) -> JsonResponse:
    count = min(want, _MOST_WANTED) if isinstance(want, int) else 1
    try:
        held = assignments.draw(rater=rater, count=count)
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


# -- shared --------------------------------------------------------------------------------------

_OPT_OUT_KEYS = {OptOut.IMAGE_TOO_POOR: "p", OptOut.WORD_TOO_ABSTRACT: "a"}
# Named in the page, so that the browser fetches them together and not one after the other.
_MODULES = (
    "rate",
    "heat-map",
    "keys",
    "screen",
    "server",
    "session",
    "storage",
    "clock",
    "outbox",
    "queue",
)


def _page(rater: Rater, token: str) -> dict[str, Any]:
    return {
        "study": rater.study,
        "rater": rater,
        "token": token,
        "scale": list(enumerate(rater.study.labels, start=1)),
        "opt_outs": [(reason.value, reason.label, _OPT_OUT_KEYS[reason]) for reason in OptOut],
        "progress": assignments.progress(rater),
    }


def _not_open(request: HttpRequest, study: Study, rater: Rater | None = None) -> HttpResponse:
    return render(request, "rater/not_open.html", {"study": study, "rater": rater}, status=403)
