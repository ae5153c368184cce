"""`simulate_raters STUDY --raters N --seed S`: fill an open study with marked, made-up answers."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any
from urllib.error import URLError

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from annotator.domain.simulation.crowd import DEFAULT_SHARES, HABITS
from annotator.domain.simulation.run import simulate_raters
from annotator.domain.simulation.visits import visit_study
from annotator.errors import AnnotatorError
from annotator.management.arguments import find_study


class Command(BaseCommand):
    help = "Let simulated raters answer an open study. Their ratings are marked as simulated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="number or exact name of the study")
        parser.add_argument("--raters", type=int, required=True, help="how many raters")
        parser.add_argument("--seed", type=int, default=0, help="same seed, same answers")
        parser.add_argument(
            "--site",
            help="address of the running site, such as http://127.0.0.1:8000: come in over HTTP, "
            "through every phase",
        )
        for habit, share in zip(HABITS, DEFAULT_SHARES, strict=True):
            parser.add_argument(
                f"--share-{habit.name}",
                type=float,
                default=share,
                help=f"weight of {habit.name} raters (default: {share})",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        study, site = find_study(options["study"]), options["site"]
        shares = tuple(options[f"share_{habit.name}".replace("-", "_")] for habit in HABITS)
        if options["raters"] < 0 or options["seed"] < 0:
            raise CommandError("--raters and --seed are whole numbers, 0 or more.")
        # Silent where nobody watches.
        with tqdm(unit=" ratings", disable=None) as bar:
            try:
                simulate = partial(visit_study, site=site) if site else simulate_raters
                made = simulate(
                    study=study,
                    raters=options["raters"],
                    seed=options["seed"],
                    shares=shares,
                    on_progress=lambda answers: bar.update(answers - bar.n),
                )
            except (AnnotatorError, ValueError, URLError) as error:
                raise CommandError(str(error)) from error
        told = f"{options['raters']} simulated raters gave {made} ratings."
        if options["raters"] and not made:
            told += " No item wants another one: add prompts, or raise the ratings per item."
        self.stdout.write(told)
