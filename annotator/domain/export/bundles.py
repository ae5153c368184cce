"""Many files taken away together: as a ZIP that is sent while it is made, or into a folder.

Pieces flow through: neither the archive nor any large file of it is ever held in memory. What could
not be found is listed and does not end the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from annotator.domain.export.formats import Sink

SUMS = "SHA256SUMS"
MISSING = "MISSING.txt"
# Packed already; packing again takes time and saves nothing.
_PACKED = (".webp", ".png", ".parquet")


@dataclass(frozen=True)
class Entry:
    """A file of the bundle. No pieces: it should be there, and is not on the disk."""

    path: str
    pieces: Iterable[bytes] | None


def with_sums(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries that are there; at the end, what is missing, and the sums of all files.

    Each entry's pieces must be used up before the next entry is asked for.
    """
    sums: list[str] = []
    missing: list[str] = []
    for entry in entries:
        if entry.pieces is None:
            missing.append(entry.path)
        else:
            yield Entry(entry.path, _summed(entry.path, entry.pieces, sums))
    if missing:
        text = "".join(f"{path}\n" for path in missing).encode()
        yield Entry(MISSING, _summed(MISSING, [text], sums))
    # As `sha256sum --check` reads it.
    yield Entry(SUMS, ["".join(sums).encode()])


def _summed(path: str, pieces: Iterable[bytes], sums: list[str]) -> Iterator[bytes]:
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
        yield piece
    sums.append(f"{found.hexdigest()}  {path}\n")


def to_zip(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The archive, piece by piece, its sums last."""
    sink = Sink()
    with ZipFile(sink, "w") as archive:
        for entry in with_sums(entries):
            packed = entry.path.endswith(_PACKED)
            info = ZipInfo(entry.path)
            info.compress_type = ZIP_STORED if packed else ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            # How long a table becomes is not known when it begins.
            with archive.open(info, "w", force_zip64=not packed) as file:
                for piece in entry.pieces or ():
                    file.write(piece)
                    yield sink.take()
            yield sink.take()
    yield sink.take()


def to_folder(entries: Iterable[Entry], folder: Path) -> Iterator[Path]:
    """Each file as it is written. Raises `OSError` where that cannot be done."""
    for entry in with_sums(entries):
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(entry.pieces or ())
        yield path
