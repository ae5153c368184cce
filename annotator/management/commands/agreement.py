"""`agreement STUDY [--json]`: opinion score and agreement, with their intervals."""

from __future__ import annotations

import json
import math
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from annotator.domain.results.comparison import Comparison
from annotator.domain.results.computing import compute
from annotator.domain.results.conditions import ConditionOpinion, Pairing
from annotator.domain.results.filters import Filter
from annotator.domain.results.resampling import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES
from annotator.domain.results.summary import Results, Summary, describe, p_value
from annotator.management.arguments import find_study


class Command(BaseCommand):
    help = (
        "Print the mean opinion score and Krippendorff's ordinal alpha of a study. In the JSON "
        "every number has value, low and high; a count is exact, so its three are equal; null "
        "means undefined."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="number or exact name of the study")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        found = compute(study=study, filter=Filter())
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found), indent=2, allow_nan=False))
        else:
            for line in _as_lines(found):
                self.stdout.write(line)


def _as_json(found: Results) -> dict[str, Any]:
    return {
        **_summary_as_json(found.overall),
        "controls": {row.kind: _comparison_as_json(row) for row in found.comparisons},
        "conditions": {row.name: _condition_as_json(row) for row in found.conditions},
        "pairings": [_pairing_as_json(row) for row in found.pairings],
        "by_part_of_speech": {row.pos: _summary_as_json(row) for row in found.by_pos},
        "interval": {
            "confidence": CONFIDENCE,
            "method": "percentile bootstrap over items",
            "resamples": RESAMPLES,
            "seed": BOOTSTRAP_SEED,
        },
    }


def _summary_as_json(summary: Summary) -> dict[str, Any]:
    return {
        "n_ratings": _count(summary.n_ratings),
        "n_scores": _count(summary.n_scores),
        "n_opt_outs": _count(summary.n_opt_outs),
        "n_items": _count(summary.n_items),
        "n_raters": _count(summary.n_raters),
        "mos": summary.mos.as_json() | {"note": summary.mos_note},
        "krippendorff_alpha_ordinal": summary.alpha.as_json() | {"note": summary.alpha_note},
    }


def _comparison_as_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "n_items": _count(comparison.n_items),
        "n_opt_outs": _count(comparison.n_opt_outs),
        "mos": comparison.mos.as_json(),
        "real_is_higher_by": comparison.contrast.difference.as_json(),
    }


def _condition_as_json(row: ConditionOpinion) -> dict[str, Any]:
    return {
        "n_items": _count(row.n_items),
        "n_opt_outs": _count(row.n_opt_outs),
        "mos": row.mos.as_json(),
        "mos_paper_rule": row.paper.as_json(),
    }


def _pairing_as_json(row: Pairing) -> dict[str, Any]:
    p = row.contrast.p_holm
    return {
        "first": row.one,
        "second": row.other,
        "n_pairs": _count(row.contrast.difference.n),
        "first_is_higher_by": row.contrast.difference.as_json(),
        "cliffs_delta_within_pairs": row.contrast.delta.as_json(),
        "p_holm": None if math.isnan(p) else p,
    }


def _count(n: int) -> dict[str, int]:
    return {"value": n, "low": n, "high": n}


def _as_lines(found: Results) -> Iterator[str]:
    yield from map(_as_line, found.rows)
    for row in found.conditions:
        yield f"Condition “{row.name}”: {row.n_items} items; MOS {describe(row.mos)}"
    for pairing in found.pairings:
        contrast = pairing.contrast
        yield (
            f"“{pairing.one}” minus “{pairing.other}”: {describe(contrast.difference)}, "
            f"{contrast.difference.n} pairs; p {p_value(contrast.p_holm)} (Holm)"
        )


def _as_line(summary: Summary) -> str:
    return (
        f"{summary.name}: {summary.n_ratings} ratings of {summary.n_items} items by "
        f"{summary.n_raters} raters; MOS {summary.mos_text}; "
        f"ordinal alpha {summary.alpha_text}"
    )
