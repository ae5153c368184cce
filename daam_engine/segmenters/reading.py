"""How transformers reads a part of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def from_folder(kind: Any, folder: Path, **options: Any) -> Any:
    """`kind.from_pretrained`, from files of this machine alone."""
    return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
