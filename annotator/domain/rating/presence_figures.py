"""What raters see in a study's pictures, in figures that `domain.analyses` stores."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.domain.rating import presence, presence_agreement, presence_arms
from annotator.domain.rating.presence_arms import ArmContrast
from annotator.models import Study
from annotator.statistics import Estimate


@dataclass(frozen=True)
class Arm:
    """A file of prompts, and the share of its pictures that are right."""

    name: str
    right: Estimate


@dataclass(frozen=True)
class PresenceFigures:
    """What every answer of a study has to be read for.

    In `n_imagined` pictures most raters see a thing that is not named. A picture has got from
    `fewest` to `most` answers, opt-outs among them.
    """

    right: Estimate
    arms: tuple[Arm, ...]
    contrasts: tuple[ArmContrast, ...]
    alpha: Estimate
    n_answers: int
    n_opt_outs: int
    n_imagined: int
    fewest: int
    most: int


def figures(*, study: Study) -> PresenceFigures:
    items = presence.seen_items(study=study)
    given = [one.n + one.n_opt_outs for one in items]
    return PresenceFigures(
        right=presence.accuracy(items),
        arms=tuple(Arm(name, right) for name, right in presence.by_batch(items)),
        contrasts=tuple(presence_arms.contrasts(items)),
        alpha=presence_agreement.alpha(items),
        n_answers=sum(one.n for one in items),
        n_opt_outs=sum(one.n_opt_outs for one in items),
        n_imagined=sum(bool(one.imagined) for one in items),
        fewest=min(given, default=0),
        most=max(given, default=0),
    )
