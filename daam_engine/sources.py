"""Where the files of a model lie, and a revision that says which files they were."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
from diffusers import DiffusionPipeline
from huggingface_hub import snapshot_download

from daam_engine.errors import InvalidRequestError, ModelLoadError

BUNDLED_NAME = "bundled"
BUNDLED = Path(__file__).parent / "bundled" / "weights"
_MODEL_FILES = {".json", ".model", ".safetensors", ".txt"}
_CONFIGURATION_FILES = ["*.json", "*.model", "*.txt"]
_PICKLES = {".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"}
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_LIBRARIES = {"diffusers", "transformers"}


@dataclass(frozen=True)
class Source:
    """A folder in the diffusers format, or a checkpoint in a single file, under its given name.

    `revision` is the commit of a hub model, and a SHA-256 of what a folder or a file holds.
    """

    name: str
    path: Path
    revision: str

    @property
    def is_checkpoint(self) -> bool:
        return self.path.is_file()


def find_model(model: str, revision: str | None = None) -> Source:
    """The files of `model`, fetched when it is a hub id.

    Raises `ModelLoadError` where there are none, where they are pickles or bring code of their
    own, and `InvalidRequestError` when a `revision` is asked for outside the hub.
    """
    _refuse_pickle(model)
    path = local_path(model)
    if path is None:
        return _checked(_download(model, revision))
    if revision is not None:
        raise InvalidRequestError("Only models on the hub have revisions; leave `revision` out.")
    if path.suffix.lower() == ".safetensors" and path.is_file():
        return Source(model, path, _file_hash(path))
    if not (path / "model_index.json").is_file():
        raise ModelLoadError(not_found(model))
    return _checked(Source(model, path, _folder_hash(path, _MODEL_FILES)))


def find_configuration(config: str) -> Source:
    """The files that describe an architecture, without weights: of a folder, or of a hub model.

    Raises `ModelLoadError`.
    """
    path = local_path(config)
    if path is None:
        try:
            path = Path(snapshot_download(config, allow_patterns=_CONFIGURATION_FILES))
        except (OSError, ValueError) as error:
            raise ModelLoadError(
                f"The configuration of “{config}” could not be fetched from the hub; check the "
                "connection, or name a folder that holds it with `config=`."
            ) from error
        return _checked(Source(config, path, path.name))
    if not (path / "model_index.json").is_file():
        raise ModelLoadError(
            f"“{config}” has no model_index.json, so it does not describe an architecture; name a "
            "folder in the diffusers format, or a hub id."
        )
    revision = _folder_hash(path, _MODEL_FILES - {".safetensors"})
    return _checked(Source(config, path, revision))


def find_transformer(model: str) -> Source:
    """The files of a single model of transformers, fetched when it is a hub id.

    Raises `ModelLoadError`.
    """
    path = local_path(model)
    if path is None:
        wanted = [*_CONFIGURATION_FILES, "*.safetensors"]
        try:
            path = Path(snapshot_download(model, allow_patterns=wanted))
        except (OSError, ValueError) as error:
            raise ModelLoadError(_no_transformer(model)) from error
        return Source(model, path, path.name)
    if not (path / "config.json").is_file():
        raise ModelLoadError(_no_transformer(model))
    return Source(model, path, _folder_hash(path, _MODEL_FILES))


def local_path(model: str) -> Path | None:
    """Where `model` lies on this machine; None when it can only be a hub id."""
    if model == BUNDLED_NAME:
        return BUNDLED
    path = Path(model).expanduser()
    return None if _HUB_ID.fullmatch(model) and not path.exists() else path


def pipeline_class(folder: Path) -> Any:
    """The diffusers class that a model_index.json names."""
    return getattr(diffusers, _index(folder)["_class_name"])


def not_found(model: str, revision: str | None = None) -> str:
    if model == BUNDLED_NAME:
        return (
            f"The bundled model is missing from {BUNDLED}; reinstall the package, or train it "
            "with `python -m daam_engine.bundled.train`."
        )
    if revision is not None:
        return (
            f"“{model}” could not be fetched from the hub at revision “{revision}”; check both "
            "names and the connection."
        )
    return (
        f"“{model}” is neither “bundled”, nor a folder with a model_index.json, nor a .safetensors "
        "file, nor a model that could be fetched from the hub; check the spelling and the "
        "connection."
    )


def _no_transformer(model: str) -> str:
    return (
        f"“{model}” is neither a folder with a config.json nor a model that could be fetched from "
        "the hub; check the spelling and the connection."
    )


def _refuse_pickle(model: str) -> None:
    if Path(model).suffix.lower() in _PICKLES and not Path(model).is_dir():
        raise ModelLoadError(
            f"“{model}” is a pickle, which can run any code when it is opened; convert it with "
            "`torch.load(file, weights_only=True)` and `safetensors.torch.save_file`, and load "
            "the .safetensors file."
        )


def _download(model: str, revision: str | None) -> Source:
    try:
        snapshot = DiffusionPipeline.download(
            model, revision=revision, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        if "safetensors" in str(error):
            raise ModelLoadError(
                f"“{model}” has pickled weights on the hub, which can run any code when they are "
                "opened, and none in safetensors; choose another revision, or another model."
            ) from error
        raise ModelLoadError(not_found(model, revision)) from error
    return Source(model, Path(snapshot), Path(snapshot).name)


def _checked(source: Source) -> Source:
    """Refuse a model whose parts are not classes of diffusers and transformers."""
    index = _index(source.path)
    libraries = {
        part[0]
        for name, part in index.items()
        if not name.startswith("_") and isinstance(part, list) and part[0] is not None
    }
    foreign = sorted(
        library
        for library in libraries - _LIBRARIES
        if not hasattr(diffusers.pipelines, str(library))  # such as "stable_diffusion"
    )
    if foreign or not hasattr(diffusers, str(index.get("_class_name"))):
        raise ModelLoadError(
            f"“{source.name}” needs code that is not part of diffusers or transformers "
            f"({', '.join(foreign) or index.get('_class_name')}), and such code is never run; use "
            "a model whose parts are all of these two."
        )
    return source


def _index(folder: Path) -> dict[str, Any]:
    try:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelLoadError(
            f"The model_index.json of “{folder}” cannot be read; save the model again with "
            "`pipeline.save_pretrained(folder)`."
        ) from error
    return dict(index)


def _folder_hash(folder: Path, suffixes: set[str]) -> str:
    """SHA-256 over the names and contents of a folder's files."""
    whole = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.suffix in suffixes)
    for path in sorted(path for path in files if path.is_file()):
        name = path.relative_to(folder).as_posix()
        whole.update(f"{name} {_file_hash(path).removeprefix('sha256:')}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
