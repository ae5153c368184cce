"""What the engine asks of a diffusers pipeline; `StableDiffusionPipeline` is the model for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from transformers import PreTrainedTokenizerBase


class TextToImagePipeline(Protocol):
    """A pipeline that encodes prompts in `encode_prompt` and denoises in a `unet`.

    (diffusers builds its classes lazily, so type checkers cannot see their attributes.)
    """

    tokenizer: PreTrainedTokenizerBase
    scheduler: Any
    vae_scale_factor: int
    encode_prompt: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
