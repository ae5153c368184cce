"""What a study found, as its report says it: made for each task by a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotator.domain.methods.rows import Row
from annotator.domain.results.resampling import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES


@dataclass(frozen=True)
class Findings:
    """`reached` is the answers per item, such as “1–3”; `main` is the name of the number that
    headlines it. `with_everybody` has excluded raters' answers too; empty where it is not known.
    """

    reached: str
    main: str
    value: str
    with_everybody: str
    rows: tuple[Row, ...]


def fewest_to_most(answers: Sequence[int]) -> str:
    """“2”, or “1–3”; “0” of nothing."""
    fewest, most = min(answers, default=0), max(answers, default=0)
    return str(most) if fewest == most else f"{fewest}–{most}"


def intervals_row(resampled: str) -> Row:
    how = (
        f"{round(100 * CONFIDENCE)} % intervals, {RESAMPLES} bootstrap resamples of {resampled}, "
        f"seed {BOOTSTRAP_SEED}"
    )
    return Row("Intervals", how, f"In brackets: {how}.")
