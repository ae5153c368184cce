"""Which state a study's ratings are in, found without counting them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, Sum

from annotator.models import Study

# To be raised when the same ratings give other numbers, or more of them: what is stored in the old
# form is then not read any more, and computed again.
_NUMBERS = 9


@dataclass(frozen=True)
class DataVersion:
    """Tells two states apart: every answer raises its rater's count, an erasure takes one away.

    `answers` counts everything that raters ever sent: revisions, gold checks and repeats too.
    `n_pictures` is of interest to what tells of words and maps, whether rated or not; else 0.
    """

    answers: int
    n_raters: int
    n_simulated: int
    n_excluded: int
    last_exclusion: datetime | None
    n_pictures: int = 0

    @property
    def size(self) -> int:
        """What the time to compute grows with."""
        return self.answers + self.n_pictures

    def __str__(self) -> str:
        excluded = self.last_exclusion.timestamp() if self.last_exclusion else 0
        raters = f"{self.n_raters}-{self.n_simulated}-{self.n_excluded}-{excluded}"
        return f"{_NUMBERS}-{self.answers}-{raters}-{self.n_pictures}"


def is_readable(version: str) -> bool:
    """Whether what is stored under this version has today's form."""
    return version.startswith(f"{_NUMBERS}-")


def data_version(*, study: Study) -> DataVersion:
    """From the raters' rows: some thousands, where ratings are a million."""
    found = study.raters.aggregate(
        answers=Sum("answers_stored", default=0),
        n_raters=Count("pk"),
        n_simulated=Count("pk", filter=Q(simulated=True)),
        n_excluded=Count("pk", filter=Q(excluded_at__isnull=False)),
        last_exclusion=Max("excluded_at"),
    )
    return DataVersion(**found)


def fixed_version(answers: int) -> DataVersion:
    """Of ratings that nobody adds to."""
    return DataVersion(answers, n_raters=0, n_simulated=0, n_excluded=0, last_exclusion=None)
