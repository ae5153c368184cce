"""Files below MEDIA_ROOT. A name is random: it must not tell a rater what the file belongs to."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from django.conf import settings


def write(folder: str, suffix: str, content: bytes) -> str:
    """Store `content` and return its name below MEDIA_ROOT. It is there whole or not at all."""
    name = f"{folder}/{uuid.uuid4().hex}{suffix}"
    path = Path(settings.MEDIA_ROOT) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
    return name


def remove(*names: str) -> None:
    for name in names:
        (Path(settings.MEDIA_ROOT) / name).unlink(missing_ok=True)
