"""Cells of the tables that experiments fill, as a person reads them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

register = template.Library()
_UNKNOWN = "–"


@register.filter
def shown(cell: Any) -> str:
    """A number, "0.51 (0.44 to 0.58)" for an estimate, a dash for what could not be measured."""
    if isinstance(cell, dict):
        return _estimate(cell)
    if cell is None:
        return _UNKNOWN
    if isinstance(cell, bool):
        return _("yes") if cell else _("no")
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def _estimate(cell: dict[str, Any]) -> str:
    if cell["value"] is None:
        return _UNKNOWN
    if cell["low"] is None:
        return f"{cell['value']:.3f}"
    return _("%(value)s (%(low)s to %(high)s)") % {
        name: f"{cell[name]:.3f}" for name in ("value", "low", "high")
    }
