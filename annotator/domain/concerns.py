"""Is anything wrong? What a researcher should know about a study though no page fails."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from django.db.models import Count

from annotator.domain import plan
from annotator.enums import CONTROL_KINDS, ItemKind, StudyStatus
from annotator.models import Assignment, Rating, Study

QUIET_AFTER = timedelta(hours=1)


class Concern(Enum):
    """The words for each are in the template."""

    NO_GOLD = "no_gold"
    SHORT_OF_ITEMS = "short_of_items"
    SHORT_OF_CONTROLS = "short_of_controls"
    QUIET = "quiet"
    OVERDUE = "overdue"


def concerns(*, study: Study, at: datetime) -> list[Concern]:
    """What is wrong with a study that has items; in the order of the enum."""
    counted = study.items.order_by().values_list("pos", "kind").annotate(Count("pk"))
    drawn = {(pos, kind): count for pos, kind, count in counted}
    if not drawn:
        return []
    wrong = {
        Concern.NO_GOLD: _lacks_gold(study, drawn),
        Concern.SHORT_OF_ITEMS: _is_short(study, drawn, (ItemKind.REAL,)),
        Concern.SHORT_OF_CONTROLS: _is_short(study, drawn, CONTROL_KINDS),
        Concern.QUIET: _is_quiet(study, at),
        Concern.OVERDUE: _is_overdue(study, at),
    }
    return [concern for concern, is_so in wrong.items() if is_so]


def _lacks_gold(study: Study, drawn: dict[tuple[str, str], int]) -> bool:
    return bool(study.gold_percent) and not any(kind == ItemKind.GOLD for _, kind in drawn)


def _is_short(study: Study, drawn: dict[tuple[str, str], int], kinds: tuple[ItemKind, ...]) -> bool:
    """Fewer items than wanted in some stratum: too few words, or a map could not be made."""
    return any(
        drawn.get((pos, kind), 0) < plan.wanted(study, kind)
        for pos in study.parts_of_speech
        for kind in kinds
    )


def _is_quiet(study: Study, at: datetime) -> bool:
    """Somebody has rated, more is wanted, and nobody has for an hour."""
    if study.status != StudyStatus.OPEN or not study.items.needing_ratings().exists():
        return False
    rated = Rating.objects.in_study(study).order_by("-pk").values_list("submitted_at", flat=True)
    last = rated.first()
    return last is not None and last < at - QUIET_AFTER


def _is_overdue(study: Study, at: datetime) -> bool:
    """Housekeeping gives overdue items back every few minutes; where it does not, none runs."""
    overdue = Assignment.objects.overdue(at - timedelta(minutes=15))
    return overdue.filter(item__study=study).exists()
