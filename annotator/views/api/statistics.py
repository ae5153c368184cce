"""The numbers of the results page as JSON, which knows no NaN: what is undefined is null."""

from __future__ import annotations

import math
from typing import Any

from annotator.domain import analyses
from annotator.domain.results import resampling
from annotator.domain.results.comparison import Comparison, Split
from annotator.domain.results.conditions import ConditionOpinion, Pairing
from annotator.domain.results.effects import Effect, Effects
from annotator.domain.results.summary import Results, Summary
from annotator.enums import OptOut
from annotator.statistics import Contrast, Estimate, OpinionIntervals


def statistics_of(state: analyses.State, found: Results) -> dict[str, Any]:
    return {
        "data_version": state.analysis.version,
        "is_current": state.is_current,
        "resamples": resampling.RESAMPLES,
        "permutations": resampling.PERMUTATIONS,
        "seed": resampling.BOOTSTRAP_SEED,
        "confidence": resampling.CONFIDENCE,
        "overall": _group(found.overall),
        "by_part_of_speech": [_group(summary) for summary in found.by_pos],
        "mos_intervals": found.sureness and _intervals(found.sureness),
        "controls": [_control(comparison) for comparison in found.comparisons],
        "splits": [_split(split) for split in found.splits],
        "conditions": [_condition(row) for row in found.conditions],
        "pairings": [_pairing(row) for row in found.pairings],
        "mixed_model": found.effects and _mixed_model(found.effects),
    }


def _group(summary: Summary) -> dict[str, Any]:
    return {
        "pos": summary.pos,
        "n_items": summary.n_items,
        "n_raters": summary.n_raters,
        "n_ratings": summary.n_ratings,
        "fewest_per_item": summary.fewest,
        "most_per_item": summary.most,
        "scores": list(summary.scores),
        "opt_outs": dict(zip(OptOut, summary.opt_outs, strict=True)),
        "mos": _estimate(summary.mos, summary.mos_note),
        "mos_of_medians": _estimate(summary.paper, summary.paper_note),
        "share_fair_or_better": _estimate(summary.fair),
        "agreement": {
            found.name: _estimate(found.estimate, found.note) for found in summary.agreement
        },
    }


def _control(comparison: Comparison) -> dict[str, Any]:
    return {
        "kind": comparison.kind,
        "n_items": comparison.n_items,
        "n_opt_outs": comparison.n_opt_outs,
        "mos": _estimate(comparison.mos),
        **_contrast(comparison.contrast),
    }


def _split(split: Split) -> dict[str, Any]:
    return {
        "by": split.by,
        "one": split.one,
        "other": split.other,
        **_contrast(split.contrast),
    }


def _condition(row: ConditionOpinion) -> dict[str, Any]:
    return {
        "name": row.name,
        "n_items": row.n_items,
        "n_opt_outs": row.n_opt_outs,
        "mos": _estimate(row.mos),
        "mos_of_medians": _estimate(row.paper),
    }


def _pairing(row: Pairing) -> dict[str, Any]:
    return {"one": row.one, "other": row.other, **_contrast(row.contrast)}


def _mixed_model(found: Effects) -> dict[str, Any]:
    return {
        "n_scores": found.n_scores,
        "n_items": found.n_items,
        "n_raters": found.n_raters,
        "item_sd": _defined(found.item_sd),
        "rater_sd": _defined(found.rater_sd),
        "left_out": list(found.left_out),
        "note": found.note,
        "effects": [_effect(effect) for effect in found.effects],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "by": effect.by,
        "name": effect.name,
        "reference": effect.reference,
        "logit": _estimate(effect.logit),
        "odds_ratio": _estimate(effect.odds_ratio),
        "p": _defined(effect.p),
    }


def _contrast(contrast: Contrast) -> dict[str, Any]:
    return {
        "difference": _estimate(contrast.difference),
        "delta": _estimate(contrast.delta),
        "p_holm": _defined(contrast.p_holm),
    }


def _intervals(sureness: OpinionIntervals) -> dict[str, Any]:
    """By what another study would draw anew."""
    found = {
        "items": sureness.items,
        "raters": sureness.raters,
        "both": sureness.both,
        "prompts": sureness.prompts,
    }
    return {
        drawn: {"bootstrap": _ends(ends.bootstrap), "analytic": _ends(ends.analytic)}
        for drawn, ends in found.items()
        if ends is not None
    }


def _ends(interval: tuple[float, float]) -> list[float | None]:
    return [_defined(end) for end in interval]


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
