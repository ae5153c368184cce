"""A rater's own data: what is stored, and its deletion."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from annotator import access
from annotator.domain.raters import erasure
from annotator.views import rater_pages

_RECEIPT = "annotator.receipt"


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, token: str) -> HttpResponse:
    """What would be deleted; sent, it is."""
    rater = access.get_rater(request, token)
    if request.method != "POST":
        return render(request, "rater/delete.html", rater_pages.context(rater, token))
    receipt = erasure.erase(rater=rater)
    signed = signing.dumps(asdict(receipt) | {"at": receipt.at.isoformat()}, salt=_RECEIPT)
    response = redirect(f"{reverse('rater-deleted', args=[token])}?receipt={signed}")
    access.forget_rater(response, token)
    return response


@require_GET
def deleted(request: HttpRequest, token: str) -> HttpResponse:
    """The receipt, which the address itself carries: nothing else is left."""
    invitation = access.get_invitation(token)
    try:
        receipt = signing.loads(request.GET.get("receipt", ""), salt=_RECEIPT)
    except signing.BadSignature as error:
        raise Http404("Not a receipt of ours.") from error
    page = receipt | {"at": datetime.fromisoformat(receipt["at"]), "study": invitation.study}
    return render(request, "rater/deleted.html", page)
