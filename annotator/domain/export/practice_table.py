"""What raters answered in training and qualification, beside the answers that were accepted.

A table of its own: these are no ratings, are in no number, and judge examples, not items.
"""

from __future__ import annotations

from annotator.domain.export.columns import Column, codes
from annotator.domain.export.rating_columns import STORED
from annotator.enums import OptOut, Phase
from annotator.models.study import SCORES

_NAMED = {column.name: column for column in STORED}
_SCORES = f"{SCORES[0]} to {SCORES[-1]}"
_OPT_OUTS = codes(OptOut.values)


def _as_rated(name: str, source: str) -> Column:
    known = _NAMED[name]
    return Column(name, source, known.type, known.meaning, known.unit, known.allowed)


PRACTICE_COLUMNS = (
    Column("practice_id", "pk", "integer", "number of this answer"),
    _as_rated("rater_id", "rater__pseudonym"),
    Column(
        "phase",
        "example__phase",
        "code",
        "practised with feedback, or tested before the ratings",
        allowed=codes([Phase.TRAINING, Phase.QUALIFICATION]),
    ),
    Column("attempt", "attempt", "integer", "which attempt at the qualification, from 0"),
    Column("example_id", "example_id", "integer", "number of the example, the same for all raters"),
    _as_rated("word", "example__word__text"),
    _as_rated("pos", "example__word__pos"),
    _as_rated("prompt_id", "example__word__prompt_id"),
    Column(
        "heat_map_id",
        "example__heat_map_id",
        "integer",
        "number of the map that was shown; another word's where it is wrong on purpose",
    ),
    _as_rated("image_id", "example__heat_map__generation_id"),
    Column(
        "accepted_low",
        "example__lowest",
        "integer",
        "lowest score that is right; empty where an opt-out is",
        allowed=_SCORES,
    ),
    Column(
        "accepted_high",
        "example__highest",
        "integer",
        "highest one that is right",
        allowed=_SCORES,
    ),
    Column(
        "accepted_opt_out",
        "example__opt_out",
        "code",
        "the opt-out that is right, if one is",
        allowed=_OPT_OUTS,
    ),
    _as_rated("score", "score"),
    _as_rated("opt_out_code", "opt_out"),
    Column("right", "right", "boolean", "whether it was accepted when it was given"),
    _as_rated("reaction_ms", "reaction_ms"),
    _as_rated("submitted_at", "submitted_at"),
)
