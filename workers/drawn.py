"""What raters drew, beside the heat maps of the same nouns and beside how others rated them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from django.db.models import Avg

from annotator.domain.material import pictures
from annotator.domain.rating import masks
from annotator.domain.rating.masks import DrawnItem
from annotator.models import Rating, Study
from daam_engine.analysis.coco_classes import class_of
from daam_engine.analysis.comparison import rank_correlation
from daam_engine.analysis.segmentation import (
    BEST_TAU,
    SWEEP,
    Pair,
    ious,
    mean_iou,
    shuffled_iou,
    whole_image_iou,
)
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments.outcome import Outcome, Table
from daam_engine.heat_map import resize

# A noun of a picture that is the same in two studies: its prompt, its seed and its place.
Noun = tuple[str, int, int]


@dataclass(frozen=True)
class Measured:
    """Nouns whose thing most raters see, each with its map and with where they say it is."""

    nouns: Sequence[Noun]
    pairs: Sequence[Pair]
    n_absent: int


def measure(study: Study) -> Measured:
    """Raises `InvalidRequestError` where no mask has been drawn."""
    drawn = [one for one in masks.drawn_items(study=study) if one.drawn]
    if not drawn:
        raise InvalidRequestError("Nobody has drawn a mask in this study yet.")
    found = [(one, truth) for one in drawn if (truth := masks.majority(one)).any()]
    return Measured(
        nouns=[_noun(one) for one, _ in found],
        pairs=[_pair(one, truth) for one, truth in found],
        n_absent=len(drawn) - len(found),
    )


def outcome(study: Study, rated: Study | None = None, tau: float = BEST_TAU) -> Outcome:
    """The tables of `experiment segmentation` from a study's own pictures and masks."""
    found = measure(study)
    tables = [_main_table(found, tau), _sweep_table(found)]
    if rated is not None:
        tables.append(_scores_table(found, rated, tau))
    return Outcome("drawn", tuple(tables), (_remark(found),))


def _main_table(found: Measured, tau: float) -> Table:
    closed = [pair for pair in found.pairs if pair.category]
    return Table(
        "drawn",
        f"mIoU over {len(found.pairs)} nouns",
        ("method", "mIoU, any noun", "mIoU, COCO's 80 classes"),
        (
            (f"heat map, τ = {tau}", mean_iou(found.pairs, tau), mean_iou(closed, tau)),
            ("whole picture", whole_image_iou(found.pairs), whole_image_iou(closed)),
            (f"another picture's map, τ = {tau}", shuffled_iou(found.pairs, tau), None),
        ),
    )


def _sweep_table(found: Measured) -> Table:
    rows = tuple((tau, mean_iou(found.pairs, tau)) for tau in SWEEP)
    return Table("sweep", "mIoU of hard maps at every τ", ("τ", "mIoU"), rows)


def _scores_table(found: Measured, rated: Study, tau: float) -> Table:
    scores = mean_scores(rated)
    known = np.array([scores.get(noun, np.nan) for noun in found.nouns])
    pictures_of = [f"{text}\0{seed}" for text, seed, _ in found.nouns]
    overlap = ious(found.pairs, tau)
    return Table(
        "scores",
        f"Do scores of nouns rise with the IoU of their maps? Ratings of “{rated.name}”",
        ("nouns rated and drawn", "Spearman's rank correlation"),
        ((int((~np.isnan(known)).sum()), rank_correlation(known, overlap, pictures_of)),),
    )


def mean_scores(study: Study) -> dict[Noun, float]:
    """The mean score of every noun's own map, by included raters."""
    word = "assignment__item__heat_map__word"
    rows = (
        Rating.objects.current()
        .in_study(study)
        .of_real_maps()
        .of_included_raters()
        .values_list(f"{word}__prompt__text", f"{word}__prompt__seed", f"{word}__index")
        .annotate(mean=Avg("score"))
        .filter(mean__isnull=False)
    )
    return {(text, seed, index): mean for text, seed, index, mean in rows}


def _noun(one: DrawnItem) -> Noun:
    word = one.item.heat_map.word
    return word.prompt.text, word.prompt.seed, word.index


def _pair(one: DrawnItem, truth: np.ndarray) -> Pair:
    heat_map, word = one.item.heat_map, one.item.heat_map.word
    stored = pictures.stored_map(heat_map.generation.maps_file, heat_map.row)
    height, width = truth.shape
    soft = resize(torch.from_numpy(stored.astype(np.float32)), (height, width))
    return Pair(
        soft, torch.from_numpy(truth), word.prompt_id, word.text, class_of(word.lemma or word.text)
    )


def _remark(found: Measured) -> str:
    return (
        "Truth: pixels that more than half of a noun's raters painted. "
        f"{found.n_absent} nouns whose thing most do not see are left out, as in the paper."
    )
