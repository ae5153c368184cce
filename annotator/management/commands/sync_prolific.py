"""`sync_prolific [STUDY]`: ask Prolific what became of submissions; release what is given up."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotator.domain.raters.panels import prolific
from annotator.errors import PanelUnreachable
from annotator.management.arguments import find_study


class Command(BaseCommand):
    help = (
        "Ask Prolific for the status of all submissions. Items reserved by raters who returned "
        "theirs, or whose time ran out, go back to the others. For where no webhook can arrive."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", nargs="?", help="number or exact name; without it, all")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.PROLIFIC_TOKEN:
            raise CommandError("Set PROLIFIC_TOKEN to the API token of your Prolific account.")
        study = find_study(options["study"]) if options["study"] else None
        try:
            seen = prolific.sync(study=study)
        except PanelUnreachable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{seen} submissions seen.")
