"""Masks as COCO's instances file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pycocotools import mask as coco_mask

from annotator.domain.rating import masks
from annotator.domain.rating.masks import DrawnItem


def coco_file(items: Sequence[DrawnItem]) -> dict[str, Any]:
    """COCO's instances file. Absent things are annotations of no area, with `present` false."""
    nouns = sorted({one.item.heat_map.word.text.lower() for one in items})
    pictures = {one.item.heat_map.generation_id: one for one in items}
    return {
        "images": [_coco_image(one) for one in pictures.values()],
        "categories": [{"id": key, "name": noun} for key, noun in enumerate(nouns, start=1)],
        "annotations": list(_coco_annotations(items, nouns)),
    }


def _coco_image(one: DrawnItem) -> dict[str, Any]:
    generation = one.item.heat_map.generation
    return {
        "id": generation.pk,
        "file_name": f"{generation.pk}.webp",
        "width": generation.width,
        "height": generation.height,
        "caption": one.item.heat_map.word.prompt.text,
    }


def _coco_annotations(items: Sequence[DrawnItem], nouns: Sequence[str]) -> Iterator[dict[str, Any]]:
    found = [(one.item, drawn) for one in items for drawn in one.drawn]
    for key, (item, drawn) in enumerate(found, start=1):
        yield {
            "id": key,
            "image_id": item.heat_map.generation_id,
            "category_id": nouns.index(item.heat_map.word.text.lower()) + 1,
            "segmentation": drawn.rle,
            "area": masks.area(drawn.rle),
            "bbox": coco_mask.toBbox(drawn.rle).tolist(),
            "iscrowd": 0,
            "present": bool(masks.area(drawn.rle)),
            "word_index": item.heat_map.word.index,
            "rater": drawn.pseudonym,
        }
