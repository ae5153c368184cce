"""How a model is loaded: safetensors only, and never remote code."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import DiffusionPipeline
from huggingface_hub import snapshot_download
from transformers import AutoTokenizer, PreTrainedTokenizerBase, T5EncoderModel

from daam_engine.checkpoint import architecture_of, load_checkpoint
from daam_engine.devices import choose_device, choose_dtype, moved
from daam_engine.errors import InvalidRequestError, ModelLoadError
from daam_engine.guidance import default_guidance
from daam_engine.pipeline import TextToImagePipeline
from daam_engine.schedulers import choose_scheduler
from daam_engine.sources import (
    BUNDLED,
    BUNDLED_NAME,
    Source,
    find_configuration,
    find_model,
    local_path,
    not_found,
)

__all__ = ["BUNDLED", "BUNDLED_NAME", "LoadedPipeline", "load_pipeline", "load_tokenizer"]

BUNDLED_GUIDANCE = 3.0  # at 7.5 the small model's colours clip


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline on its device, and what has to be known to load the very same again.

    `revision` is the commit of a hub model, and a hash of the files of a local folder or file.
    `config` is, for a single file, where its architecture is described, and that one's revision
    after an "@".
    """

    pipeline: TextToImagePipeline
    model: str
    revision: str
    device: str
    dtype: str
    config: str | None = None

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        return self.pipeline.tokenizer

    @property
    def default_guidance(self) -> float:
        """The bundled model's, or see `daam_engine.guidance`."""
        return BUNDLED_GUIDANCE if self.model == BUNDLED_NAME else default_guidance(self.pipeline)

    @property
    def scheduler(self) -> str:
        return type(self.pipeline.scheduler).__name__


def load_pipeline(
    model: str | Path = BUNDLED_NAME,
    *,
    revision: str | None = None,
    config: str | Path | None = None,
    device: str = "auto",
    dtype: str | torch.dtype | None = None,
    scheduler: str | None = None,
) -> LoadedPipeline:
    """Load `model`: "bundled", a folder in the diffusers format, a .safetensors file, or a hub id.

    `config` names the folder or hub id whose architecture a single file has; None has it guessed
    and fetched. `device` "auto" takes CUDA, then MPS, then the CPU; `dtype` None is float32 on a
    CPU and float16 elsewhere. `scheduler` is a diffusers class name or "own", the model's; None is
    the paper's DPM-Solver multistep for models that can do with it, and for flow-matching and
    distilled models (LCM, turbo) their own.
    Raises `ModelLoadError`, `InvalidRequestError`, `OutOfMemoryError`.
    """
    chosen_device = choose_device(device)
    chosen_dtype = choose_dtype(dtype, chosen_device)
    source = find_model(str(model), revision)
    configuration = _configuration(source, None if config is None else str(config))
    if configuration is None:
        pipeline = _load_folder(source.path, chosen_dtype, str(model))
    else:
        pipeline = load_checkpoint(source.path, configuration.path, chosen_dtype)
    pipeline.scheduler = choose_scheduler(scheduler, pipeline.scheduler)
    pipeline.set_progress_bar_config(disable=True)
    return LoadedPipeline(
        pipeline=moved(pipeline, chosen_device),
        model=str(model),
        revision=source.revision,
        device=chosen_device,
        dtype=str(chosen_dtype).removeprefix("torch."),
        config=None if configuration is None else f"{configuration.name}@{configuration.revision}",
    )


def load_tokenizer(
    model: str | Path = BUNDLED_NAME,
    *,
    revision: str | None = None,
    config: str | Path | None = None,
) -> PreTrainedTokenizerBase:
    """The tokenizer of `model` alone, for counting tokens without loading any weights.

    Of several, the one that reads furthest, and `model_max_length` is as far as the pipeline lets
    it. That of a single file is its `config`'s. Raises `ModelLoadError`.
    """
    folder = local_path(str(model))
    try:
        if folder is None:
            wanted = [DiffusionPipeline.config_name, "tokenizer*/*"]
            folder = Path(snapshot_download(str(model), revision=revision, allow_patterns=wanted))
        elif folder.is_file():
            folder = find_configuration(str(config or architecture_of(folder))).path
        name, limit = _furthest_reading(folder)
        options = {} if limit is None else {"model_max_length": limit}
        return AutoTokenizer.from_pretrained(
            folder / name, local_files_only=True, trust_remote_code=False, **options
        )
    except (OSError, ValueError) as error:
        raise ModelLoadError(not_found(str(model), revision)) from error


def _furthest_reading(folder: Path) -> tuple[str, int | None]:
    """Which of a pipeline's tokenizers to count with, and its limit where the pipeline sets one."""
    index = json.loads((folder / DiffusionPipeline.config_name).read_bytes())
    for name, kind in index.items():
        if name.startswith("text_encoder") and kind[1] == T5EncoderModel.__name__:
            pipeline = getattr(diffusers, index["_class_name"])
            read = inspect.signature(pipeline.__call__).parameters["max_sequence_length"].default
            return name.replace("text_encoder", "tokenizer"), read
    return "tokenizer", None


def silence_libraries() -> None:
    """Turn off the libraries' own progress bars and notes, for programs that report themselves."""
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def _configuration(source: Source, config: str | None) -> Source | None:
    """Where the architecture of a single file is described; None for other models."""
    if source.is_checkpoint:
        return find_configuration(config or architecture_of(source.path))
    if config is not None:
        raise InvalidRequestError(
            "Only a single .safetensors file needs a `config`; leave it out for this model."
        )
    return None


def _load_folder(folder: Path, dtype: torch.dtype, model: str) -> Any:
    try:
        return DiffusionPipeline.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
        )
    except (OSError, ValueError, ImportError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelLoadError(
            f"“{model}” is not a complete diffusers pipeline with safetensors weights ({reason}); "
            "save it again with `pipeline.save_pretrained(folder)`."
        ) from error
