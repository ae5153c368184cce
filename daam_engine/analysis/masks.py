"""Masks that people drew: the published data set's PNG files, and COCO's JSON.

Both are read into {picture: {word: mask}}, masks being booleans (height, width). A mask of nothing
says that the thing is not in the picture, and is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from daam_engine.errors import InvalidRequestError
from daam_engine.files import read_json

Masks = dict[str, dict[str, np.ndarray]]
_PNG = ".gt.png"


def read_masks(path: Path) -> Masks:
    """Of a folder with a folder per picture, or of a COCO file (.json).

    Raises `InvalidRequestError`.
    """
    read = read_coco(path) if path.suffix.lower() == ".json" else read_png_folders(path)
    masks = {
        picture: {word: mask for word, mask in drawn.items() if mask.any()}
        for picture, drawn in read.items()
    }
    if not any(masks.values()):
        raise InvalidRequestError(
            f"“{path}” holds no mask; name a folder of PICTURE/WORD{_PNG} files, or a COCO file."
        )
    return masks


def read_png_folders(path: Path) -> Masks:
    """PICTURE/WORD.gt.png, as the paper's data set COCO-Gen has it: true where alpha is above 0."""
    return {
        folder.name: {
            file.name.removesuffix(_PNG).casefold(): _alpha(file)
            for file in sorted(folder.glob(f"*{_PNG}"))
        }
        for folder in sorted(path.glob("*"))
        if folder.is_dir()
    }


def read_coco(path: Path) -> Masks:
    """COCO's instances: polygons or run lengths, united per picture (file name) and category."""
    content = read_json(path)
    masks: Masks = {}
    try:
        pictures = {picture["id"]: picture for picture in content["images"]}
        names = {category["id"]: category["name"] for category in content["categories"]}
        for annotation in content["annotations"]:
            picture = pictures[annotation["image_id"]]
            size = int(picture["height"]), int(picture["width"])
            of_picture = masks.setdefault(Path(picture["file_name"]).stem, {})
            mask = decode_coco(annotation["segmentation"], size)
            name = names[annotation["category_id"]].casefold()
            of_picture[name] = of_picture.get(name, np.zeros(size, dtype=bool)) | mask
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise InvalidRequestError(
            f"“{path}” is not a COCO file of masks ({type(error).__name__}: {error}); it needs "
            "“images”, “categories”, and “annotations” with a “segmentation”."
        ) from error
    return masks


def decode_coco(segmentation: Any, size: tuple[int, int]) -> np.ndarray:
    """A list of polygons, or run lengths, compressed or not, as booleans of `size`."""
    from pycocotools import mask as coco  # here: nothing else of the engine needs it

    height, width = size
    if isinstance(segmentation, list):
        runs = coco.merge(coco.frPyObjects(segmentation, height, width))
    elif isinstance(segmentation["counts"], list):
        runs = coco.frPyObjects(segmentation, height, width)
    else:
        runs = segmentation
    mask: np.ndarray = coco.decode(runs).astype(bool)
    if mask.shape != size:
        raise ValueError(f"a mask of {mask.shape} for a picture of {size}")
    return mask


def _alpha(file: Path) -> np.ndarray:
    try:
        with Image.open(file) as picture:
            if "A" not in picture.getbands():
                raise InvalidRequestError(
                    f"“{file}” has no alpha channel, which is where the mask should be; save it "
                    "as a PNG with transparency."
                )
            return np.asarray(picture.getchannel("A")) > 0
    except (OSError, UnidentifiedImageError) as error:
        raise InvalidRequestError(f"“{file}” is no readable picture; save it again.") from error
