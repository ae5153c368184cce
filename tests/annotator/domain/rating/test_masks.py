"""Masks are stored as COCO's RLE, and two raters' masks are held against each other."""

from __future__ import annotations

import uuid
from io import BytesIO

import numpy as np
import pytest
from django.contrib.auth.models import User
from PIL import Image
from pycocotools import mask as coco_mask

from annotator.domain import export
from annotator.domain.export.coco import coco_file
from annotator.domain.rating import assignments, masks
from annotator.domain.rating.assignments import Answer
from annotator.errors import MaskRefused
from annotator.models import HeatMap, Item, Rater, Study
from annotator.statistics import Estimate
from tests import factories


def box(top: int, left: int, bottom: int, right: int) -> masks.Rle:
    mask = np.zeros((factories.SIDE, factories.SIDE), dtype=bool)
    mask[top:bottom, left:right] = True
    return masks.encoded(mask)


EMPTY = box(0, 0, 0, 0)


def test_runs_go_down_the_columns() -> None:
    # Of a picture 3 high and 2 wide, the lower two pixels of the first column.
    found = masks.rle_of([1, 2, 3], height=3, width=2)
    np.testing.assert_array_equal(
        masks.decoded(found), [[False, False], [True, False], [True, False]]
    )
    assert masks.counts_of(found) == [1, 2, 3]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_sent_comes_back(seed: int) -> None:
    mask = np.random.default_rng(seed).random((7, 5)) < 0.4
    assert masks.rle_of(masks.counts_of(masks.encoded(mask)), 7, 5) == masks.encoded(mask)


@pytest.mark.parametrize(
    "counts", [[5], [7], [3, -1, 4], [6.0], ["6"], "6", None, [True] * 6, {}, [2**70]]
)
def test_what_does_not_fit_the_picture_is_refused(counts: object) -> None:
    with pytest.raises(MaskRefused):
        masks.rle_of(counts, height=3, width=2)


def test_overlap_by_hand() -> None:
    # 2 × 2 and 2 × 4 pixels share 2 × 2 of 2 × 4.
    assert masks.iou(box(0, 0, 2, 2), box(0, 0, 2, 4)) == 0.5
    assert masks.iou(box(0, 0, 2, 2), EMPTY) == 0
    assert masks.iou(EMPTY, EMPTY) is None


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(
        alice, task="segmentation", parts_of_speech=["NOUN"], ratings_per_item=3
    )


def answer_all(rater: Rater, answers: list[masks.Rle | str]) -> None:
    held = {one.item_id: one for one in assignments.draw(rater=rater, count=20)}
    for item, answer in zip(rater.study.items.order_by("position"), answers, strict=False):
        given = {"opt_out": answer} if isinstance(answer, str) else {"mask": answer}
        assignments.submit_rating(
            assignment=held[item.pk], answer=Answer(answer_id=uuid.uuid4(), **given)
        )


@pytest.mark.django_db
def test_agreement_is_the_mean_over_nouns_of_their_pairs(study: Study) -> None:
    half, whole = box(0, 0, 2, 2), box(0, 0, 2, 4)
    answer_all(factories.make_rater(study), [half, EMPTY, whole, "image_too_poor"])
    answer_all(factories.make_rater(study), [whole, EMPTY, whole])
    answer_all(factories.make_rater(study), [whole, EMPTY, EMPTY])
    found = masks.drawn_items(study=study)
    assert [one.ious for one in found] == [[0.5, 0.5, 1.0], [], [1.0, 0.0, 0.0], []]
    assert [one.n_absent for one in found] == [0, 3, 1, 0]
    assert [one.n_opt_outs for one in found] == [0, 0, 0, 1]
    estimate = masks.agreement(found)
    assert (estimate.value, estimate.n) == (pytest.approx((2 / 3 + 1 / 3) / 2), 2)


def test_nouns_of_a_picture_are_no_independent_observations() -> None:
    # Two pictures of ten nouns each, of which one has got right and one wrong answers only.
    found = [
        masks.DrawnItem(
            Item(heat_map=HeatMap(generation_id=picture)),
            (masks.Drawn("1", box(0, 0, 2, 2)), masks.Drawn("2", other)),
            n_opt_outs=0,
        )
        for picture, other in ((1, box(0, 0, 2, 2)), (2, box(2, 2, 4, 4)))
        for _ in range(10)
    ]
    assert masks.agreement(found) == Estimate(0.5, 0, 1, 20)


@pytest.mark.django_db
def test_masks_are_exported_as_they_are_stored(study: Study) -> None:
    rater = factories.make_rater(study)
    answer_all(rater, [box(0, 0, 2, 4), "image_too_poor", EMPTY])
    table = export.find(study=study, name="drawings")
    rows = list(table.rows())
    assert [row[2:] for row in rows] == [
        [rater.pseudonym, factories.SIDE, factories.SIDE, box(0, 0, 2, 4)["counts"]],
        [rater.pseudonym, factories.SIDE, factories.SIDE, EMPTY["counts"]],
    ]
    assert table.count() == len(rows)
    header, *_ = b"".join(table.pieces("csv")).decode().splitlines()
    assert header.split(",") == [column.name for column in table.columns]


@pytest.mark.django_db
def test_the_coco_file_can_be_read_by_cocos_own_tools(study: Study) -> None:
    whole = box(0, 0, 2, 4)
    answer_all(factories.make_rater(study), [whole, EMPTY])
    found = coco_file(masks.drawn_items(study=study))
    first, second = found["annotations"]
    assert (first["area"], first["present"], first["bbox"]) == (8, True, [0, 0, 4, 2])
    assert (second["area"], second["present"]) == (0, False)
    assert coco_mask.decode(first["segmentation"]).sum() == 8
    assert {image["id"] for image in found["images"]} == {
        annotation["image_id"] for annotation in found["annotations"]
    }
    assert found["categories"] == [{"id": 1, "name": "circle"}]


@pytest.mark.django_db
def test_each_mask_is_held_against_what_most_drew(study: Study) -> None:
    half, whole = box(0, 0, 2, 2), box(0, 0, 2, 4)
    for drawn in (whole, whole, half):
        answer_all(factories.make_rater(study), [drawn])
    found = masks.drawn_item(item=study.items.earliest("position"))
    assert found is not None
    area = 100 * 8 / factories.SIDE**2
    assert [(one.percent, one.iou) for one in masks.compared(found)] == [
        (area, 1.0),
        (area, 1.0),
        (area / 2, 0.5),
    ]
    assert masks.drawn_item(item=study.items.latest("position")) is None


@pytest.mark.django_db
def test_a_masks_own_file_is_opaque_inside_and_transparent_outside(study: Study) -> None:
    whole = masks.decoded(box(0, 0, 2, 4))
    with Image.open(BytesIO(masks.mask_png(whole))) as png:
        alpha = np.asarray(png.getchannel("A"))
    np.testing.assert_array_equal(alpha, np.where(whole, 255, 0))
