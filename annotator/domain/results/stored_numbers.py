"""Frozen dataclasses of numbers to JSON and back, nothing rounded. JSON has no nan: it is null."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Of dataclasses, tuples, texts, numbers and days."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_json(member) for member in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if isinstance(value, float) and math.isnan(value) else value


def from_json(kind: type[T], stored: Mapping[str, Any]) -> T:
    """The dataclass that `to_json` was given; its annotations say what the members are."""
    hints = _hints(kind)
    return kind(**{name: _read(hints[name], member) for name, member in stored.items()})


# Reading annotations costs more than what they describe, and there are thousands of rows.
_hints: Callable[[Any], dict[str, Any]] = lru_cache(get_type_hints)


def _read(kind: Any, stored: Any) -> Any:
    if kind is float:
        return math.nan if stored is None else float(stored)
    if stored is None:
        return None
    if get_origin(kind) is tuple:
        member, *_ = get_args(kind)
        return tuple(_read(member, one) for one in stored)
    kinds = [option for option in get_args(kind) if option is not type(None)] or [kind]
    (kind,) = kinds  # `X | None` is read as X
    if isinstance(kind, type) and is_dataclass(kind):
        return from_json(kind, stored)
    if issubclass(kind, date):
        return kind.fromisoformat(stored)
    return kind(stored)
