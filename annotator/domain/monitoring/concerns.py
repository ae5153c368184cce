"""Is anything wrong? What a researcher should know about a study though no page fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import Count, F, Q

from annotator.domain.design import choices
from annotator.domain.monitoring.strata import Stratum
from annotator.enums import (
    CONTROL_KINDS,
    AssignmentPurpose,
    ItemKind,
    PartOfSpeech,
    StudyStatus,
    Task,
)
from annotator.models import Assignment, Rating, Study

QUIET_AFTER = timedelta(hours=1)
UNVISITED_AFTER = timedelta(days=1)
# Who has joined and not rated by then has most likely left.
UNUSED_AFTER = timedelta(hours=1)
LEAST_UNUSED = 3
LEAST_ANSWERS = 30
MUCH_OPTED_OUT = 0.5
LEAST_GOLD_ANSWERS = 5
MUCH_MISSED = 0.8
CLOCK_TOLERANCE = timedelta(minutes=2)
# How many items there are of each part of speech and kind.
Drawn = Mapping[tuple[PartOfSpeech, ItemKind], int]


class Concern(Enum):
    """The words for each are in the template."""

    NO_GOLD = "no_gold"
    SHORT_OF_ITEMS = "short_of_items"
    SHORT_OF_CONTROLS = "short_of_controls"
    QUIET = "quiet"
    OVERDUE = "overdue"
    NOBODY_CAME = "nobody_came"
    LINKS_FULL = "links_full"
    UNUSED_PLACES = "unused_places"
    OPT_OUTS = "opt_outs"
    BAD_GOLD = "bad_gold"
    CLOCKS = "clocks"


def concerns(*, study: Study, strata: Sequence[Stratum], at: datetime) -> list[Concern]:
    """What is wrong with a study that has items; in the order of the enum."""
    drawn = {(one.pos, one.kind): one.items for one in strata}
    if not drawn:
        return []
    wrong = {
        Concern.NO_GOLD: _lacks_gold(study, drawn),
        Concern.SHORT_OF_ITEMS: _is_short(study, drawn, (ItemKind.REAL,)),
        Concern.SHORT_OF_CONTROLS: _is_short(study, drawn, CONTROL_KINDS),
        Concern.QUIET: _is_quiet(study, at),
        Concern.OVERDUE: _is_overdue(study, at),
        Concern.NOBODY_CAME: _nobody_came(study, at),
        Concern.LINKS_FULL: _links_are_full(study),
        Concern.UNUSED_PLACES: _places_are_unused(study, at),
        Concern.OPT_OUTS: _opts_out_much(study, strata),
        Concern.BAD_GOLD: _has_bad_gold(study),
        Concern.CLOCKS: _clocks_differ(study, at),
    }
    return [concern for concern, is_so in wrong.items() if is_so]


def _lacks_gold(study: Study, drawn: Drawn) -> bool:
    return bool(study.gold_percent) and not any(kind == ItemKind.GOLD for _, kind in drawn)


def _is_short(study: Study, drawn: Drawn, kinds: tuple[ItemKind, ...]) -> bool:
    """Fewer items than wanted in some stratum: too few words, or a map could not be made."""
    return any(
        drawn.get((PartOfSpeech(pos), kind), 0) < choices.wanted(study, kind)
        for pos in study.parts_of_speech
        for kind in kinds
    )


def _is_quiet(study: Study, at: datetime) -> bool:
    """Somebody has rated, more is wanted, and nobody has for an hour."""
    if not _wants_more(study) or not _somebody_rated(study):
        return False
    # No look for the last rating of all: it may lie behind a million of another study.
    return not Rating.objects.lately_in_study(study, at - QUIET_AFTER).exists()


def _somebody_rated(study: Study) -> bool:
    return study.raters.filter(answers_stored__gt=0).exists()


def _is_overdue(study: Study, at: datetime) -> bool:
    """Housekeeping gives overdue items back every few minutes; where it does not, none runs."""
    overdue = Assignment.objects.overdue(at - timedelta(minutes=15))
    # By the deadline: see `RatingQuerySet.lately_in_study`.
    return overdue.annotate(of=F("item__study_id") + 0).filter(of=study.pk).exists()


def _wants_more(study: Study) -> bool:
    return study.status == StudyStatus.OPEN and study.items.needing_ratings().exists()


def _nobody_came(study: Study, at: datetime) -> bool:
    """Open for a day, and without a single rating."""
    if not _wants_more(study) or _somebody_rated(study):
        return False
    opened = study.log.filter(text__startswith="Opened").order_by("-at").first()
    return opened is not None and opened.at < at - UNVISITED_AFTER


def _links_are_full(study: Study) -> bool:
    """More is wanted, and no link that is left lets anybody in."""
    links = study.invitations.filter(revoked_at=None, rehearsal=False)
    open_links = links.filter(Q(quota=None) | Q(joined__lt=F("quota")))
    return _wants_more(study) and links.exists() and not open_links.exists()


def _places_are_unused(study: Study, at: datetime) -> bool:
    """Half of those who took one of a link's places never rated."""
    took = study.raters.filter(
        simulated=False, invitation__quota__isnull=False, consented_at__lt=at - UNUSED_AFTER
    )
    never = took.filter(answers_stored=0).count()
    return never >= LEAST_UNUSED and 2 * never >= took.count()


def _opts_out_much(study: Study, strata: Sequence[Stratum]) -> bool:
    real = [one for one in strata if one.kind == ItemKind.REAL]
    out = sum(one.n_opt_outs for one in real)
    # Drawings and things seen are no scores: the slots know how many answers there are.
    scored = study.task == Task.RATING
    n = out + sum(one.n_scores for one in real) if scored else sum(one.given for one in real)
    return n >= LEAST_ANSWERS and out >= MUCH_OPTED_OUT * n


def _has_bad_gold(study: Study) -> bool:
    """Gold that nearly everybody misses tells more about what is accepted than about raters."""
    answers = Rating.objects.current().in_study(study).of_included_raters()
    # By their items, which have an index: a purpose has none.
    gold = answers.filter(
        assignment__purpose=AssignmentPurpose.GOLD, assignment__item__kind=ItemKind.GOLD
    )
    item = "assignment__item"
    right = Q(
        score__gte=F(f"{item}__accepted_low"),
        score__lte=F(f"{item}__accepted_high"),
    )
    counted = gold.order_by().values(item).annotate(n=Count("pk"), right=Count("pk", filter=right))
    return any(
        one["n"] >= LEAST_GOLD_ANSWERS and one["right"] <= (1 - MUCH_MISSED) * one["n"]
        for one in counted
    )


def _clocks_differ(study: Study, at: datetime) -> bool:
    """Something was stored later than now: of several servers one is fast or slow."""
    late = at + CLOCK_TOLERANCE
    drawn = Assignment.objects.open().filter(rater__study=study, drawn_at__gt=late)
    return drawn.exists() or Rating.objects.lately_in_study(study, late).exists()
