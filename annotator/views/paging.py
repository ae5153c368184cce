"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], *, size: int) -> Page[Any]:
    """The page that `?page=` asks for; a number too large, or none at all, is the nearest page."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
