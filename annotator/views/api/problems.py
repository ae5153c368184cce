"""What went wrong, as JSON (RFC 9457): `detail` is a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from annotator.errors import (
    AlreadyImported,
    AnnotatorError,
    BeingComputed,
    ScopeMissing,
    TokenRefused,
    TooManyRequests,
    WrongStatus,
)

CONTENT_TYPE = "application/problem+json"

_STATUS: dict[type[AnnotatorError], int] = {
    TokenRefused: 401,
    ScopeMissing: 403,
    TooManyRequests: 429,
    AlreadyImported: 409,
    WrongStatus: 409,
    BeingComputed: 503,
}
_NOT_FOUND = (
    "Not found, or not yours. GET /api/v1/studies lists your studies; /api/v1/ all addresses."
)


def problem(status: int, detail: str, **more: Any) -> HttpResponse:
    content = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JsonResponse(content, status=status, content_type=CONTENT_TYPE)


def install(api: NinjaAPI) -> None:
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        AnnotatorError: _refused,
        AuthenticationError: lambda request, _: _refused(request, TokenRefused()),
        Http404: lambda *_: problem(404, _NOT_FOUND),
        HttpError: lambda _, error: problem(error.status_code, str(error)),
        ValidationError: _invalid,
    }
    for error, handler in handlers.items():
        api.add_exception_handler(error, handler)


def _refused(_request: HttpRequest, error: AnnotatorError) -> HttpResponse:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)
    response = problem(status, str(error))
    if isinstance(error, TooManyRequests):
        response["Retry-After"] = str(error.wait_seconds)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="DAAM Annotator"'
    return response


def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": _field(e["loc"]), "reason": str(e["msg"])} for e in error.errors]
    detail = "; ".join(f"{e['field']}: {e['reason']}" for e in errors)
    return problem(422, f"Mend these and send it again. {detail}.", errors=errors)


def _field(place: tuple[str | int, ...]) -> str:
    """The name that was sent; what comes after it is its place in a list."""
    return next(str(part) for part in reversed(place) if isinstance(part, str))


def told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An address whose refusals before any operation is found are problems too."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META["QUERY_STRING"]:
            return problem(422, "Leave out the NUL character (%00): nothing here has one.")
        response = view(request, *args, **kwargs)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        refusal = problem(405, f"This address takes {response['Allow']}.")
        refusal["Allow"] = response["Allow"]
        return refusal

    return run


@csrf_exempt
def unknown(_request: HttpRequest, rest: str) -> HttpResponse:
    return problem(404, _NOT_FOUND)
