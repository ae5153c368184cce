"""The account's page of API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotator import access
from annotator.domain import api_tokens
from annotator.domain.api_tokens import IssuedToken
from annotator.forms.api_tokens import TokenForm


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """A new token's secret is on the answer itself: to redirect, it would have to be stored."""
    if request.method != "POST":
        return _index(request, TokenForm())
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _index(request, form, status=422)
    issued = api_tokens.issue_token(user=access.get_researcher(request), **form.cleaned_data)
    return _index(request, TokenForm(), issued)


@access.researcher_required
@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    token = access.get_token_for_researcher(request, token_id)
    api_tokens.revoke_token(token=token)
    messages.success(request, _("The token is revoked: nothing can use it any more."))
    return redirect("api-tokens")


def _index(
    request: HttpRequest, form: TokenForm, issued: IssuedToken | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "issued": issued,
        "tokens": api_tokens.usable_tokens(user=access.get_researcher(request)),
        "address": request.build_absolute_uri("/api/v1/"),
    }
    response = render(request, "researcher/api_tokens.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
