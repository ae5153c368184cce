"""When a rating was given, as files write it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import numpy as np

# numpy's “not a time”, as a number.
NO_TIME = np.iinfo(np.int64).min

_MTURK = re.compile(r"\w{3} (\w{3} \d{1,2} \d\d:\d\d:\d\d) (\w+) (\d{4})")
# Milliseconds in a unit, by how many digits such a number has from 2001 to 2286.
_SINCE_1970 = {10: 1000, 13: 1}
_ZONES = {"UTC": 0, "GMT": 0, "PST": -8, "PDT": -7, "EST": -5, "EDT": -4}


def milliseconds_of(text: str) -> int:
    """Milliseconds since 1970, UTC, or `NO_TIME`.

    Read are ISO 8601 (`2026-03-14T09:15:43.120Z`, also with a blank for the T; a time without a
    zone is taken as UTC), Mechanical Turk's `Wed Mar 14 09:15:43 PDT 2012`, and seconds or
    milliseconds since 1970. Days written in figures with strokes are not: 3/4 is two days.
    """
    if text.isascii() and text.isdigit() and len(text) in _SINCE_1970:
        return int(text) * _SINCE_1970[len(text)]
    try:
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return _of_mturk(text)
    return _milliseconds(found if found.tzinfo else found.replace(tzinfo=UTC))


def _of_mturk(text: str) -> int:
    parts = _MTURK.fullmatch(text)
    if parts is None or parts[2] not in _ZONES:
        return NO_TIME
    zone = timezone(timedelta(hours=_ZONES[parts[2]]))
    try:
        found = datetime.strptime(f"{parts[1]} {parts[3]}", "%b %d %H:%M:%S %Y")
    except ValueError:
        return NO_TIME
    return _milliseconds(found.replace(tzinfo=zone))


def _milliseconds(at: datetime) -> int:
    try:
        return (at.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)
    except OverflowError:  # the year 10,000, or 0, in UTC
        return NO_TIME


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
