"""How numbers are said on the researcher's pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext

from annotator.domain.generations import GenerationProgress
from annotator.enums import PartOfSpeech

register = template.Library()


@register.filter
def duration(seconds: float) -> str:
    """In its nearest unit: 50 s, 12 min, 5 h, 3 days."""
    if seconds < 90:
        return gettext("%d s") % max(1, round(seconds))
    if seconds < 90 * 60:
        return gettext("%d min") % round(seconds / 60)
    if seconds < 48 * 3600:
        return gettext("%d h") % round(seconds / 3600)
    return gettext("%d days") % round(seconds / 86_400)


_FORMATS = {"time": "H:i", "moment": "j M Y, H:i", "weekday": "D j M, H:i"}


@register.simple_tag
def local_time(at: datetime, name: str = "moment") -> str:
    """A moment in UTC, which `local-time.js` puts on the reader's own clock."""
    return format_html(
        '<local-time format="{}"><time datetime="{}">{} UTC</time></local-time>',
        name,
        at.isoformat(),
        date_format(at, _FORMATS[name]),
    )


@register.filter
def tenth(progress: GenerationProgress) -> int:
    """Percent done in steps of ten, so that a screen reader speaks up ten times and not always."""
    return 10 * (10 * progress.done // progress.total)


@register.filter
def pos_label(pos: Any) -> str:
    """A part of speech in words; what is not one, as it stands."""
    return str(PartOfSpeech(pos).label) if pos in PartOfSpeech else str(pos)
