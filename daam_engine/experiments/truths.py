"""Where the things of nouns truly are in a picture: drawn by people, or found by arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch

from daam_engine.analysis.masks import Masks, read_masks
from daam_engine.bundled.truth import noun_masks
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments.plan import Plan, Subject, as_mask, pixels
from daam_engine.generate import Generated

NOUNS = {"NOUN", "PROPN"}

Truths = dict[int, torch.Tensor]
TruthsOf = Callable[[Subject, Generated], Truths]


def read_truths(plan: Plan, subjects: Sequence[Subject]) -> TruthsOf:
    """Where to look up the masks of a picture's nouns, by their indices.

    Masks that people drew (`plan.masks`), and without any, of the bundled model's scenes what is
    found in the picture by arithmetic. Raises `InvalidRequestError`.
    """
    if plan.masks is not None:
        return partial(_drawn_masks, read_masks(plan.masks))
    if any(subject.scene is None for subject in subjects):
        raise InvalidRequestError(
            "There are no masks to compare with; name a folder of PICTURE/WORD.gt.png files or a "
            "COCO file, with pictures numbered 0001, 0002 … in the order of the prompts."
        )
    return _found_masks


def _found_masks(subject: Subject, generated: Generated) -> Truths:
    assert subject.scene is not None  # noqa: S101
    return _checked(noun_masks(subject.scene, pixels(generated)), subject, generated)


def _drawn_masks(masks: Masks, subject: Subject, generated: Generated) -> Truths:
    """A noun's mask goes by the noun itself or its lemma."""
    drawn = masks.get(subject.name, {})
    found = {
        word.index: drawn[name.casefold()]
        for word in subject.words
        if word.pos in NOUNS
        for name in (word.lemma, word.text)
        if name.casefold() in drawn
    }
    return _checked(found, subject, generated)


def _checked(found: dict[int, np.ndarray], subject: Subject, generated: Generated) -> Truths:
    size = generated.maps.image_size
    return {
        index: as_mask(mask, size, f"“{subject.words[index].text}” in picture {subject.name}")
        for index, mask in found.items()
    }
