"""Reading: studies, items, ratings, batches, statistics."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from annotator import access
from annotator.domain import analyses
from annotator.domain.browse import listing
from annotator.domain.results.filters import Filter
from annotator.enums import ItemKind, PartOfSpeech, Scope
from annotator.views.api import schemas
from annotator.views.api.answers import After, Limit, gives, needs, piece
from annotator.views.api.statistics import statistics_of

router = Router()


class Chosen(Schema):
    """Which ratings the numbers are about."""

    pos: list[PartOfSpeech] = Field([], description="These parts of speech; none: all.")
    kind: ItemKind = Field(ItemKind.REAL, description="The kind of map.")
    model: str = Field("", description="Pictures of this model only.")
    condition: str = Field("", description="This condition only, by its name.")
    everybody: bool = Field(False, description="With excluded raters.")

    def filter(self) -> Filter:
        return Filter(
            pos=tuple(pos.value for pos in self.pos),
            kind=self.kind.value,
            model=self.model,
            condition=self.condition,
            everybody=self.everybody,
        )


STUDIES = needs(Scope.READ_STUDIES)


@router.get(
    "/studies", response=gives(schemas.Piece[schemas.StudyRow]), url_name="studies", **STUDIES
)
def list_studies(request: HttpRequest, after: After = 0, limit: Limit = 100) -> dict[str, Any]:
    """Your studies (an admin's: all), oldest first."""
    visible = access.get_studies_for_researcher(request)
    rows = listing.studies_after(visible=visible, after=after, limit=limit)
    return piece(request, rows, limit, key=lambda study: study.pk)


@router.get("/studies/{study_id}", response=gives(schemas.StudyDetail), url_name="study", **STUDIES)
def get_study(request: HttpRequest, study_id: int) -> Any:
    """One study with all its settings."""
    study = access.get_study_for_researcher(request, study_id)
    return listing.with_counts(study=study)


@router.get(
    "/studies/{study_id}/items",
    response=gives(schemas.Piece[schemas.ItemRow]),
    url_name="items",
    **STUDIES,
)
def list_items(
    request: HttpRequest, study_id: int, after: After = 0, limit: Limit = 100
) -> dict[str, Any]:
    """What is judged: word, prompt, kind of map, and how many ratings it has."""
    study = access.get_study_for_researcher(request, study_id)
    rows = listing.items_after(study=study, after=after, limit=limit)
    return piece(request, rows, limit, key=lambda row: row["item_id"])


@router.get(
    "/studies/{study_id}/ratings",
    response=gives(schemas.Piece[schemas.RatingRow]),
    url_name="ratings",
    **needs(Scope.READ_RATINGS),
)
def list_ratings(
    request: HttpRequest, study_id: int, after: After = 0, limit: Limit = 100
) -> dict[str, Any]:
    """The ratings that count, oldest first; excluded raters are in, and marked.

    An answer that its rater changes comes again with a larger rating_id and a higher revision: who
    reads on from the last rating_id keeps the last row per rater, item and purpose.
    """
    study = access.get_study_for_researcher(request, study_id)
    rows = listing.ratings_after(study=study, after=after, limit=limit)
    return piece(request, rows, limit, key=lambda row: row["rating_id"])


@router.get(
    "/studies/{study_id}/batches",
    response=gives(schemas.Piece[schemas.BatchRow]),
    url_name="batches",
    **STUDIES,
)
def list_batches(
    request: HttpRequest, study_id: int, after: After = 0, limit: Limit = 100
) -> dict[str, Any]:
    """The imported files of prompts, and how far their pictures are."""
    study = access.get_study_for_researcher(request, study_id)
    rows = listing.batches_after(study=study, after=after, limit=limit)
    return piece(request, rows, limit, key=lambda batch: batch.pk)


@router.get(
    "/studies/{study_id}/statistics",
    response={**gives(schemas.Statistics), 202: schemas.Computing},
    url_name="statistics",
    **needs(Scope.READ_STATISTICS),
)
def get_statistics(
    request: HttpRequest, response: HttpResponse, study_id: int, chosen: Query[Chosen]
) -> Any:
    """The numbers of the results page, at full precision; null where a number is undefined.

    Those of a large study are computed by a worker: until they are there the answer is 202, with
    how far they are; later the last ones are given while newer ones are computed.
    """
    study = access.get_study_for_researcher(request, study_id)
    state = analyses.state(study=study, filter=chosen.filter())
    found = state.results()
    if found is None:
        response["Retry-After"] = "5"
        return Status(202, state.analysis)
    return statistics_of(state, found)
