"""Files below MEDIA_ROOT. A name is random: it must not tell a rater what the file belongs to."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from django.conf import settings
from safetensors.numpy import save


@dataclass
class Draft:
    """Files that belong together. When `with` ends, whatever the reason, they go unless kept."""

    _paths: list[Path] = field(default_factory=list)

    def write(self, folder: str, suffix: str, content: bytes) -> str:
        """Store `content` and return its name below MEDIA_ROOT. It is there whole or not at all."""
        name = f"{folder}/{uuid.uuid4().hex}{suffix}"
        path = Path(settings.MEDIA_ROOT) / name
        unfinished = path.with_suffix(".part")
        self._paths += [path, unfinished]
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
        return name

    def write_maps(self, *maps: np.ndarray) -> str:
        """Store maps of one size as a file like those that workers write; row by row."""
        return self.write("maps", ".safetensors", save({"soft": np.stack(maps)}))

    def keep(self) -> None:
        self._paths.clear()

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        for path in self._paths:
            if path.exists():
                path.unlink()
