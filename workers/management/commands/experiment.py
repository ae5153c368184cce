"""The paper's experiments on any supported model, from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from daam_engine import EngineError, GenerationSettings, load_pipeline
from daam_engine.analysis.prompt_sets import UNREAL
from daam_engine.cli import folder
from daam_engine.experiments import EXPERIMENTS, Outcome, Plan, pictures
from daam_engine.models import BUNDLED_NAME, silence_libraries
from workers.management.progress import progress_bar

# Beside the experiments: what has to be there before masks can be drawn.
KINDS = EXPERIMENTS | {"pictures": pictures.run}
# Options of some experiments only; the others would leave them unread.
_ONLY_FOR = {
    "unreal": ("segmentation", "syntax", "ablation", "words", "pictures"),
    "masks": ("segmentation", "ablation"),
    "segmenter": ("segmentation",),
    "ontology": ("cohyponyms",),
}


class Command(BaseCommand):
    help = "Repeat an experiment of the DAAM paper and print its tables (docs/experiments.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=list(KINDS))
        parser.add_argument(
            "--model", default=BUNDLED_NAME, help="“bundled” (default), a folder, or a hub id"
        )
        parser.add_argument(
            "--prompts",
            type=Path,
            metavar="FILE",
            help="COCO captions (.json) or one prompt per line; for adjectives, templates like "
            "“a {red,blue} car”. By default the bundled model's held-out captions",
        )
        parser.add_argument(
            "--unreal",
            nargs="?",
            const="nouns",
            choices=list(UNREAL),
            help="swap words among the prompts: nouns (alone it means that), adjectives, or both",
        )
        parser.add_argument(
            "--masks", type=Path, metavar="PATH", help="PICTURE/WORD.gt.png, or COCO's JSON"
        )
        parser.add_argument(
            "--segmenter",
            action="append",
            default=[],
            metavar="MODEL",
            help="a CLIPSeg or Mask2Former to hold beside the heat maps, a folder or a hub id; "
            "for segmentation, can be given again",
        )
        parser.add_argument("--ontology", type=Path, metavar="FILE", help="kind, tab, nouns")
        parser.add_argument("--limit", type=int, default=100, help="pictures (default: 100)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--steps", type=int, default=30)
        parser.add_argument("--guidance", type=float, help="by default the model's own")
        parser.add_argument("--tau", type=float, default=0.4, help="of hard maps (default: 0.4)")
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="CSV, JSON and pictures")
        parser.add_argument("--json", action="store_true", help="one JSON object, no tables")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["out"]:
                folder.make(options["out"])  # before the long work
            outcome = self._run(options)
            written = outcome.write(options["out"]) if options["out"] else []
        except EngineError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False))
            return
        self.stdout.write(outcome.as_text())
        for path in written:
            self.stdout.write(f"written: {path}")

    def _run(self, options: dict[str, Any]) -> Outcome:
        if not 0 < options["tau"] < 1:
            raise CommandError(f"τ lies between 0 and 1; {options['tau']} does not.")
        _refuse_idle(options)
        plan = Plan(
            limit=options["limit"],
            seed=options["seed"],
            prompts=options["prompts"],
            unreal=UNREAL.get(options["unreal"], ()),
            masks=options["masks"],
            ontology=options["ontology"],
            segmenters=tuple(options["segmenter"]),
            tau=options["tau"],
            settings=GenerationSettings(options["steps"], options["guidance"]),
            parser=settings.LANGUAGE_PIPELINE,
        )
        silence_libraries()
        loaded = load_pipeline(options["model"], device=settings.DEVICE)
        with progress_bar(options["kind"], "pictures") as progress:
            return KINDS[options["kind"]](loaded, plan, progress)


def _refuse_idle(options: dict[str, Any]) -> None:
    for name, kinds in _ONLY_FOR.items():
        if options[name] and options["kind"] not in kinds:
            raise CommandError(
                f"--{name} is for {', '.join(kinds)}; leave it out for {options['kind']}."
            )
