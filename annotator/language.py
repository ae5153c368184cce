"""Raters' pages speak the rater's language; researchers' pages, not translated, speak English."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

_RATERS = "/r/"


class RaterLanguageMiddleware(LocaleMiddleware):
    """By choice (a cookie), else as the browser asks: on raters' pages only."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(_RATERS):
            super().process_request(request)
        else:
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = translation.get_language()
