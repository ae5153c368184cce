"""Long lists a piece at a time, by key: a row is never given twice or left out, whatever is added.

Keys are the numbers that the exported tables use, so that both can be joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from annotator.domain.monitoring import overview
from annotator.enums import AssignmentPurpose, AssignmentStatus, GenerationStatus
from annotator.models import PromptBatch, Rating, Snapshot, Study

Row = Mapping[str, Any]

_GIVEN = Q(
    assignments__status=AssignmentStatus.SUBMITTED,
    assignments__purpose=AssignmentPurpose.RATING,
)
_ITEM = "assignment__item"
_WORD = f"{_ITEM}__heat_map__word"
_RATER = "assignment__rater"


def studies_after(*, visible: QuerySet[Study], after: int, limit: int) -> Sequence[Study]:
    """Oldest first, with the counts of `overview.with_counts`."""
    found = visible.filter(pk__gt=after).select_related("owner").order_by("pk")
    return list(overview.with_counts(found)[:limit])


def with_counts(*, study: Study) -> Study:
    return overview.with_counts(Study.objects.filter(pk=study.pk)).get()


def items_after(*, study: Study, after: int, limit: int) -> Sequence[Row]:
    """In the order they were drawn, each with what was judged and how many ratings it has."""
    # Chosen first: SQLite counts the assignments of all items there are before it takes some.
    chosen = list(
        study.items.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit]
    )
    counted = study.items.filter(pk__in=chosen).annotate(given=Count("assignments", filter=_GIVEN))
    items = counted.order_by("pk")
    word = "heat_map__word"
    return list(
        items.values(
            "kind",
            "condition",
            "pos",
            "ratings_wanted",
            "heat_map_id",
            item_id=F("pk"),
            ratings_given=F("given"),
            image_id=F("heat_map__generation_id"),
            word=F(f"{word}__text"),
            word_index=F(f"{word}__index"),
            lemma=F(f"{word}__lemma"),
            prompt_id=F(f"{word}__prompt_id"),
            prompt=F(f"{word}__prompt__text"),
            seed=F(f"{word}__prompt__seed"),
            external_id=F(f"{word}__prompt__external_id"),
        )
    )


def ratings_after(*, study: Study, after: int, limit: int) -> Sequence[Row]:
    """The ratings that count, oldest first. A changed answer comes again, under a larger key."""
    ratings = Rating.objects.current().in_study(study).filter(pk__gt=after).order_by("pk")
    return list(
        ratings.values(
            "score",
            "revision",
            "submitted_at",
            "reaction_ms",
            "hidden_ms",
            rating_id=F("pk"),
            item_id=F(_ITEM),
            rater_id=F(f"{_RATER}__pseudonym"),
            opt_out_code=F("opt_out"),
            purpose=F("assignment__purpose"),
            heat_map_kind=F(f"{_ITEM}__kind"),
            condition=F(f"{_ITEM}__condition"),
            pos=F(f"{_ITEM}__pos"),
            word=F(f"{_WORD}__text"),
            prompt_id=F(f"{_WORD}__prompt_id"),
            simulated=F(f"{_RATER}__simulated"),
            rater_excluded_at=F(f"{_RATER}__excluded_at"),
        )[:limit]
    )


def batches_after(*, study: Study, after: int, limit: int) -> Sequence[PromptBatch]:
    """Oldest first, each with `prompt_count` and how many of its pictures are in which state."""
    counts = {
        f"pictures_{status.value}": Count(
            "prompts__generation", filter=Q(prompts__generation__status=status)
        )
        for status in GenerationStatus
    }
    found = overview.batches(study=study).filter(pk__gt=after).annotate(**counts)
    return list(found.order_by("pk")[:limit])


def snapshots_after(*, study: Study, after: int, limit: int) -> Sequence[Snapshot]:
    """Oldest first."""
    return list(Snapshot.objects.filter(study=study, pk__gt=after).order_by("pk")[:limit])
