"""The table of the ordinal mixed model on the results page."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotator.domain.results.effects import Effect, Effects
from annotator.domain.results.summary import describe, number, p_value
from annotator.enums import ItemKind, PartOfSpeech
from annotator.views.subject import Subject

_MEANINGS = {
    "above": gettext_lazy("Rated higher."),
    "below": gettext_lazy("Rated lower."),
    "open": gettext_lazy("Not told apart so far."),
    "": gettext_lazy("Too few scores to tell."),
}


def effects_table(subject: Subject, found: Effects | None) -> dict[str, Any] | None:
    """What `researcher/_results_effects.html` shows; None where no groups are compared."""
    if found is None:
        return None
    return {
        "note": found.note,
        "rows": [] if found.note else [_row(subject, effect) for effect in found.effects],
        "left_out": ", ".join(_any_name(name) for name in found.left_out),
        "item_sd": _spread(found.item_sd),
        "rater_sd": _spread(found.rater_sd),
        "n_scores": f"{found.n_scores:,}",
        "n_items": f"{found.n_items:,}",
        "n_raters": f"{found.n_raters:,}",
    }


def _row(subject: Subject, effect: Effect) -> dict[str, Any]:
    return {
        "family": _family(subject, effect.by),
        "name": _name(effect.by, effect.name),
        "reference": _name(effect.by, effect.reference),
        "odds_ratio": describe(effect.odds_ratio),
        "logit": describe(effect.logit),
        "p": p_value(effect.p).removeprefix("= "),
        "meaning": _MEANINGS[effect.verdict],
    }


def _family(subject: Subject, by: str) -> str:
    names = {"kind": _("Shown"), "pos": subject.group_heading, "condition": _("Condition")}
    return names[by]


def _name(by: str, name: str) -> str:
    if by == "kind":
        return str(ItemKind(name).label)
    return str(PartOfSpeech(name).label) if name in PartOfSpeech else name


def _any_name(name: str) -> str:
    return _name("kind" if name in ItemKind else "pos", name)


def _spread(sd: float) -> str:
    return "–" if math.isnan(sd) else number(sd)
