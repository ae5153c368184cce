"""Which answers of a file are ratings, and why the others are refused. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.domain.elsewhere.cells import Cells, Codes
from annotator.domain.elsewhere.choices import Choices
from annotator.domain.elsewhere.columns import KIND, SIMULATED
from annotator.domain.elsewhere.rounds import duplicates, have_no_round, repeats
from annotator.domain.elsewhere.scales import likely_scale, plain
from annotator.domain.results.scale import Scale, scale_from
from annotator.enums import CONTROL_KINDS, ItemKind, OptOut


@dataclass(frozen=True)
class Judged:
    """What becomes of every answer: `kept` or refused; `reason` numbers `REASONS`, 0 for kept ones.

    `point` is the place on the scale, from 1, or 0 with an opt-out's code; `known` that of the
    answer that is right, or 0; `again` the kept ones that repeat an earlier one.
    """

    scale: Scale
    point: NDArray[np.int8]
    opt_out: NDArray[np.int8]
    known: NDArray[np.int8]
    reason: NDArray[np.int8]
    again: NDArray[np.bool_]

    @property
    def kept(self) -> NDArray[np.bool_]:
        return self.reason == 0


# Those that have results.
_KINDS = (ItemKind.REAL.value, *(kind.value for kind in CONTROL_KINDS))
REASONS = (
    "",
    "The label is empty.",
    "The label is not on the scale.",
    "The task is empty.",
    "The worker is empty.",
    "The same worker rated the same task on another line too. Choose to keep the last, choose the "
    "column that numbers the rounds if they are repeats, or mend it.",
    "A later line holds the same worker's last rating of this task.",
    f"The {KIND} is none of {', '.join(_KINDS)}. Leave it empty for a real map.",
    f"What stands under {SIMULATED} is neither true nor false.",
    "The known answer is not on the scale. Add it to the labels, or choose another column.",
    "The round is no number, nor yes or no. Number the rounds, or choose another column.",
)
_EMPTY, _OFF_SCALE, _NO_TASK, _NO_WORKER, _TWICE, _REPLACED, *_OTHERS = range(1, len(REASONS))
_NO_KIND, _NEITHER, _NO_KNOWN, _NO_ROUND = _OTHERS
_TRUE = "true"


def judge(cells: Cells, choices: Choices) -> Judged:
    scale = scale_of(cells, choices)
    point, off = _points(cells.label, scale.labels, choices.opt_outs)
    opt_out = _opt_outs(cells, choices.opt_outs)
    no_score = (point == 0) & (opt_out == 0)
    reason = np.where(no_score & cells.label.blank, _EMPTY, np.where(no_score & off, _OFF_SCALE, 0))
    for column, code in ((cells.task, _NO_TASK), (cells.worker, _NO_WORKER)):
        reason = np.where(column.blank, code, reason)
    reason = np.where(_is_none_of(cells.kind, _KINDS), _NO_KIND, reason)
    reason = np.where(_is_none_of(cells.simulated, (_TRUE, "false")), _NEITHER, reason)
    known, _ = _points(cells.known, scale.labels, ())
    reason = np.where((known == 0) & ~cells.known.blank, _NO_KNOWN, reason)
    reason = np.where(have_no_round(cells), _NO_ROUND, reason)
    reason = _without_duplicates(cells, reason.astype(np.int8), keep_last=choices.keep_last)
    return Judged(scale, point, opt_out, known, reason, again=repeats(cells, reason == 0))


def scale_of(cells: Cells, choices: Choices) -> Scale:
    """The chosen scale, or the likeliest one of what is no opt-out."""
    if choices.scale:
        return scale_from(choices.scale, ordered=choices.ordered is not False)
    meant = {plain(label) for label in choices.opt_outs}
    counts = {name: n for name, n in cells.label_counts().items() if plain(name) not in meant}
    return likely_scale(counts, ordered=choices.ordered)


def _points(
    label: Codes, scale: Sequence[str], opt_outs: Sequence[str]
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    points = {plain(name): point for point, name in enumerate(scale, start=1)}
    points |= dict.fromkeys(map(plain, opt_outs), 0)
    by_name = np.array([points.get(plain(name), -1) for name in label.names], dtype=np.int8)
    found = by_name[label.codes]
    return np.maximum(found, 0), found < 0


def _opt_outs(cells: Cells, labels: Sequence[str]) -> NDArray[np.int8]:
    """By this site's column, or by a label that means one: the second reason, for want of one."""
    codes = {reason.value: code for code, reason in enumerate(OptOut, start=1)}
    by_code = np.array([codes.get(name, 0) for name in cells.opt_out.names], dtype=np.int8)
    meant = {plain(label) for label in labels}
    by_label = np.array(
        [codes[OptOut.WORD_TOO_ABSTRACT] * (plain(name) in meant) for name in cells.label.names],
        dtype=np.int8,
    )
    return np.maximum(by_code[cells.opt_out.codes], by_label[cells.label.codes])


def _is_none_of(column: Codes, known: Sequence[str]) -> NDArray[np.bool_]:
    """Which answers have a name there that is not known, nor empty: (answer,)."""
    names = [bool(name) and name.lower() not in known for name in column.names]
    return np.array(names, dtype=bool)[column.codes]


def _without_duplicates(
    cells: Cells, reason: NDArray[np.int8], *, keep_last: bool
) -> NDArray[np.int8]:
    """Among the answers that can be used: a refused line is nobody's last rating."""
    several, replaced = duplicates(cells, reason == 0)
    judged = reason.copy()
    judged[replaced if keep_last else several] = _REPLACED if keep_last else _TWICE
    return judged


def kinds_of(cells: Cells) -> tuple[str, ...]:
    """The names of `cells.kind`, of which the empty one is a real map's."""
    return tuple(name.lower() or ItemKind.REAL.value for name in cells.kind.names)


def are_simulated(cells: Cells) -> NDArray[np.bool_]:
    """Which answers this site's column says were given by no person: (answer,)."""
    names = [name.lower() == _TRUE for name in cells.simulated.names]
    return np.array(names, dtype=bool)[cells.simulated.codes]
