from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from daam_engine import InvalidRequestError
from daam_engine.analysis.masks import read_masks

MASK = np.array([[0, 1, 1], [0, 0, 1]], dtype=bool)


def test_the_published_folders_of_png_files_are_read(tmp_path):
    folder = tmp_path / "0007"
    folder.mkdir()
    pixels = np.zeros((2, 3, 4), dtype=np.uint8)
    pixels[..., 3] = MASK * 1  # any alpha above 0
    Image.fromarray(pixels).save(folder / "Dog.gt.png")
    Image.fromarray(pixels).save(folder / "dog.daam.pred.png")
    masks = read_masks(tmp_path)
    assert list(masks) == ["0007"]
    assert list(masks["0007"]) == ["dog"]
    assert_array_equal(masks["0007"]["dog"], MASK)


def coco(tmp_path, *segmentations, **changes):
    content = {
        "images": [{"id": 1, "file_name": "0001.png", "height": 2, "width": 3}],
        "categories": [{"id": 5, "name": "dog"}],
        "annotations": [
            {"image_id": 1, "category_id": 5, "segmentation": one} for one in segmentations
        ],
        **changes,
    }
    file = tmp_path / "masks.json"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [2, 3], "counts": [2, 1, 1, 2]},  # down the columns: 00 10 11
        {"size": [2, 3], "counts": "2111"},
        [[1, 0, 3, 0, 3, 2, 2, 2, 2, 1, 1, 1]],
    ],
)
def test_cocos_run_lengths_and_polygons_are_read(tmp_path, segmentation):
    masks = read_masks(coco(tmp_path, segmentation))
    assert_array_equal(masks["0001"]["dog"], MASK)


def test_instances_of_one_category_are_united(tmp_path):
    left = {"size": [2, 3], "counts": [0, 1, 5]}
    right = {"size": [2, 3], "counts": [2, 1, 1, 2]}
    masks = read_masks(coco(tmp_path, left, right))
    assert masks["0001"]["dog"].sum() == 4


def test_a_mask_of_nothing_says_that_the_thing_is_not_there(tmp_path):
    nothing = {"size": [2, 3], "counts": [6]}
    with pytest.raises(InvalidRequestError, match="holds no mask"):
        read_masks(coco(tmp_path, nothing))
    masks = read_masks(coco(tmp_path, nothing, {"size": [2, 3], "counts": [2, 1, 1, 2]}))
    assert_array_equal(masks["0001"]["dog"], MASK)


def test_what_holds_no_masks_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(InvalidRequestError, match="holds no mask"):
        read_masks(tmp_path)
    with pytest.raises(InvalidRequestError, match="not a COCO file of masks"):
        read_masks(coco(tmp_path, {"size": [9, 9], "counts": [81]}))
    with pytest.raises(InvalidRequestError, match="not a COCO file of masks"):
        read_masks(coco(tmp_path, [[0, 0, 2, 0, 2, 2]], images=[]))
    (tmp_path / "1").mkdir()
    Image.new("RGB", (3, 2)).save(tmp_path / "1" / "dog.gt.png")
    with pytest.raises(InvalidRequestError, match="no alpha channel"):
        read_masks(tmp_path)
    (tmp_path / "1" / "dog.gt.png").write_bytes(b"no picture")
    with pytest.raises(InvalidRequestError, match="no readable picture"):
        read_masks(tmp_path)
