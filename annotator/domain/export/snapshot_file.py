"""The file of a snapshot: all tables as CSV, codebook, settings, versions and sums, in one ZIP."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import platform
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zipfile import ZipFile

from django.db import connection

from annotator import __version__
from annotator.domain.design.study_config import to_toml
from annotator.domain.export import read_back, read_back_tasks, snapshot_numbers
from annotator.domain.export.bundles import SUMS, Entry, to_zip
from annotator.domain.export.formats import csv_pieces, guard_cell
from annotator.domain.export.reading import Aside, one_moment
from annotator.domain.export.tables import codebook, tables
from annotator.models import Snapshot

# Told (rows done, rows in all).
Report = Callable[[int, int], object]
_RATER = "rater_id"
_RATINGS = "ratings.csv"
_LONGEST_CELL = 2**30  # characters
_SOFTWARE = ("django", "numpy", "torch", "diffusers", "transformers", "spacy", "pyarrow")


@dataclass(frozen=True)
class Written:
    """A finished file; `n_struck` counts the rows that were left out of the one before it."""

    sha256: str
    size: int
    n_ratings: int
    n_struck: int = 0


def write(snapshot: Snapshot, path: Path, report: Report) -> Written:
    """Write all there is at this moment. Raises `OSError`."""
    with one_moment() as aside:
        count = tables(study=snapshot.study)["ratings"].count()
        sha256, size = _store(_entries(snapshot, aside, report), path)
    return Written(sha256, size, count)


def strike(old: Path, path: Path, raters: Collection[str], report: Report) -> Written:
    """Write `old` anew without these raters' rows. Raises `OSError`."""
    counts = {"struck": 0, "ratings": 0}
    with _long_cells(), ZipFile(old) as archive:
        sha256, size = _store(_kept(archive, set(map(guard_cell, raters)), counts, report), path)
    return Written(sha256, size, counts["ratings"], counts["struck"])


@contextmanager
def _long_cells() -> Iterator[None]:
    """Masks may be longer than what `csv` reads by itself."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _store(entries: Iterable[Entry], path: Path) -> tuple[str, int]:
    found, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for piece in to_zip(entries):
            file.write(piece)
            found.update(piece)
            size += len(piece)
    return found.hexdigest(), size


# -- from the study ------------------------------------------------------------------------------


def _entries(snapshot: Snapshot, aside: Aside, report: Report) -> Iterator[Entry]:
    study = snapshot.study
    yield Entry("README.txt", [_readme(snapshot).encode()])
    yield Entry("study.toml", [to_toml(study=study).encode()])
    yield Entry("versions.json", [_versions().encode()])
    yield Entry("codebook.csv", codebook(study=study).pieces_now("csv"))
    of = tables(study=study)
    progress = _Progress(sum(table.count() for table in of.values()), aside, report)
    for name, table in of.items():
        yield Entry(f"{name}.csv", progress.through(table.pieces_now("csv")))
    yield from snapshot_numbers.entries_of(study)


@dataclass
class _Progress:
    """How many rows have gone by, told to everybody outside the moment that is being read."""

    total: int
    aside: Aside
    report: Report
    done: int = 0

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            # A few more than rows, where texts have several lines.
            self.done = min(self.done + piece.count(b"\n"), self.total)
            self.aside(lambda: self.report(self.done, self.total))


def _readme(snapshot: Snapshot) -> str:
    return (
        f"Snapshot {snapshot.name} of the study “{snapshot.study.name}”, "
        f"asked for at {snapshot.created_at:%Y-%m-%d %H:%M} UTC.\n\n"
        f"codebook.csv says what every column of every table means, study.toml how the study was "
        f"set up, versions.json which software wrote this. results.csv has the numbers of the "
        f"results page, unrounded, and results.json how they were made of these tables. `sha256sum "
        f"--check {SUMS}` tells whether a file is as it was written.\n\nTo cite it, name the "
        "study, the snapshot and the SHA-256 of this archive, which its page shows. Raters may "
        "have their data deleted: then their rows are struck out, the numbers made anew without "
        "them, the page says so, and the archive has another SHA-256.\n"
    )


def _versions() -> str:
    found = {"daam-annotator": __version__, "python": platform.python_version()}
    for name in _SOFTWARE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return json.dumps(found | {"database": connection.vendor}, indent=2) + "\n"


# -- from the file before ------------------------------------------------------------------------


def _kept(
    archive: ZipFile, raters: set[str], counts: dict[str, int], report: Report
) -> Iterator[Entry]:
    # Numbers are of the rows, and are made anew.
    left = (SUMS, snapshot_numbers.CSV, snapshot_numbers.JSON)
    names = [name for name in archive.namelist() if name not in left]
    for done, name in enumerate(names, start=1):
        if name.endswith(".csv"):
            yield Entry(name, _rows_kept(archive, name, raters, counts))
        else:
            yield Entry(name, [archive.read(name)])
        report(done, len(names))
    if snapshot_numbers.CSV in archive.namelist():
        yield from _numbers(archive, raters)


def _numbers(archive: ZipFile, without: set[str]) -> Iterator[Entry]:
    """Each task's answers have a table of their own."""
    names = archive.namelist()
    if "drawings.csv" in names:
        return snapshot_numbers.of_masks(read_back_tasks.agreement(archive, without))
    if "things.csv" in names:
        return snapshot_numbers.of_things(read_back_tasks.seen(archive, without))
    return snapshot_numbers.of_ratings(read_back.results_of(archive, without))


def _rows_kept(
    archive: ZipFile, name: str, raters: set[str], counts: dict[str, int]
) -> Iterator[bytes]:
    with archive.open(name) as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        header = next(rows)
        yield from (piece.encode() for piece in csv_pieces([header]))
        place = header.index(_RATER) if _RATER in header else None

        def kept() -> Iterator[list[str]]:
            for row in rows:
                struck = place is not None and row[place] in raters
                counts["struck"] += struck
                counts["ratings"] += name == _RATINGS and not struck
                if not struck:
                    yield row

        for piece in csv_pieces(kept()):
            yield piece.encode()
