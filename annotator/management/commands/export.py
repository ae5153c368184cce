"""`export STUDY FOLDER [--only dataset]`: everything there is, as files in a folder."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.domain import export
from annotator.management.arguments import find_study

_PARTS = {
    "all": export.all_entries,
    "pictures": export.picture_entries,
    "dataset": export.dataset_entries,
}


class Command(BaseCommand):
    help = "Write a study's tables, settings, pictures and maps into a new folder, with SHA-256."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="number or exact name of the study")
        parser.add_argument("folder", type=Path, help="is made; must not hold anything yet")
        parser.add_argument("--only", choices=list(_PARTS), default="all")

    def handle(self, *args: Any, **options: Any) -> None:
        study, folder = find_study(options["study"]), options["folder"]
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty. Name a new folder.")
        entries = _PARTS[options["only"]](study=study)
        written = 0
        try:
            for written, path in enumerate(export.to_folder(entries, folder), start=1):
                if written % 100 == 0:
                    self.stderr.write(f"{written} files, the last is {path.name}")
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror}.") from error
        missing = folder / "MISSING.txt"
        note = f" Some were not on the disk: {missing}." if missing.exists() else ""
        self.stdout.write(f"{written} files are in {folder}.{note}")
