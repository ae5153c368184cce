"""The word heat maps of one image as one `safetensors` file, readable without this package.

    from safetensors.numpy import load_file
    load_file(path)["soft"]     # float16 (word, height, width)

Values are shares of attention (the mean over all maps added up), not stretched. Metadata, each a
string: `format` ("daam-maps/1"), `prompt`, `image_size` (JSON [height, width] in pixels), `n_maps`
(multiply by it for the paper's sum), `words` (JSON list: the fields of `Word`, and `truncated`,
for which the map is all zeros).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from daam_engine.errors import MapsFileError
from daam_engine.generate import Generated
from daam_engine.words import Word

FORMAT = "daam-maps/1"


@dataclass(frozen=True, eq=False)
class StoredMaps:
    """What a maps file holds; `soft` is float16 (word, height, width)."""

    soft: np.ndarray
    prompt: str
    words: tuple[Word, ...]
    truncated: tuple[bool, ...]
    image_size: tuple[int, int]
    n_maps: int


def encode_maps(generated: Generated, size: tuple[int, int] | None = None) -> bytes:
    """The contents of a maps file, its maps at `size` (see `Generated.stack`)."""
    words = [
        {**asdict(word), "truncated": truncated}
        for word, truncated in zip(generated.parsed, generated.truncated, strict=True)
    ]
    metadata = {
        "format": FORMAT,
        "prompt": generated.prompt,
        "image_size": json.dumps(generated.maps.image_size),
        "n_maps": str(generated.maps.n_maps),
        "words": json.dumps(words, ensure_ascii=False),
    }
    return save({"soft": generated.stack(size)}, metadata)


def read_maps(path: Path | str) -> StoredMaps:
    """Raises `MapsFileError` unless `path` is a file that `encode_maps` made."""
    try:
        with safe_open(path, framework="numpy") as file:
            return _stored(file.metadata() or {}, file.get_tensor("soft"))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise MapsFileError(
            f"{path} holds no heat maps in the format {FORMAT}; generate the image again."
        ) from error


def _stored(metadata: dict[str, str], soft: np.ndarray) -> StoredMaps:
    if metadata["format"] != FORMAT:
        raise ValueError(metadata["format"])
    rows = json.loads(metadata["words"])
    height, width = json.loads(metadata["image_size"])
    return StoredMaps(
        soft=soft,
        prompt=metadata["prompt"],
        truncated=tuple(row.pop("truncated") for row in rows),
        words=tuple(Word(**row) for row in rows),
        image_size=(height, width),
        n_maps=int(metadata["n_maps"]),
    )
