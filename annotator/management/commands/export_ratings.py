"""`export_ratings STUDY --format csv --output PATH|-`: the table of the export page."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.domain.export import count_rows, ratings_csv
from annotator.management.arguments import find_study


class Command(BaseCommand):
    help = "Write one row per rating. The codebook on the export page says what the columns mean."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="number or exact name of the study")
        parser.add_argument("--format", choices=["csv"], default="csv")
        parser.add_argument("--output", default="-", help="a file, or - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        if options["output"] == "-":
            for piece in ratings_csv(study=study):
                self.stdout.write(piece, ending="")
            return
        try:
            # newline="": the line ends are the CSV's own, on every system.
            with Path(options["output"]).open("w", encoding="utf-8", newline="") as file:
                file.writelines(ratings_csv(study=study))
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}.") from error
        self.stderr.write(f"{count_rows(study=study)} ratings are in {options['output']}.")
