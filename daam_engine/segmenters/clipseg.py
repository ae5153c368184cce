"""CLIPSeg (Lüddecke & Ecker, CVPR 2022): asked for any noun, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate
from transformers import CLIPSegForImageSegmentation, CLIPSegProcessor

from daam_engine.devices import in_batches, moved
from daam_engine.segmenters.reading import from_folder
from daam_engine.sources import Source
from daam_engine.words import Word

THRESHOLD = 0.5  # of the sigmoid, in the paper's released compute_mask.py


class ClipSeg:
    """The noun alone is the question, as in the paper's released code: "dog", not "a photo of"."""

    def __init__(self, source: Source, device: str) -> None:
        self.title = f"CLIPSeg ({source.name})"
        self.source = source
        self._processor = from_folder(CLIPSegProcessor, source.path)
        model = from_folder(CLIPSegForImageSegmentation, source.path, use_safetensors=True)
        self._model = moved(model.eval(), device)

    def knows(self, noun: Word) -> bool:
        return True

    def masks(self, image: Image.Image, nouns: Sequence[Word]) -> list[np.ndarray]:
        texts = [noun.text for noun in nouns]

        def ask(batch: range) -> list[np.ndarray]:
            return self._found(image, texts[batch.start : batch.stop])

        return in_batches(ask, len(texts), len(texts))

    @torch.inference_mode()
    def _found(self, image: Image.Image, texts: list[str]) -> list[np.ndarray]:
        inputs = self._processor(
            text=texts,
            images=[image.convert("RGB")] * len(texts),
            padding=True,
            truncation=True,
            return_tensors="pt",
        ).to(self._model.device)
        logits = self._model(**inputs).logits[:, None]  # (text, 1, height, width)
        shares = interpolate(logits.sigmoid(), size=image.size[::-1], mode="bilinear")
        return list((shares[:, 0] > THRESHOLD).cpu().numpy())
