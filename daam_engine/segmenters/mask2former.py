"""Mask2Former (Cheng et al., CVPR 2022): finds the things of a closed list of labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor, Mask2FormerForUniversalSegmentation

from daam_engine.analysis.coco_classes import class_of
from daam_engine.devices import in_batches, moved
from daam_engine.segmenters.reading import from_folder
from daam_engine.sources import Source
from daam_engine.words import Word

THRESHOLD = 0.5  # of an instance's score, by default in transformers


class Mask2Former:
    """A noun's mask is all instances of the labels that it names, united."""

    def __init__(self, source: Source, device: str) -> None:
        self.title = f"Mask2Former ({source.name})"
        self.source = source
        self._processor = from_folder(AutoImageProcessor, source.path)
        kind = Mask2FormerForUniversalSegmentation
        self._model = moved(from_folder(kind, source.path, use_safetensors=True).eval(), device)
        self._labels = labels_by_name(self._model.config.id2label)

    def knows(self, noun: Word) -> bool:
        return bool(self._labels_of(noun))

    def masks(self, image: Image.Image, nouns: Sequence[Word]) -> list[np.ndarray]:
        (found,) = in_batches(lambda _: [self._found(image)], 1, 1)
        nothing = np.zeros(image.size[::-1], dtype=bool)
        return [
            np.any([nothing, *(found[label] for label in self._labels_of(noun) & found.keys())], 0)
            for noun in nouns
        ]

    @torch.inference_mode()
    def _found(self, image: Image.Image) -> dict[int, np.ndarray]:
        """For each label that has an instance, where its instances are."""
        inputs = self._processor(images=image.convert("RGB"), return_tensors="pt")
        outputs = self._model(**inputs.to(self._model.device))
        (found,) = self._processor.post_process_instance_segmentation(
            outputs, THRESHOLD, target_sizes=[image.size[::-1]], return_binary_maps=True
        )
        masks: dict[int, np.ndarray] = {}
        for instance, info in enumerate(found["segments_info"]):
            mask = found["segmentation"][instance].cpu().numpy().astype(bool)
            label = info["label_id"]
            masks[label] = masks.get(label, np.zeros_like(mask)) | mask
        return masks

    def _labels_of(self, noun: Word) -> set[int]:
        names = {noun.text.casefold(), noun.lemma.casefold(), class_of(noun.lemma)}
        return {label for name in names if name for label in self._labels.get(name, ())}


def labels_by_name(id2label: Mapping[int, str]) -> dict[str, set[int]]:
    """The labels of each name: COCO's "tree-merged" and "wall-brick" are called tree and wall,
    ADE20K's "door; double door" is called either."""
    found: dict[str, set[int]] = {}
    for label, text in id2label.items():
        for part in re.split("[,;]", text):
            found.setdefault(part.strip().casefold().split("-")[0], set()).add(label)
    return found
