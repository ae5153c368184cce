"""Which models can be used, and how one is loaded: safetensors only, and never remote code."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import DiffusionPipeline
from diffusers.utils import is_accelerate_available
from huggingface_hub import snapshot_download
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from daam_engine.errors import InvalidRequestError, ModelLoadError
from daam_engine.pipeline import TextToImagePipeline

BUNDLED_NAME = "bundled"
BUNDLED = Path(__file__).parent / "bundled" / "weights"
BUNDLED_GUIDANCE = 3.0  # at 7.5 the small model's colours clip
DEFAULT_GUIDANCE = 7.5
_DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
_MODEL_FILES = {".json", ".model", ".safetensors", ".txt"}


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline on its device, and what has to be known to load the very same again.

    `revision` is the commit of a hub model, and a hash of the files of a local folder.
    """

    pipeline: TextToImagePipeline
    model: str
    revision: str
    device: str
    dtype: str

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        return self.pipeline.tokenizer

    @property
    def default_guidance(self) -> float:
        return BUNDLED_GUIDANCE if self.model == BUNDLED_NAME else DEFAULT_GUIDANCE

    @property
    def scheduler(self) -> str:
        return type(self.pipeline.scheduler).__name__


def load_pipeline(
    model: str | Path = BUNDLED_NAME,
    *,
    revision: str | None = None,
    device: str = "auto",
    dtype: str | torch.dtype | None = None,
    scheduler: str | None = None,
) -> LoadedPipeline:
    """Load `model`: "bundled", a folder in the diffusers format, or a hub id.

    `device` "auto" takes CUDA, then MPS, then the CPU; `dtype` None is float32 on a CPU and
    float16 elsewhere; `scheduler` is a diffusers class name, None the model's own.
    Raises `ModelLoadError` or `InvalidRequestError`.
    """
    chosen_device = _device(device)
    chosen_dtype = _dtype(dtype, chosen_device)
    folder, found_revision = _find(str(model), revision)
    pipeline = _load(folder, chosen_dtype, str(model))
    if scheduler is not None:
        pipeline.scheduler = _scheduler(scheduler, pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return LoadedPipeline(
        pipeline=pipeline.to(chosen_device),
        model=str(model),
        revision=found_revision,
        device=chosen_device,
        dtype=str(chosen_dtype).removeprefix("torch."),
    )


def load_tokenizer(
    model: str | Path = BUNDLED_NAME, *, revision: str | None = None
) -> PreTrainedTokenizerBase:
    """The tokenizer of `model` alone, for counting tokens without loading any weights."""
    folder = _local_folder(str(model))
    try:
        if folder is None:
            folder = Path(
                snapshot_download(str(model), revision=revision, allow_patterns="tokenizer/*")
            )
        return AutoTokenizer.from_pretrained(
            folder / "tokenizer", local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise ModelLoadError(_not_found(str(model))) from error


def silence_libraries() -> None:
    """Turn off the libraries' own progress bars and notes, for programs that report themselves."""
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def _find(model: str, revision: str | None) -> tuple[Path, str]:
    """The folder that holds the model's files, and its revision."""
    folder = _local_folder(model)
    if folder is None:
        return _download(model, revision)
    if revision is not None:
        raise InvalidRequestError("A folder has no revisions; leave `revision` out.")
    if not (folder / "model_index.json").is_file():
        raise ModelLoadError(_not_found(model))
    return folder, _content_hash(folder)


def _local_folder(model: str) -> Path | None:
    """None when `model` can only be a hub id."""
    if model == BUNDLED_NAME:
        return BUNDLED
    folder = Path(model).expanduser()
    return None if re.fullmatch(r"[\w.-]+/[\w.-]+", model) and not folder.exists() else folder


def _download(model: str, revision: str | None) -> tuple[Path, str]:
    try:
        snapshot = DiffusionPipeline.download(
            model, revision=revision, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise ModelLoadError(_not_found(model)) from error
    return Path(snapshot), Path(snapshot).name


def _load(folder: Path, dtype: torch.dtype, model: str) -> Any:
    try:
        return DiffusionPipeline.from_pretrained(
            folder,
            dtype=dtype,
            low_cpu_mem_usage=is_accelerate_available(),
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


def _content_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of the files a model is made of."""
    whole = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.suffix in _MODEL_FILES)
    for path in sorted(path for path in files if path.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def _device(device: str) -> str:
    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA asserts
        raise InvalidRequestError(
            f"There is no device “{device}” here; choose “auto”, or “cpu”, which is everywhere."
        ) from error
    return device


def _dtype(dtype: str | torch.dtype | None, device: str) -> torch.dtype:
    if dtype is None:
        return torch.float32 if device == "cpu" else torch.float16
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype not in _DTYPES:
        raise InvalidRequestError(f"Unknown dtype “{dtype}”; choose one of {', '.join(_DTYPES)}.")
    return _DTYPES[dtype]


def _scheduler(name: str, config: Any) -> Any:
    scheduler = getattr(diffusers, name, None) if name.endswith("Scheduler") else None
    if scheduler is None:
        raise InvalidRequestError(
            f"diffusers has no scheduler “{name}”; name a class such as "
            "DPMSolverMultistepScheduler or DDIMScheduler."
        )
    return scheduler.from_config(config)


def _not_found(model: str) -> str:
    if model == BUNDLED_NAME:
        return (
            f"The bundled model is missing from {BUNDLED}; reinstall the package, or train it "
            "with `python -m daam_engine.bundled.train`."
        )
    return (
        f"“{model}” is neither “bundled”, nor a folder with a model_index.json, nor a model that "
        "could be fetched from the hub; check the spelling and the connection."
    )
