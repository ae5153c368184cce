"""The numbers of the results page as JSON, which knows no NaN."""

from __future__ import annotations

import math
from typing import Any

from annotator.domain.comparison import Comparison
from annotator.domain.resampling import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES
from annotator.domain.results import Results, Summary
from annotator.enums import OptOut
from annotator.statistics import Estimate


def statistics_of(found: Results, version: str) -> dict[str, Any]:
    return {
        "data_version": version,
        "resamples": RESAMPLES,
        "seed": BOOTSTRAP_SEED,
        "confidence": CONFIDENCE,
        "overall": _group(found.overall),
        "by_part_of_speech": [_group(summary) for summary in found.by_pos],
        "controls": [_control(comparison) for comparison in found.comparisons],
    }


def _group(summary: Summary) -> dict[str, Any]:
    return {
        "pos": summary.pos,
        "n_items": summary.n_items,
        "n_raters": summary.n_raters,
        "n_ratings": summary.n_ratings,
        "scores": list(summary.scores),
        "opt_outs": dict(zip(OptOut, summary.opt_outs, strict=True)),
        "mos": _estimate(summary.mos, summary.mos_note),
        "alpha": _estimate(summary.alpha, summary.alpha_note),
    }


def _control(comparison: Comparison) -> dict[str, Any]:
    return {
        "kind": comparison.kind,
        "n_items": comparison.n_items,
        "mos": _estimate(comparison.mos),
        "difference": _estimate(comparison.contrast.difference),
    }


def _estimate(estimate: Estimate, note: str = "") -> dict[str, Any]:
    return {
        "value": _defined(estimate.value),
        "low": _defined(estimate.low),
        "high": _defined(estimate.high),
        "n": estimate.n,
        "note": note,
    }


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value
