"""`export_ratings STUDY [--format csv] [--shape matrix] [--output PATH|-]`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.domain import export
from annotator.management.arguments import find_study


class Command(BaseCommand):
    help = "Write one row per rating. The codebook on the export page says what the columns mean."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="number or exact name of the study")
        parser.add_argument("--format", choices=list(export.FORMATS), default="csv")
        parser.add_argument("--shape", choices=list(export.SHAPES), default="")
        parser.add_argument("--output", default="-", help="a file, or - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        table = export.find(study=study, name="ratings", shape=options["shape"])
        pieces = table.pieces(options["format"])
        if options["output"] == "-":
            if options["format"] == "parquet":
                raise CommandError("Parquet is no text: name a file with --output.")
            for piece in pieces:
                self.stdout.write(piece.decode(), ending="")
            return
        try:
            with Path(options["output"]).open("wb") as file:
                file.writelines(pieces)
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}.") from error
        self.stderr.write(f"{table.count()} rows are in {options['output']}.")
