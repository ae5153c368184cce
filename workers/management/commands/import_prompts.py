"""Import a file of prompts from the command line, without a worker for the language."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from annotator.domain.material import prompts
from annotator.errors import AnnotatorError
from annotator.management.arguments import find_study
from annotator.models import PromptUpload
from daam_engine import EngineError
from workers import language

T = TypeVar("T")


class Command(BaseCommand):
    help = "Import the prompts of a CSV, JSON Lines or text file and ask for their pictures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", metavar="STUDY", help="a study's number, or its name")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--strict", action="store_true", help="import nothing when any row is refused"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study, file = find_study(options["study"]), options["file"]
        try:
            upload = prompts.keep_upload(
                study=study, user=None, file_name=file.name, content=file.read_bytes()
            )
            self._import(upload, strict=options["strict"])
        except OSError as error:
            raise CommandError(f"{file} cannot be read ({error.strerror}).") from error
        except (AnnotatorError, EngineError) as error:
            raise CommandError(str(error)) from error

    def _import(self, upload: PromptUpload, *, strict: bool) -> None:
        try:
            _with_bar("reading", upload, language.inspect)
            upload.refresh_from_db()
            refused = self._tell_refused(upload)
            if not upload.rows_ready or (strict and refused):
                raise CommandError(f"{refused} rows refused; nothing was imported.")
            batch = _with_bar("importing", upload, language.import_)
        finally:
            # What has been imported stays; nobody waits for the rest of it.
            prompts.cancel_upload(upload=upload)
        imported = batch.prompts.count() if batch else 0
        self.stdout.write(f"{imported} prompts imported, {refused} rows refused.")

    def _tell_refused(self, upload: PromptUpload) -> int:
        refused = prompts.refused_rows(upload)
        for row in refused:
            self.stderr.write(f"line {row.line}: {row.reason}")
        if upload.note:
            self.stderr.write(upload.note)
        return len(refused)


def _with_bar(
    text: str, upload: PromptUpload, work: Callable[[PromptUpload, language.Report], T]
) -> T:
    with tqdm(desc=text, unit=" rows") as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return work(upload, report)
