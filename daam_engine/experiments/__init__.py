"""The paper's experiments and more, from prompts to tables: paint, measure, compare, draw.

Every experiment is a module with `run(loaded, plan, progress) -> Outcome`; `EXPERIMENTS` has them
by name. What is measured is in `daam_engine.analysis`, as functions over arrays.
"""

from daam_engine.experiments import (
    ablation,
    adjectives,
    cohyponyms,
    pictures,
    segmentation,
    syntax,
    words,
)
from daam_engine.experiments.outcome import Outcome, Table
from daam_engine.experiments.plan import Plan, Progress

EXPERIMENTS = {
    "segmentation": segmentation.run,
    "syntax": syntax.run,
    "cohyponyms": cohyponyms.run,
    "adjectives": adjectives.run,
    "ablation": ablation.run,
    "words": words.run,
}

__all__ = ["EXPERIMENTS", "Outcome", "Plan", "Progress", "Table", "pictures"]
