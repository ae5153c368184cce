"""Drawn masks as PNG files, laid out as the paper's data set has them: PICTURE/NOUN.gt.png.

A pixel is in the mask where its alpha is above 0. `experiment segmentation --masks` reads the
unpacked folder, which is what most raters drew, and the folder of any single rater in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from annotator.domain.export.bundles import Entry
from annotator.domain.export.formats import csv_pieces, guard_cell
from annotator.domain.rating import masks
from annotator.domain.rating.masks import DrawnItem
from annotator.models import Study

_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]|^\.+')


def mask_entries(*, study: Study) -> Iterator[Entry]:
    """A list of the pictures, then most raters' mask of every noun, then each rater's own.

    A noun that its prompt has twice is one file: where either is.
    """
    folders = folder_names(study)
    yield Entry("pictures.csv", _picture_list(study, folders))
    files: dict[str, list[DrawnItem]] = {}
    for one in masks.drawn_items(study=study):
        if one.drawn:
            heat_map = one.item.heat_map
            noun = _file_name(heat_map.word.text)
            path = f"{folders[heat_map.generation_id]}/{noun}.gt.png"
            files.setdefault(path, []).append(one)
    for path, same in files.items():
        yield Entry(path, [masks.mask_png(np.any([masks.majority(one) for one in same], axis=0))])
    for path, same in files.items():
        yield from _of_raters(path, same)


def folder_names(study: Study) -> dict[int, str]:
    """By picture: its prompt's own id where the uploaded file gave every prompt one, else a number.

    Numbers count the study's prompts from 0001, as `experiment pictures` counts its own. Where
    several models painted a prompt, pictures that are not by the study's own model say whose.
    """
    prompts = study.prompts.filter(control_of=None).order_by("batch_id", "line")
    rows = list(prompts.values_list("pk", "external_id"))
    own = [_file_name(name) for _, name in rows]
    if not all(own) or len(set(own)) < len(own):
        own = [f"{number:04d}" for number in range(1, len(rows) + 1)]
    names = {key: name for (key, _), name in zip(rows, own, strict=True)}
    pictures = study.generations.filter(prompt__in=names).order_by("prompt__batch", "prompt__line")
    return {
        key: f"{names[prompt]} {_file_name(model)}".strip()
        for key, prompt, model in pictures.values_list("pk", "prompt", "model")
    }


def _of_raters(path: str, same: Sequence[DrawnItem]) -> Iterator[Entry]:
    drawn = [drawn for one in same for drawn in one.drawn]
    for pseudonym in dict.fromkeys(one.pseudonym for one in drawn):
        theirs = [masks.decoded(one.rle) for one in drawn if one.pseudonym == pseudonym]
        yield Entry(f"raters/{pseudonym}/{path}", [masks.mask_png(np.any(theirs, axis=0))])


def _picture_list(study: Study, folders: dict[int, str]) -> Iterator[bytes]:
    rows = study.generations.filter(pk__in=folders).values_list(
        "pk", "prompt__text", "prompt__seed"
    )
    told = {key: [guard_cell(text), seed, key] for key, text, seed in rows}
    lines = [[folder, *told[key]] for key, folder in folders.items()]
    header = ["folder", "prompt", "seed", "picture_id"]
    return (piece.encode() for piece in csv_pieces([header, *lines]))


def _file_name(text: str) -> str:
    return _NOT_IN_FILE_NAMES.sub("_", text.strip())
