"""What operations have in common: tokens, pieces of lists, answers that need not be sent twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import conditional_page
from ninja import Query
from ninja.security import HttpBearer

from annotator import access
from annotator.enums import Scope
from annotator.models import ApiToken
from annotator.views.api.schemas import Problem

MOST_ROWS = 1000
# Where the description says which scope an operation needs.
SCOPE = "x-required-scope"
_REFUSALS = frozenset({401, 403, 404, 409, 422, 429})

After = Annotated[int, Query(ge=0, description="Give what comes after this number.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="How many rows at a time.")]

Row = TypeVar("Row")


class Bearer(HttpBearer):
    """A token with this scope. Another scope, or none, is refused by `access`."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        return access.authorise_token(request, token.strip(), self.scope)


def needs(scope: Scope) -> dict[str, Any]:
    """The arguments of an operation that needs this scope, for the door and for the description."""
    return {"auth": Bearer(scope), "openapi_extra": {SCOPE: scope.value}}


def gives(answer: Any, status: int = 200) -> dict[Any, Any]:
    """The answers of an operation: this one, and what is said where it cannot be had."""
    return {status: answer, _REFUSALS: Problem}


def piece(
    request: HttpRequest, rows: Sequence[Row], limit: int, key: Callable[[Row], int]
) -> dict[str, Any]:
    """A piece of a list, and the address of the next one: null after the last."""
    if len(rows) < limit:
        return {"rows": rows, "next": None}
    query = request.GET.copy()
    query["after"] = str(key(rows[-1]))
    address = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return {"rows": rows, "next": address}


def revalidated(operation: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """With an ETag; asked again with `If-None-Match`, an unchanged answer is 304 without a body."""

    @wraps(operation)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = operation(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Authorization"])
        return response

    return conditional_page(run)
