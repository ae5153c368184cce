"""Texts that pictures are asked about while they are painted from their own prompts.

The pictures' queries meet the keys of another text, as in OVAM (Marcos-Manchón et al., 2024): where
would the word "violin" be in a picture that nobody asked to have one?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from daam_engine.errors import InvalidRequestError, TracingError
from daam_engine.locate import Family
from daam_engine.pipeline import TextToImagePipeline
from daam_engine.reading import Reading, clip, read

Probes = Sequence[str] | Sequence[Sequence[str]]  # the same for all prompts, or some for each


@dataclass(frozen=True, eq=False)
class Probing:
    """The probes' texts, prompt by prompt, and their embeddings (image × probe, row, channel)."""

    reading: Reading
    embeddings: Tensor
    per_image: int


def encode_probes(
    pipeline: TextToImagePipeline,
    family: Family,
    probes: Probes,
    asked: Reading,
    arguments: Mapping[str, Any],
    encode: Callable[..., Any],
) -> Probing:
    """Encode `probes` as `encode` did the prompts that were `asked` for with `arguments`.

    Raises `InvalidRequestError`, and `TracingError` where a model's text changes on its way through
    the denoiser, so that no other text can take its place.
    """
    if family.encoders is not clip:
        raise TracingError(
            "Probes ask separate cross-attention over CLIP's text, as in Stable Diffusion and "
            "SDXL; trace this model without them."
        )
    groups = _per_prompt(probes, len(asked.texts))
    ours = {
        name: None if "prompt" in name or "image" in name else value
        for name, value in arguments.items()
    }
    ours |= {
        "prompt": [text for group in groups for text in group],
        "num_images_per_prompt": 1,
        "do_classifier_free_guidance": False,
    }
    reading = read(pipeline, ours, family.encoders(pipeline, ours))
    (embeddings, *_) = encode(**ours)
    grouped = embeddings.unflatten(0, (len(groups), -1))  # (prompt, probe, row, channel)
    repeated = grouped.repeat_interleave(asked.images_per_prompt, dim=0)
    return Probing(reading, repeated.flatten(0, 1), grouped.shape[1])


def _per_prompt(probes: Probes, n_prompts: int) -> list[list[str]]:
    texts = [probe for probe in probes if isinstance(probe, str)]
    if len(texts) == len(probes):
        return [texts] * n_prompts
    groups = [list(group) for group in probes]
    if len(groups) != n_prompts or len({len(group) for group in groups}) != 1:
        raise InvalidRequestError(
            f"Give each of the {n_prompts} prompts equally many probes, or one list for all."
        )
    return groups
