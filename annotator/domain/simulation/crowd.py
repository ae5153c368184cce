"""How simulated people judge: a true quality per item, a severity per rater, and habits.

Nothing here touches the database. The numbers are chosen so that a simulated study looks like the
paper's: nouns and adjectives are "good", adverbs and numerals "fair", and function words and
punctuation low or opted out of (Tang et al. 2023, "What the DAAM", section 3.2).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from annotator.enums import OptOut
from annotator.models import Item
from annotator.models.study import SCORES

# Mean quality of a part of speech on the five points, and how often its words cannot be placed.
_QUALITY = {
    "NOUN": (4.2, 0.01),
    "PROPN": (4.2, 0.01),
    "ADJ": (4.1, 0.03),
    "VERB": (4.0, 0.04),
    "NUM": (3.5, 0.04),
    "ADV": (3.5, 0.08),
    "PRON": (3.1, 0.15),
    "ADP": (2.9, 0.2),
    "AUX": (2.6, 0.35),
    "DET": (2.3, 0.45),
    "PUNCT": (1.9, 0.6),
}
_OTHER_QUALITY = (2.4, 0.4)
# Maps that are wrong on purpose are rated low, and the less so the more they look like real ones.
_CONTROL_QUALITY = {
    "shuffled_word": 2.1,
    "other_seed": 2.6,
    "random_blob": 1.8,
    "blank": 1.0,
    "absent_word": 1.9,
}
_ITEM_SPREAD = 0.7
_POOR_PICTURES = 0.04
_SEVERITY_SPREAD = 0.3


@dataclass(frozen=True)
class Habit:
    """A way of answering. `noise` is in points; `median_seconds` is the typical answer's time."""

    name: str
    noise: float
    median_seconds: float
    reads_the_item: bool = True


CAREFUL = Habit("careful", noise=0.45, median_seconds=5.5)
NOISY = Habit("noisy", noise=1.2, median_seconds=4.0)
STRAIGHT_LINING = Habit("straight-lining", noise=0.0, median_seconds=1.4, reads_the_item=False)
SPEEDING = Habit("speeding", noise=1.6, median_seconds=0.5, reads_the_item=False)
# Says the opposite of what they see, at an honest pace: no clock gives them away.
ADVERSARIAL = Habit("adversarial", noise=0.45, median_seconds=5.5)
HABITS = (CAREFUL, NOISY, STRAIGHT_LINING, SPEEDING, ADVERSARIAL)
DEFAULT_SHARES = (0.7, 0.15, 0.075, 0.075, 0.0)


@dataclass(frozen=True)
class Judgement:
    """A score or the reason for none, and the time it took."""

    score: int | None
    opt_out: str
    reaction_ms: int


@dataclass(frozen=True)
class SimulatedRater:
    """Answers with its own stream of random numbers, whatever the other raters do."""

    habit: Habit
    severity: float
    favourite: int
    rng: np.random.Generator

    def judge(self, item: Item, seed: int) -> Judgement:
        reaction = self.habit.median_seconds * self.rng.lognormal(sigma=0.35)
        opt_out = self._opt_out(item, seed) if self.habit.reads_the_item else ""
        score = None if opt_out else self._score(item, seed)
        return Judgement(score, opt_out, reaction_ms=round(1000 * reaction))

    def _opt_out(self, item: Item, seed: int) -> str:
        picture = _own_numbers(seed, item, "picture", word=False)
        if picture.random() < _POOR_PICTURES and self.rng.random() < 0.8:
            return str(OptOut.IMAGE_TOO_POOR)
        too_abstract = _QUALITY.get(item.pos, _OTHER_QUALITY)[1]
        return str(OptOut.WORD_TOO_ABSTRACT) if self.rng.random() < too_abstract else ""

    def _score(self, item: Item, seed: int) -> int:
        middle = true_quality(item, seed) if self.habit.reads_the_item else self.favourite
        if self.habit is ADVERSARIAL:
            middle = SCORES[0] + SCORES[-1] - middle
        felt = middle - self.severity + self.rng.normal(scale=self.habit.noise)
        if self.habit is STRAIGHT_LINING:
            felt = middle
        return int(np.clip(round(felt), SCORES[0], SCORES[-1]))


def recruit(seed: int, number: int, shares: tuple[float, ...]) -> SimulatedRater:
    """The rater of this number in the crowd of this seed: always the same one."""
    rng = np.random.default_rng([seed, number])
    habit = HABITS[rng.choice(len(HABITS), p=np.array(shares) / sum(shares))]
    return SimulatedRater(
        habit=habit,
        severity=rng.normal(scale=_SEVERITY_SPREAD),
        favourite=int(rng.choice([3, 4, 4, 5])),
        rng=rng,
    )


def true_quality(item: Item, seed: int) -> float:
    """How good this heat map "is"; the same for every rater."""
    mean = _CONTROL_QUALITY.get(item.kind) or _QUALITY.get(item.pos, _OTHER_QUALITY)[0]
    if item.accepted_low is not None and item.accepted_high is not None:
        return (item.accepted_low + item.accepted_high) / 2
    return mean + _own_numbers(seed, item, "quality").normal(scale=_ITEM_SPREAD)


def _own_numbers(seed: int, item: Item, purpose: str, *, word: bool = True) -> np.random.Generator:
    """Random numbers of what an item shows, not of its key: a copy of a study is judged alike."""
    shown = item.heat_map.word
    parts = [str(seed), purpose, shown.prompt.text, str(shown.prompt.seed)]
    if word:
        parts.append(str(shown.index))
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8]))
