"""The heat maps of a study's nouns against the masks that its raters drew."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.management.arguments import find_study
from daam_engine import EngineError
from daam_engine.analysis.segmentation import BEST_TAU
from workers import drawn
from workers.management.progress import progress_bar


class Command(BaseCommand):
    help = "Hold a study's heat maps against the masks its raters drew (docs/experiments.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", metavar="STUDY", help="the number or name of a drawing study")
        parser.add_argument(
            "--ratings", metavar="STUDY", help="a study that rated maps of the same prompts"
        )
        parser.add_argument("--tau", type=float, default=BEST_TAU)
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="CSV and JSON")
        parser.add_argument("--json", action="store_true", help="one JSON object, no tables")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["tau"] < 1:
            raise CommandError(f"τ lies between 0 and 1; {options['tau']} does not.")
        rated = find_study(options["ratings"]) if options["ratings"] else None
        try:
            with progress_bar("drawn_masks", "nouns") as progress:
                study = find_study(options["study"])
                found = drawn.outcome(study, rated, options["tau"], progress)
            written = found.write(options["out"]) if options["out"] else []
        except EngineError as error:
            raise CommandError(str(error)) from error
        text = json.dumps(found.as_json(), ensure_ascii=False) if options["json"] else None
        self.stdout.write(text or found.as_text())
        for path in written:
            self.stderr.write(f"written: {path}")
