"""What the answers hold. Names are those of the exported tables wherever both have a column."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from ninja import Schema
from pydantic import Field

from annotator.domain.design import study_config
from annotator.enums import (
    AssignmentPurpose,
    GenerationStatus,
    ItemKind,
    OptOut,
    SnapshotStatus,
    StudyStatus,
    UploadStatus,
)
from annotator.models import Study

Row = TypeVar("Row")


class Piece(Schema, Generic[Row]):
    rows: list[Row]
    next: str | None = Field(description="address of the next piece; null after the last one")


class StudyRow(Schema):
    study_id: int = Field(alias="pk")
    name: str
    owner: str = Field(alias="owner.username")
    status: StudyStatus
    created_at: datetime
    pictures: int = Field(alias="picture_count", description="asked for, finished or not")
    ratings_wanted: int
    ratings_given: int


class StudyDetail(StudyRow):
    question: str
    labels: list[str] = Field(description="of the scores 1 to 5")
    settings: dict[str, Any] = Field(description="every setting, as in the study file")

    @staticmethod
    def resolve_settings(study: Study) -> dict[str, Any]:
        return study_config.values_of(study=study)


class ItemRow(Schema):
    item_id: int
    kind: ItemKind
    condition: str = Field(description="empty: the study compares nothing")
    pos: str = Field(description="part of speech (Universal Dependencies)")
    word: str
    word_index: int
    lemma: str
    prompt_id: int
    prompt: str
    seed: int
    external_id: str
    image_id: int
    heat_map_id: int
    ratings_wanted: int
    ratings_given: int


class RatingRow(Schema):
    rating_id: int
    item_id: int
    rater_id: str = Field(description="random pseudonym, another one in every study")
    score: int | None = Field(description="1 to 5; null on an opt-out")
    opt_out_code: OptOut | Literal[""] = Field(
        description="why no score was given; empty where one was"
    )
    revision: int = Field(description="how often the answer was changed; a change comes as a row")
    purpose: AssignmentPurpose
    heat_map_kind: ItemKind
    condition: str = Field(description="empty: the study compares nothing")
    pos: str
    word: str
    prompt_id: int
    submitted_at: datetime
    reaction_ms: int | None
    hidden_ms: int
    simulated: bool
    rater_excluded_at: datetime | None = Field(description="null: counted in the statistics")


class BatchRow(Schema):
    batch_id: int = Field(alias="pk")
    file_name: str
    sha256: str
    imported_at: datetime
    prompts: int = Field(alias="prompt_count")
    pictures: dict[GenerationStatus, int]

    @staticmethod
    def resolve_pictures(batch: Any) -> dict[GenerationStatus, int]:
        return {status: getattr(batch, f"pictures_{status.value}") for status in GenerationStatus}


class SnapshotRow(Schema):
    snapshot_id: int = Field(alias="pk")
    name: str
    status: SnapshotStatus
    created_at: datetime
    finished_at: datetime | None
    n_ratings: int
    size: int = Field(description="of the file, in bytes")
    sha256: str = Field(description="of the file; empty until it is written")


class RefusedPrompt(Schema):
    line: int
    prompt: str
    reason: str


class Upload(Schema):
    upload_id: int = Field(alias="pk")
    file_name: str
    sha256: str
    status: UploadStatus
    error: str = Field(description="why the file as a whole was refused; empty otherwise")
    note: str = Field(description="worth knowing though nothing is wrong")
    rows_read: int
    rows_total: int
    rows_ready: int
    refused: list[RefusedPrompt]


class EstimateJson(Schema):
    value: float | None
    low: float | None = Field(description="lower end of the interval; null where undefined")
    high: float | None
    n: int
    note: str = Field(description="why a number is undefined; empty otherwise")


class GroupStatistics(Schema):
    pos: str = Field(description="part of speech; empty for all together")
    n_items: int
    n_raters: int
    n_ratings: int
    fewest_per_item: int
    most_per_item: int
    scores: list[int] = Field(description="ratings with the score 1, 2, … 5")
    opt_outs: dict[OptOut, int]
    mos: EstimateJson = Field(description="mean of all scores")
    mos_of_medians: EstimateJson = Field(description="the rule of Tang et al. (2023)")
    share_fair_or_better: EstimateJson
    agreement: dict[str, EstimateJson] = Field(description="by measure: alpha_ordinal, …")


class ContrastStatistics(Schema):
    difference: EstimateJson = Field(description="the first minus the other, in points")
    delta: EstimateJson = Field(description="Cliff's delta")
    p_holm: float | None


class ControlStatistics(ContrastStatistics):
    """How much higher real maps are rated."""

    kind: ItemKind
    n_items: int
    n_opt_outs: int
    mos: EstimateJson


class SplitStatistics(ContrastStatistics):
    by: str = Field(description="“model” or “batch”")
    one: str
    other: str


class ConditionStatistics(Schema):
    """One of the ways that the study compares."""

    name: str
    n_items: int
    n_opt_outs: int
    mos: EstimateJson
    mos_of_medians: EstimateJson


class PairingStatistics(ContrastStatistics):
    """Two conditions word by word; n counts the pairs, and delta is within them."""

    one: str
    other: str


class EffectStatistics(Schema):
    """A group against its family's reference, all else in the model alike."""

    by: str = Field(description="“kind”, “pos” or “condition”")
    name: str
    reference: str
    logit: EstimateJson = Field(description="above zero: rated higher; n counts all scores")
    odds_ratio: EstimateJson = Field(description="of a better answer")
    p: float | None = Field(description="Wald's, two-sided")


class MixedModelStatistics(Schema):
    """score ~ kind + part of speech + condition + (1 | item) + (1 | rater), cumulative logits."""

    n_scores: int
    n_items: int
    n_raters: int
    item_sd: float | None = Field(description="in logits")
    rater_sd: float | None = Field(description="in logits")
    left_out: list[str] = Field(description="groups of fewer than five items")
    note: str = Field(description="why nothing is defined, or empty")
    effects: list[EffectStatistics]


class Ends(Schema):
    bootstrap: list[float | None]
    analytic: list[float | None]


class Statistics(Schema):
    data_version: str
    is_current: bool = Field(description="false: newer numbers are being computed; ask again")
    resamples: int
    permutations: int
    seed: int
    confidence: float
    overall: GroupStatistics
    by_part_of_speech: list[GroupStatistics]
    mos_intervals: dict[str, Ends] = Field(description="other items, raters, both, or prompts")
    controls: list[ControlStatistics]
    splits: list[SplitStatistics]
    conditions: list[ConditionStatistics]
    pairings: list[PairingStatistics]
    mixed_model: MixedModelStatistics | None = Field(description="null: nothing is compared")


class Computing(Schema):
    """A worker computes these numbers for the first time: ask again in some seconds."""

    steps_done: int
    steps_total: int
    error: str


class WrongField(Schema):
    field: str
    reason: str


class Problem(Schema):
    """RFC 9457."""

    title: str
    status: int
    detail: str = Field(description="what to do")
    errors: list[WrongField] = Field([], description="fields to mend; only where there are any")
