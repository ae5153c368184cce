"""A whole pipeline out of one .safetensors file, in the layout its authors published."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers.loaders.single_file_utils import SingleFileComponentError, fetch_diffusers_config
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from daam_engine.errors import ModelLoadError
from daam_engine.sources import pipeline_class

# What diffusers' conversion raises about files that hold something else than was expected.
_NOT_CONVERTIBLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SingleFileComponentError,
    TypeError,
    ValueError,
)


def architecture_of(file: Path) -> str:
    """The hub id of the model that a checkpoint is built like, guessed from its layers.

    Raises `ModelLoadError` for a file that is no safetensors file.
    """
    _refuse_damaged(file)
    return str(fetch_diffusers_config(load_file(file))["pretrained_model_name_or_path"])


def load_checkpoint(file: Path, configuration: Path, dtype: torch.dtype) -> Any:
    """The pipeline of `configuration`'s architecture with the weights of `file`, and no others.

    Raises `ModelLoadError`.
    """
    _refuse_damaged(file)
    try:
        with _without_weights(configuration) as bare:
            pipeline = pipeline_class(configuration).from_single_file(
                str(file), config=str(bare), dtype=dtype, local_files_only=True
            )
    except _NOT_CONVERTIBLE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise _unsuitable(file, reason) from error
    missing = [
        f"{name}.{weight}"
        for name, part in pipeline.components.items()
        if isinstance(part, torch.nn.Module)
        for weight, values in part.named_parameters()
        if values.is_meta
    ]
    if missing:
        raise _unsuitable(file, f"it lacks {missing[0]} and {len(missing) - 1} other weights")
    return pipeline


def _refuse_damaged(file: Path) -> None:
    try:
        with safe_open(file, framework="pt"):
            pass
    except (SafetensorError, OSError) as error:
        raise ModelLoadError(
            f"“{file}” is not a safetensors file, or was cut short; fetch it again."
        ) from error


@contextmanager
def _without_weights(configuration: Path) -> Iterator[Path]:
    """A copy of the configuration's small files.

    diffusers takes weights that a checkpoint lacks from beside the configuration, pickles
    included; here all weights come from the one file whose hash is recorded.
    """
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "configuration"
        shutil.copytree(configuration, bare, ignore=_weights)
        yield bare


def _weights(folder: str, names: list[str]) -> set[str]:
    kept = {".json", ".model", ".txt"}
    return {
        name
        for name in names
        if not (Path(folder) / name).is_dir() and Path(name).suffix not in kept
    }


def _unsuitable(file: Path, reason: str) -> ModelLoadError:
    return ModelLoadError(
        f"“{file}” does not hold all weights of the architecture it was read as ({reason}); check "
        "that it is a whole text-to-image checkpoint, and name its architecture with `config=`."
    )
