"""Forms that are looked at and sent at the same address."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, though it may be empty; None where the form is only looked at."""
    return request.POST if request.method == "POST" else None
