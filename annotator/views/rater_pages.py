"""What the rater's pages have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotator.domain.rating import assignments
from annotator.enums import ColourMap, OptOut, Task
from annotator.models import Rater, Study

_OPT_OUT_KEYS = {OptOut.IMAGE_TOO_POOR: "p", OptOut.WORD_TOO_ABSTRACT: "a"}
TEMPLATES = {
    Task.RATING: "rater/rate.html",
    Task.SEGMENTATION: "rater/segment.html",
    Task.PRESENCE: "rater/presence.html",
}
# Named in the page, so that the browser fetches them together and not one after the other.
_COMMON = (
    "connection",
    "controls",
    "heat-map",
    "outline",
    "resample",
    "screen",
    "server",
    "session",
    "storage",
    "clock",
    "outbox",
    "queue",
    "feedback",
)
_DRAWING = ("mask-editor", "mask-painter", "mask", "gestures", "view")
_MODULES = {
    Task.RATING: ("rate", "page", "display", "easel", "keys", *_COMMON),
    Task.SEGMENTATION: ("segment", *_DRAWING, *_COMMON),
    Task.PRESENCE: ("presence", "easel", "keys", *_COMMON),
}


def screen(study: Study) -> dict[str, Any]:
    """What a study's settings say of the page that shows its items."""
    return {
        "study": study,
        "scale": list(enumerate(study.labels, start=1)),
        "opt_outs": [(reason.value, reason.label, _OPT_OUT_KEYS[reason]) for reason in OptOut],
        "poor": OptOut.IMAGE_TOO_POOR,
        "colour_maps": ColourMap.values,
    }


def context(rater: Rater, token: str) -> dict[str, Any]:
    return screen(rater.study) | {
        "rater": rater,
        "token": token,
        "progress": assignments.progress(rater),
    }


def rating_page(
    rater: Rater, token: str, addresses: Mapping[str, str], *, outbox: str
) -> dict[str, Any]:
    """For the one page that shows items: `addresses` to draw, submit, look back and go when done.

    `outbox` names the place in the browser where answers wait.
    """
    return context(rater, token) | {
        "modules": [f"annotator/{name}.js" for name in _MODULES[Task(rater.study.task)]],
        "addresses": addresses,
        "outbox": outbox,
    }


def not_open(request: HttpRequest, study: Study, rater: Rater | None = None) -> HttpResponse:
    return render(request, "rater/not_open.html", {"study": study, "rater": rater}, status=403)
