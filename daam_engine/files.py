"""Text files that people hand in, with a sentence for those that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from daam_engine.errors import InvalidRequestError


def read_text(path: Path) -> str:
    """Raises `InvalidRequestError`."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidRequestError(
            f"“{path}” cannot be read ({error.strerror}); name another file."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            f"“{path}” is not text in UTF-8 (byte {error.start}); save it again as UTF-8."
        ) from error


def read_json(path: Path) -> Any:
    """Raises `InvalidRequestError`."""
    try:
        return json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidRequestError(f"“{path}” is not JSON ({error}); export it again.") from error
