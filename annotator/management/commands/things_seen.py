"""Whether what prompts name is in their pictures, as raters say, file by file of prompts."""

from __future__ import annotations

import json
import math
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.domain.rating import presence, presence_arms
from annotator.domain.rating.presence_arms import ArmContrast
from annotator.domain.results.summary import describe
from annotator.management.arguments import find_study
from annotator.statistics import Estimate


class Command(BaseCommand):
    help = (
        "Share of right pictures of every file of prompts, such as pairs of nouns with and without "
        "cohyponymy, and Fisher's exact test of every two (docs/experiments.md)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", metavar="STUDY", help="the number or name of a study")
        parser.add_argument("--json", action="store_true", help="one JSON object, no tables")

    def handle(self, *args: Any, **options: Any) -> None:
        items = presence.seen_items(study=find_study(options["study"]))
        if not items:
            raise CommandError("Nobody has said yet which things are in this study's pictures.")
        arms = presence.by_batch(items)
        found = presence_arms.contrasts(items)
        as_text = json.dumps(_plain(arms, found), ensure_ascii=False)
        self.stdout.write(as_text if options["json"] else _told(arms, found))


Arms = Sequence[tuple[str, Estimate]]


def _told(arms: Arms, found: Sequence[ArmContrast]) -> str:
    lines = [f"{name}: {describe(one)}, n = {one.n} pictures" for name, one in arms]
    lines += [
        f"{one.first} less {one.second}: {describe(one.difference)}, Fisher's p = {one.p:.4g}"
        + (f", Holm {one.p_holm:.4g}" if len(found) > 1 else "")
        for one in found
    ]
    return "\n".join(lines)


def _plain(arms: Arms, found: Sequence[ArmContrast]) -> dict[str, Any]:
    return {
        "files": [{"file": name, "right": one.as_json()} for name, one in arms],
        "contrasts": [
            {
                "first": one.first,
                "second": one.second,
                "difference": one.difference.as_json(),
                "p": None if math.isnan(one.p) else one.p,
                "p_holm": None if math.isnan(one.p_holm) else one.p_holm,
            }
            for one in found
        ],
    }
