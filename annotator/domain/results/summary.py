"""What a study has found: opinion scores, answers, agreement and comparisons, each with its n.

Made by `domain.results.computing`, which says how; stored by `domain.analyses`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from annotator.domain.results.comparison import Comparison, Split
from annotator.domain.results.conditions import ConditionOpinion, Pairing
from annotator.domain.results.effects import Effects
from annotator.domain.results.measured import Measured
from annotator.domain.results.planning import Outlook
from annotator.domain.results.rater_results import RaterResults
from annotator.enums import PartOfSpeech
from annotator.statistics import Estimate, OpinionIntervals

# Tang et al. (2023), "What the DAAM", abstract: mean opinion scores of 3.4 to 4.2.
PAPER_RANGE = (3.4, 4.2)


@dataclass(frozen=True)
class Summary:
    """The numbers of one group of ratings: a part of speech, or all (`pos` is then empty).

    `scores` counts the ratings at each point of the scale, `opt_outs` those without a score, in
    the order of `OptOut`; `fewest` and `most` are the answers that an item has. `mos` is the mean
    of all scores and its n counts scores; `paper` is the mean of the items' medians, without items
    that anybody opted out of, and its n counts items. `fair` is the share of scores that
    are in the middle of the scale or above. `agreement` begins with Krippendorff's alpha. Where the
    labels have no order, `mos`, `paper` and `fair` are undefined.
    """

    pos: str
    n_items: int
    n_raters: int
    fewest: int
    most: int
    scores: tuple[int, ...]
    opt_outs: tuple[int, ...]
    mos: Estimate
    mos_note: str
    paper: Estimate
    paper_note: str
    fair: Estimate
    agreement: tuple[Measured, ...]

    @property
    def name(self) -> str:
        if self.pos in PartOfSpeech:
            return str(PartOfSpeech(self.pos).label)
        return self.pos or "all"

    @property
    def alpha(self) -> Estimate:
        return self.agreement[0].estimate

    @property
    def alpha_note(self) -> str:
        return self.agreement[0].note

    @property
    def mos_text(self) -> str:
        return describe(self.mos)

    @property
    def paper_text(self) -> str:
        return describe(self.paper)

    @property
    def fair_text(self) -> str:
        return "–" if math.isnan(self.fair.value) else f"{100 * self.fair.value:.0f} %"

    @property
    def alpha_text(self) -> str:
        return describe(self.alpha)

    @property
    def n_scores(self) -> int:
        return sum(self.scores)

    @property
    def n_opt_outs(self) -> int:
        return sum(self.opt_outs)

    @property
    def n_ratings(self) -> int:
        return self.n_scores + self.n_opt_outs

    @property
    def k(self) -> str:
        """Answers per item: “3”, or “1–3” while some are missing."""
        return str(self.most) if self.fewest == self.most else f"{self.fewest}–{self.most}"


@dataclass(frozen=True)
class Results:
    """The numbers under one filter. `kind` is the kind of map that they are about.

    `n_ratings` counts all ratings that passed, of controls too; `n_simulated` those of them by
    simulated raters; `n_excluded` the ratings of the study's excluded raters, left out or not.
    """

    kind: str
    n_ratings: int
    n_simulated: int
    n_excluded: int
    overall: Summary
    by_pos: tuple[Summary, ...]
    sureness: OpinionIntervals | None
    comparisons: tuple[Comparison, ...]
    splits: tuple[Split, ...]
    conditions: tuple[ConditionOpinion, ...]
    pairings: tuple[Pairing, ...]
    effects: Effects | None
    raters: RaterResults
    outlook: Outlook

    @property
    def rows(self) -> tuple[Summary, ...]:
        return (self.overall, *self.by_pos)


def describe(estimate: Estimate) -> str:
    """“3.91 [3.70, 4.12]”, or as much of it as is defined."""
    if math.isnan(estimate.value):
        return "not defined"
    if math.isnan(estimate.low):
        return f"{number(estimate.value)} (no interval)"
    return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def number(value: float, digits: int = 2) -> str:
    text = f"{value:.{digits}f}"
    return text.replace("-", "−" if float(text) else "")


def p_value(p: float) -> str:
    """“= 0.023”, to be written after a p; never “= 0.000”."""
    if math.isnan(p):
        return "not defined"
    return "< 0.001" if p < 0.001 else f"= {number(p, 3)}"
