"""Where raters say a thing is: masks as COCO's run-length encoding, and how far two of them agree.

A mask of nothing says that the thing is not in the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, TypedDict

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_mask

from annotator import statistics
from annotator.domain.results.resampling import rng
from annotator.errors import MaskRefused
from annotator.models import Item, Rating, Study
from annotator.models.rating import RatingQuerySet
from annotator.statistics import Estimate


class Rle(TypedDict):
    """COCO's compressed form: `size` is [height, width], `counts` ASCII."""

    size: list[int]
    counts: str


def rle_of(counts: Any, height: int, width: int) -> Rle:
    """From the lengths of the runs of outside, inside, outside, … down the columns.

    Raises `MaskRefused` where these are no lengths, or do not add up to the picture.
    """
    lengths = isinstance(counts, list) and all(type(n) is int and n >= 0 for n in counts)
    if not lengths or sum(counts) != height * width:
        raise MaskRefused
    found = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return Rle(size=[height, width], counts=found["counts"].decode("ascii"))


def decoded(rle: Rle) -> NDArray[np.bool_]:
    """(height, width)."""
    return np.asarray(coco_mask.decode(rle), dtype=bool)


def encoded(mask: NDArray[np.bool_]) -> Rle:
    """The inverse of `decoded`."""
    found = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return Rle(size=list(found["size"]), counts=found["counts"].decode("ascii"))


def counts_of(rle: Rle) -> list[int]:
    """The inverse of `rle_of`."""
    inside = decoded(rle).ravel(order="F")
    ends = np.flatnonzero(np.diff(inside)) + 1
    runs = np.diff([0, *ends, inside.size]).tolist()
    return [0, *runs] if inside[0] else runs


def area(rle: Rle) -> int:
    """In pixels."""
    return int(coco_mask.area(rle))


def iou(first: Rle, second: Rle) -> float | None:
    """Intersection over union; None where both say that there is nothing."""
    if not area(first) and not area(second):
        return None
    return float(coco_mask.iou([first], [second], [0])[0, 0])


def ious(masks: Sequence[Rle]) -> list[float]:
    """Of every two masks of a thing one of which at least shows it."""
    shows = [area(mask) > 0 for mask in masks]
    found: list[float] = []
    for place, mask in enumerate(masks, start=1):
        # With all that follow at once: one by one it would be unpacked anew for each.
        others = masks[place:]
        overlaps = coco_mask.iou([mask], others, [0] * len(others))[0] if others else ()
        compared = zip(overlaps, shows[place:], strict=True)
        found += [float(overlap) for overlap, other in compared if other or shows[place - 1]]
    return found


# -- of a study ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """One rater's mask of an item."""

    pseudonym: str
    rle: Rle


@dataclass(frozen=True)
class DrawnItem:
    """A noun of a picture with what was drawn of it."""

    item: Item
    drawn: Sequence[Drawn]
    n_opt_outs: int

    @cached_property
    def ious(self) -> list[float]:
        """Of every two masks one of which at least shows it; not every reader wants to wait."""
        return ious([one.rle for one in self.drawn])

    @property
    def n_absent(self) -> int:
        return sum(not area(one.rle) for one in self.drawn)

    @property
    def mean_iou(self) -> float | None:
        return float(np.mean(self.ious)) if self.ious else None


def is_anything_drawn(*, study: Study) -> bool:
    """Whether some item of `drawn_items` has a mask, be it one of nothing."""
    return _answers().in_study(study).filter(mask__isnull=False).exists()


def answered_items(*, study: Study) -> QuerySet[Item]:
    """Those of `drawn_items`, in its order, without reading a mask."""
    answered = _answers().filter(assignment__item=OuterRef("pk"))
    return study.items.filter(Exists(answered)).order_by("position")


def drawn_items(*, study: Study, among: Iterable[Item] | None = None) -> list[DrawnItem]:
    """In the study's order, without those nobody answered. Excluded raters do not count."""
    answers = _answers().in_study(study)
    if among is not None:
        answers = answers.filter(assignment__item__in=list(among))
    return [_drawn_item(of_item) for of_item in answers.by_item()]


def drawn_item(*, item: Item) -> DrawnItem | None:
    """One of them; None where nobody answered."""
    answered = _answers().filter(assignment__item=item).by_item()
    return _drawn_item(answered[0]) if answered else None


def _answers() -> RatingQuerySet:
    ratings = Rating.objects.current().for_items().of_included_raters()
    return ratings.order_by("assignment__item__position", "pk").select_related(
        "assignment__rater",
        "assignment__item__heat_map__word__prompt",
        "assignment__item__heat_map__generation",
    )


def _drawn_item(answers: Sequence[Rating]) -> DrawnItem:
    drawn = [
        Drawn(answer.assignment.rater.pseudonym, answer.mask)
        for answer in answers
        if answer.mask is not None
    ]
    item = answers[0].assignment.item
    return DrawnItem(item=item, drawn=drawn, n_opt_outs=len(answers) - len(drawn))


def majority(one: DrawnItem) -> NDArray[np.bool_]:
    """Pixels that more than half of the item's masks hold: (height, width)."""
    share = np.mean([decoded(drawn.rle) for drawn in one.drawn], axis=0)
    return np.asarray(share > 0.5)


@dataclass(frozen=True)
class Compared:
    """A rater's mask: how much of the picture it is, and its IoU with where most raters say it is.

    The IoU is None where neither they nor the rater see it.
    """

    pseudonym: str
    percent: float
    iou: float | None


def compared(one: DrawnItem) -> list[Compared]:
    """In the order in which the masks were drawn."""
    if not one.drawn:
        return []
    most = encoded(majority(one))
    return [
        Compared(drawn.pseudonym, 100 * float(decoded(drawn.rle).mean()), iou(drawn.rle, most))
        for drawn in one.drawn
    ]


def agreement(items: Sequence[DrawnItem]) -> Estimate:
    """As `mean_overlap`."""
    return mean_overlap([(one.item.heat_map.generation_id, one.ious) for one in items])


def mean_overlap(items: Iterable[tuple[int, Sequence[float]]]) -> Estimate:
    """Mean over items of the mean IoU of their masks; n counts items. Of each item its picture and
    its `ious`; one without them is left out.

    Whole pictures are resampled: who errs about one noun of a picture may err about the next.
    """
    compared = [(picture, np.mean(overlaps)) for picture, overlaps in items if overlaps]
    means = np.array([mean for _, mean in compared], dtype=float)
    pictures = [picture for picture, _ in compared]
    interval = statistics.bootstrap_interval(
        means, np.ones(len(means)), rng=rng(), clusters=pictures
    )
    value = float(means.mean()) if len(means) else float("nan")
    return Estimate(value, *interval, n=len(means))


@dataclass(frozen=True)
class MaskFigures:
    """What every mask of a study has to be read for, stored by `domain.analyses`.

    `n_masks` show the thing, `n_absent` say that it is not there; `n_nowhere` of the items have
    only masks of the second kind. An item has got from `fewest` to `most` answers.
    """

    agreement: Estimate
    n_items: int
    n_pairs: int
    n_masks: int
    n_absent: int
    n_opt_outs: int
    n_nowhere: int
    fewest: int
    most: int


def figures(*, study: Study) -> MaskFigures:
    items = drawn_items(study=study)
    answers = [len(one.drawn) + one.n_opt_outs for one in items]
    return MaskFigures(
        agreement=agreement(items),
        n_items=len(items),
        n_pairs=sum(len(one.ious) for one in items),
        n_masks=sum(len(one.drawn) - one.n_absent for one in items),
        n_absent=sum(one.n_absent for one in items),
        n_opt_outs=sum(one.n_opt_outs for one in items),
        n_nowhere=sum(0 < one.n_absent == len(one.drawn) for one in items),
        fewest=min(answers, default=0),
        most=max(answers, default=0),
    )


# -- to look at ----------------------------------------------------------------------------------

_TINT = (255, 47, 208)  # as on the page where masks are drawn
_STRENGTH = 0.6  # of a mask over its picture; a mask's own file is opaque


def overlay_png(*, item: Item) -> bytes:
    """A transparent picture, as opaque as many raters' masks hold the pixel."""
    current = Rating.objects.current().filter(assignment__item=item, mask__isnull=False)
    ratings = current.for_items().of_included_raters()
    drawn = [decoded(rle) for rle in ratings.values_list("mask", flat=True) if rle]
    generation = item.heat_map.generation
    nothing = np.zeros((generation.height or 1, generation.width or 1))
    share = np.mean(drawn, axis=0) if drawn else nothing  # (height, width)
    return _tinted_png(_STRENGTH * share)


def mask_png(mask: NDArray[np.bool_]) -> bytes:
    """Opaque inside the mask (height, width) and transparent outside, as in the paper's data."""
    return _tinted_png(mask.astype(float))


def _tinted_png(opacity: NDArray[np.float64]) -> bytes:
    pixels = np.empty((*opacity.shape, 4), dtype=np.uint8)
    pixels[..., :3] = _TINT
    pixels[..., 3] = np.rint(255 * opacity)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
