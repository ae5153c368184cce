"""A statistic as it is shown: its name, its value and interval, and why they are not there."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.statistics import Estimate


@dataclass(frozen=True)
class Measured:
    """A statistic by its name; `note` says why it or its interval is undefined, or is empty."""

    name: str
    estimate: Estimate
    note: str = ""
