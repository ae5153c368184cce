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
from annotator.statistics.comparison import (
    Arm,
    Contrast,
    Resampling,
    contrast,
    contrasts,
    pair_up,
    paired_contrast,
    with_holm,
)
from annotator.statistics.crossed import CrossedRatings, crossed_ratings
from annotator.statistics.opinion import (
    distribution,
    mean_opinion_score,
    median_score,
    opinion_difference,
    paper_opinion_score,
    share_at_least,
)
from annotator.statistics.opinion_intervals import (
    OpinionIntervals,
    ResampledInterval,
    opinion_intervals,
)
from annotator.statistics.permutation import Significance, holm, sign_flips
from annotator.statistics.two_way import (
    normal_interval,
    pigeonhole_interval,
    standard_error,
    two_way_standard_error,
)

__all__ = [
    "Arm",
    "Contrast",
    "CrossedRatings",
    "Estimate",
    "Level",
    "OpinionIntervals",
    "ResampledInterval",
    "Resampling",
    "Significance",
    "alpha_from_counts",
    "alpha_interval_from_counts",
    "bootstrap_difference",
    "bootstrap_interval",
    "contrast",
    "contrasts",
    "count_table",
    "crossed_ratings",
    "distribution",
    "holm",
    "krippendorff_alpha",
    "krippendorff_alpha_interval",
    "mean_opinion_score",
    "median_score",
    "normal_interval",
    "opinion_difference",
    "opinion_intervals",
    "pair_up",
    "paired_contrast",
    "pairwise_agreement",
    "pairwise_agreement_interval",
    "paper_opinion_score",
    "pigeonhole_interval",
    "share_at_least",
    "sign_flips",
    "standard_error",
    "two_way_standard_error",
    "with_holm",
]
