"""The paper's cohyponyms, with raters saying which things are in the pictures."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.management.arguments import find_study
from annotator.models import Study
from daam_engine import EngineError
from daam_engine.analysis.segmentation import BEST_TAU
from daam_engine.analysis.semantics import ONTOLOGY, Ontology, read_ontology
from daam_engine.experiments.cohyponyms import bundled_ontology
from daam_engine.models import BUNDLED_NAME
from workers import seen
from workers.management.progress import progress_bar


class Command(BaseCommand):
    help = (
        "Accuracy and overlap of maps with and without cohyponymy, Fisher's exact test, from what "
        "the raters of a study see in its pictures (docs/experiments.md)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", metavar="STUDY", help="the number or name of a study")
        parser.add_argument(
            "--ontology", type=Path, metavar="FILE", help="the one the prompts were made from"
        )
        parser.add_argument("--tau", type=float, default=BEST_TAU)
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="CSV and JSON")
        parser.add_argument("--json", action="store_true", help="one JSON object, no tables")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["tau"] < 1:
            raise CommandError(f"τ lies between 0 and 1; {options['tau']} does not.")
        study = find_study(options["study"])
        try:
            ontology = _ontology(study, options["ontology"])
            with progress_bar("seen_cohyponyms", "pictures") as progress:
                found = seen.outcome(study, ontology, options["tau"], progress)
            written = found.write(options["out"]) if options["out"] else []
        except EngineError as error:
            raise CommandError(str(error)) from error
        text = json.dumps(found.as_json(), ensure_ascii=False) if options["json"] else None
        self.stdout.write(text or found.as_text())
        for path in written:
            self.stderr.write(f"written: {path}")


def _ontology(study: Study, path: Path | None) -> Ontology:
    """As `experiment cohyponyms` chooses it."""
    if path is None and study.model == BUNDLED_NAME:
        return bundled_ontology()
    return read_ontology(path or ONTOLOGY)
