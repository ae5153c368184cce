"""The numbers of a study or an import, stored: of a small one computed at once, else by a worker.

Of a study there are its results, once per filter, the figures of its raters, its words, how far
masks agree, what is seen in pictures, and the counts of its methods report.

While newer numbers are computed, the last ones stay to be read.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar, cast

from django.db import transaction
from django.utils import timezone

from annotator import queue
from annotator.domain.browse import words
from annotator.domain.browse.words import WordTable
from annotator.domain.elsewhere.stored import stored
from annotator.domain.methods.counts import Counts, counts
from annotator.domain.monitoring.quality import RaterFigures, rater_figures
from annotator.domain.rating import masks, presence_figures
from annotator.domain.rating.masks import MaskFigures
from annotator.domain.rating.presence_figures import PresenceFigures
from annotator.domain.results.computing import Report, analyse, compute
from annotator.domain.results.data_version import (
    DataVersion,
    data_version,
    fixed_version,
    is_readable,
)
from annotator.domain.results.filters import Filter
from annotator.domain.results.stored_numbers import from_json, to_json
from annotator.domain.results.summary import Results
from annotator.enums import AnalysisStatus
from annotator.errors import BeingComputed
from annotator.models import Analysis, ImportedRatings, Study

T = TypeVar("T")
Stored = Results | RaterFigures | WordTable | MaskFigures | PresenceFigures | Counts

# What is computed within a request: measured by benchmarks/results_page.py.
AT_ONCE = 2_000
# A pair of masks of 512² takes 0.1 ms: see benchmarks/masks.py.
PAIRS_AT_ONCE = 2_500
SILENT_AFTER = timedelta(seconds=20)
STUCK_AFTER = timedelta(minutes=3)
KEPT_FOR = timedelta(days=14)
# While raters work and somebody watches, a worker computes one sixth of the time at most.
_REST = timedelta(seconds=30)
_REST_TIMES = 5


class Unfiltered(StrEnum):
    """What is stored of a study once; its name is in the place of a filter's digest."""

    METHODS = "methods"
    RATERS = "raters"
    WORDS = "words"
    MASKS = "masks"
    THINGS = "things"


@dataclass(frozen=True)
class State:
    """What is known now: the last results, if any, and whether newer ones are on their way."""

    analysis: Analysis
    version: DataVersion

    @property
    def is_current(self) -> bool:
        return self.analysis.version == str(self.version)

    @property
    def is_waiting(self) -> bool:
        return self.analysis.status in (AnalysisStatus.QUEUED, AnalysisStatus.RUNNING)

    @property
    def is_silent(self) -> bool:
        """It waits for a worker, and none has touched it for long."""
        return self.is_waiting and self.analysis.touched_at < timezone.now() - SILENT_AFTER

    @property
    def etag(self) -> str:
        """Another one whenever a page would show something else."""
        analysis = self.analysis
        progress = f"{analysis.status}-{analysis.steps_done}-{self.is_silent:d}"
        return f"{self.version}/{analysis.pk}/{analysis.version}/{progress}"

    def results(self) -> Results | None:
        """Read from the database when asked for; None in the form of an earlier release."""
        return self._read(Results)

    def rater_figures(self) -> RaterFigures | None:
        """As `results`, of a state of the raters' figures."""
        return self._read(RaterFigures)

    def words(self) -> WordTable | None:
        """As `results`, of a state of the words."""
        return self._read(WordTable)

    def mask_figures(self) -> MaskFigures | None:
        """As `results`, of a state of the masks' agreement."""
        return self._read(MaskFigures)

    def presence_figures(self) -> PresenceFigures | None:
        """As `results`, of a state of the things seen."""
        return self._read(PresenceFigures)

    def counts(self) -> Counts | None:
        """As `results`, of a state of the methods report."""
        return self._read(Counts)

    def _read(self, kind: type[T]) -> T | None:
        if not is_readable(self.analysis.version):
            return None
        stored = self.analysis.results
        return None if stored is None else from_json(kind, stored)


def state(*, study: Study, filter: Filter, at: datetime | None = None) -> State:
    """The numbers under this filter, or that they are being computed."""
    return _brought_up(_find_filtered(filter, study=study), at or timezone.now())


def state_of(what: Unfiltered, *, study: Study, at: datetime | None = None) -> State:
    """The same of what knows no filter."""
    return _brought_up(_find(what, None, study=study), at or timezone.now())


def state_of_import(*, imported: ImportedRatings) -> State:
    """The numbers of ratings made elsewhere, which never change."""
    return _brought_up(_find_filtered(Filter(), imported=imported), timezone.now())


def _brought_up(analysis: Analysis, now: datetime) -> State:
    """Computed now or asked for, if what is stored is not of these ratings."""
    version = _version(analysis)
    found = State(analysis, version)
    if found.is_current or found.is_waiting:
        return found
    if _is_small(analysis, version):
        run(analysis)
    elif not _rests(analysis, now):
        _request(analysis, now)
    return State(analysis, version)


def _is_small(analysis: Analysis, version: DataVersion) -> bool:
    """Whether it is computed before somebody who waits for a page wonders."""
    if analysis.filter_key == Unfiltered.MASKS:
        others = _study(analysis).ratings_per_item - 1
        if version.answers * others / 2 > PAIRS_AT_ONCE:
            return False
    return version.size <= AT_ONCE


def _version(analysis: Analysis) -> DataVersion:
    if analysis.imported is not None:
        return fixed_version(analysis.imported.summary["ratings"])
    study = _study(analysis)
    version = data_version(study=study)
    if analysis.filter_key not in (Unfiltered.METHODS, Unfiltered.WORDS):
        return version
    return replace(version, n_pictures=study.generations.done().count())


def _study(analysis: Analysis) -> Study:
    """Of an analysis that is not of an import: a constraint holds that it then has one."""
    return cast(Study, analysis.study)


def finished(*, study: Study, filter: Filter) -> tuple[State, Results]:
    """The last results under this filter. Raises `BeingComputed` where there are none yet."""
    found = state(study=study, filter=filter)
    results = found.results()
    if results is None:
        raise BeingComputed
    return found, results


def _find_filtered(filter: Filter, **source: Study | ImportedRatings) -> Analysis:
    return _find(hashlib.sha256(filter.key.encode()).hexdigest(), filter, **source)


def _find(key: str, filter: Filter | None, **source: Study | ImportedRatings) -> Analysis:
    """The row without its results, which are large, made where there is none."""
    rows = Analysis.objects.filter(**source).defer("results")
    found = rows.filter(filter_key=key).first()
    if found is None:
        found, _ = rows.get_or_create(
            **source, filter_key=key, defaults={"filter": to_json(filter) if filter else {}}
        )
    for name, value in source.items():
        setattr(found, name, value)  # or it would be read again
    return found


def _rests(analysis: Analysis, now: datetime) -> bool:
    pause = max(_REST, _REST_TIMES * timedelta(seconds=analysis.seconds))
    ended = analysis.touched_at if analysis.status == AnalysisStatus.FAILED else None
    last = ended or analysis.computed_at
    return last is not None and now < last + pause


@transaction.atomic
def _request(analysis: Analysis, now: datetime) -> None:
    idle = Analysis.objects.filter(pk=analysis.pk).exclude(
        status__in=(AnalysisStatus.QUEUED, AnalysisStatus.RUNNING)
    )
    asked = {"status": AnalysisStatus.QUEUED, "touched_at": now, "steps_done": 0}
    if idle.update(**asked):
        queue.enqueue(queue.ANALYSE, analysis.pk)
    analysis.refresh_from_db(fields=["status", "touched_at", "steps_done", "steps_total"])


# -- what a worker does --------------------------------------------------------------------------


def claim(key: int) -> Analysis | None:
    """The analysis, if it waits for a worker; None where another has it, or nobody wants it."""
    waiting = Analysis.objects.filter(pk=key, status=AnalysisStatus.QUEUED)
    if not waiting.update(status=AnalysisStatus.RUNNING, touched_at=timezone.now()):
        return None
    return Analysis.objects.select_related("study", "imported").defer("results").get(pk=key)


def run(analysis: Analysis, report: Report | None = None) -> None:
    """Compute the numbers as of now and store them."""
    began = time.monotonic()
    version = str(_version(analysis))  # before: what comes meanwhile is news
    found = _computed(analysis, report)
    stored = {
        "status": AnalysisStatus.DONE,
        "version": version,
        "results": to_json(found),
        "computed_at": timezone.now(),
        "touched_at": timezone.now(),
        "seconds": time.monotonic() - began,
        "error": "",
    }
    Analysis.objects.filter(pk=analysis.pk).update(**stored)
    for name, value in stored.items():
        setattr(analysis, name, value)


def _computed(analysis: Analysis, report: Report | None) -> Stored:
    if analysis.filter_key == Unfiltered.RATERS:
        return rater_figures(study=_study(analysis), report=report)
    if analysis.filter_key == Unfiltered.METHODS:
        return counts(study=_study(analysis))
    if analysis.filter_key == Unfiltered.WORDS:
        return words.table(study=_study(analysis))
    if analysis.filter_key == Unfiltered.MASKS:
        return masks.figures(study=_study(analysis))
    if analysis.filter_key == Unfiltered.THINGS:
        return presence_figures.figures(study=_study(analysis))
    if analysis.imported is not None:
        ratings = stored(analysis.imported)
        return analyse(ratings.answers, ratings.repeats, ratings.known_answers, report=report)
    filter = from_json(Filter, analysis.filter)
    return compute(study=_study(analysis), filter=filter, report=report)


def record_progress(analysis: Analysis, done: int, total: int) -> None:
    Analysis.objects.filter(pk=analysis.pk).update(
        steps_done=done, steps_total=total, touched_at=timezone.now()
    )


def fail(*, analysis: Analysis, reason: str) -> None:
    """The last results stay; it is tried again when somebody looks later."""
    Analysis.objects.filter(pk=analysis.pk).update(
        status=AnalysisStatus.FAILED, error=reason, touched_at=timezone.now()
    )


def resend_stuck(*, at: datetime | None = None) -> int:
    """Send again what no worker has touched for long. Returns how many."""
    now = at or timezone.now()
    stuck = Analysis.objects.stuck(now - STUCK_AFTER)
    keys = list(stuck.values_list("pk", flat=True))
    Analysis.objects.filter(pk__in=keys).update(status=AnalysisStatus.QUEUED, touched_at=now)
    for key in keys:
        queue.enqueue(queue.ANALYSE, key)
    return len(keys)


def drop_old(*, at: datetime | None = None) -> int:
    """Forget numbers that were computed long ago; they can be computed again."""
    old = Analysis.objects.filter(touched_at__lt=(at or timezone.now()) - KEPT_FOR)
    return old.delete()[0]
