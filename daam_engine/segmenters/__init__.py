"""Models that segment things by name, for heat maps to stand beside: CLIPSeg and Mask2Former.

The paper's supervised baselines (§3.1), read by transformers from a folder or from the hub:
safetensors only, and never remote code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from PIL import Image

from daam_engine.errors import ModelLoadError
from daam_engine.sources import Source, find_transformer
from daam_engine.words import Word

__all__ = ["Segmenter", "load_segmenter"]


class Segmenter(Protocol):
    """`title` names it in tables; `source` says which files it is."""

    title: str
    source: Source

    def knows(self, noun: Word) -> bool:
        """Whether it can be asked for such a thing at all."""

    def masks(self, image: Image.Image, nouns: Sequence[Word]) -> list[np.ndarray]:
        """Where it finds the thing of each noun: booleans (height, width) of the image's size.

        All false where it finds none, and where it does not know the noun.
        """


def load_segmenter(model: str, device: str) -> Segmenter:
    """A folder or a hub id with a CLIPSeg or a Mask2Former; which one, its config.json says.

    Raises `ModelLoadError` and `OutOfMemoryError`.
    """
    source = find_transformer(model)
    kind = _model_type(source)
    try:
        # Imported here: each takes a second, and most experiments need neither.
        if kind == "clipseg":
            from daam_engine.segmenters.clipseg import ClipSeg

            return ClipSeg(source, device)
        if kind == "mask2former":
            from daam_engine.segmenters.mask2former import Mask2Former

            return Mask2Former(source, device)
    except (OSError, ValueError, ImportError, AttributeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelLoadError(
            f"“{model}” is not complete ({reason}); it needs its weights in safetensors and its "
            "processor: save both with `save_pretrained(folder)`."
        ) from error
    raise ModelLoadError(
        f"“{model}” is a model of type “{kind}”; name a CLIPSeg or a Mask2Former, such as "
        "“CIDAS/clipseg-rd64-refined” or “facebook/mask2former-swin-small-coco-instance”."
    )


def _model_type(source: Source) -> Any:
    try:
        config = json.loads((source.path / "config.json").read_bytes())
        return config["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelLoadError(
            f"The config.json of “{source.name}” does not say what model it is; save the model "
            "again with `save_pretrained(folder)`."
        ) from error
