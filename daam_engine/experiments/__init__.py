"""The paper's experiments from prompts to tables: paint, measure, compare with what was published.

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
)
from daam_engine.experiments.outcome import Outcome, Table
from daam_engine.experiments.plan import Plan, Progress

EXPERIMENTS = {
    "segmentation": segmentation.run,
    "syntax": syntax.run,
    "cohyponyms": cohyponyms.run,
    "adjectives": adjectives.run,
    "ablation": ablation.run,
}

__all__ = ["EXPERIMENTS", "Outcome", "Plan", "Progress", "Table", "pictures"]
