"""How numbers are said on the researcher's pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import isnan
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext

from annotator.domain.material.generations import GenerationProgress
from annotator.enums import PartOfSpeech
from annotator.models import Study, Word
from annotator.statistics import Estimate

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


@register.simple_tag
def marked(word: Word, around: int = 0) -> str:
    """The word's prompt with the word marked by its place, and `around` letters beside it."""
    text = word.prompt.text
    before, after = text[: word.start], text[word.end :]
    if around and len(before) > around:
        before = f"…{before[-around:]}"
    if around and len(after) > around:
        after = f"{after[:around]}…"
    return format_html("{}<mark>{}</mark>{}", before, text[word.start : word.end], after)


_BAR_HEIGHT = 24


@register.inclusion_tag("researcher/_points.html")
def points(counts: Sequence[int], labels: Sequence[str]) -> dict[str, Any]:
    """A small bar for each point of the scale: how often it was given, of the most frequent."""
    most = max(counts) or 1
    bars = [
        {
            "score": score,
            "n": n,
            "left": 24 * (score - 1),
            "height": round(_BAR_HEIGHT * n / most, 1),
            "top": round(16 + _BAR_HEIGHT * (1 - n / most), 1),
            "label": label,
        }
        for score, (n, label) in enumerate(zip(counts, labels, strict=True), start=1)
    ]
    return {"bars": bars}


@register.filter
def decimals(value: float | None, digits: int = 2) -> str:
    """A number as it is written on researchers' pages; “–” where it is undefined."""
    return "–" if value is None or isnan(value) else f"{value:.{digits}f}"


@register.filter
def interval(estimate: Estimate) -> str:
    """“3.41 [3.20, 3.62]”; without the brackets where no interval is defined."""
    if isnan(estimate.low):
        return decimals(estimate.value)
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


@register.inclusion_tag("researcher/_share_bars.html")
def share_bars(own: float, of_all: float) -> dict[str, Any]:
    """Two percentages under each other, 100 wide: thick the one, thin the other."""
    return {"own": 0 if isnan(own) else own, "of_all": 0 if isnan(of_all) else of_all}


@register.filter
def recorded(value: Any) -> str:
    """A value of a picture's provenance in words: lists and settings by their parts."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {recorded(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(recorded, value))
    return "–" if value is None else str(value)


@register.filter
def label_of(study: Study, score: int) -> str:
    return study.label_of(score)


@register.simple_tag
def url_query(**values: str) -> str:
    """`name=value` for an address, whatever letters are in the value."""
    return urlencode(values)
