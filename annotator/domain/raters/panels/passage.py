"""What every panel hands over when a rater arrives, and gets when the rater is done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from annotator.errors import ArrivalRefused

_IDENTIFIER = re.compile(r"[\w.~-]{1,120}", re.ASCII)


class Outcome(Enum):
    FINISHED = "finished"
    SCREENED_OUT = "screened_out"
    FAILED_CHECKS = "failed_checks"


@dataclass(frozen=True)
class Arrival:
    """A panel's names for a person, for its own study, and for this taking part."""

    panel: str
    identifier: str
    panel_study: str = ""
    submission: str = ""
    signed: bool = False
    return_to: str = ""
    # A look at what it would be like, before anything is accepted: nothing is stored.
    preview: bool = False


@dataclass(frozen=True)
class Completion:
    """Where the rater goes at last: a link, or a form to be posted where there are fields."""

    panel: str
    address: str
    code: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def identifier(query: Mapping[str, str], name: str) -> str:
    """One of a panel's names from the address. Raises `ArrivalRefused`."""
    value = query.get(name, "")
    if not _IDENTIFIER.fullmatch(value):
        raise ArrivalRefused
    return value
