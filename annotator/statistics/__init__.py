"""Agreement, opinion scores and their intervals: arrays in, numbers out, numpy and nothing else.

No function rounds. nan means undefined, and each docstring says when. Whatever is random takes a
`numpy.random.Generator`: the same seed gives the same interval.
"""

from annotator.statistics.agreement import (
    Level,
    alpha_from_counts,
    alpha_interval_from_counts,
    count_table,
    krippendorff_alpha,
    krippendorff_alpha_interval,
    pairwise_agreement,
    pairwise_agreement_interval,
)
from annotator.statistics.bootstrap import Estimate, bootstrap_difference, bootstrap_interval
from annotator.statistics.opinion import (
    distribution,
    mean_opinion_score,
    opinion_difference,
    paper_opinion_score,
)

__all__ = [
    "Estimate",
    "Level",
    "alpha_from_counts",
    "alpha_interval_from_counts",
    "bootstrap_difference",
    "bootstrap_interval",
    "count_table",
    "distribution",
    "krippendorff_alpha",
    "krippendorff_alpha_interval",
    "mean_opinion_score",
    "opinion_difference",
    "pairwise_agreement",
    "pairwise_agreement_interval",
    "paper_opinion_score",
]
