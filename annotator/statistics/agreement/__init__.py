"""How far raters agree when not everybody rates everything.

Every statistic takes *ratings*: a matrix raters × items with nan for *not rated*, or
`crossed_ratings` for crowds whose matrix would be mostly empty. Where it does not matter who rated,
it also comes `*_from_counts` (items × values), which is fast for a million ratings. Its interval
is the function of the same name with `_interval`. docs/statistics.md says what each means.
"""

from annotator.statistics.agreement.alpha import (
    Level,
    alpha_from_counts,
    alpha_interval_from_counts,
    krippendorff_alpha,
    krippendorff_alpha_interval,
)
from annotator.statistics.agreement.fleiss import (
    fleiss_kappa,
    fleiss_kappa_from_counts,
    fleiss_kappa_interval,
    fleiss_kappa_interval_from_counts,
)
from annotator.statistics.agreement.gwet import (
    ac_from_counts,
    ac_interval_from_counts,
    ac_standard_error_from_counts,
    gwet_ac,
    gwet_ac_interval,
    gwet_ac_standard_error,
)
from annotator.statistics.agreement.icc import (
    CorrelationKind,
    VarianceComponents,
    intraclass_correlation,
    intraclass_correlation_interval,
    variance_components,
)
from annotator.statistics.agreement.kappa import (
    RaterPairs,
    pairwise_kappa,
    pairwise_kappa_interval,
    pairwise_kappas,
)
from annotator.statistics.agreement.leave_one_out import LeaveOneRaterOut, leave_one_rater_out
from annotator.statistics.agreement.majority import MajorityAgreement, agreement_with_majority
from annotator.statistics.agreement.observed import (
    pairwise_agreement,
    pairwise_agreement_interval,
)
from annotator.statistics.agreement.repeats import (
    RepeatMeasure,
    self_agreement,
    self_agreement_interval,
)
from annotator.statistics.agreement.tables import (
    Ratings,
    count_table,
    counts_of,
)
from annotator.statistics.agreement.weights import Weights, agreement_weights

__all__ = [
    "CorrelationKind",
    "LeaveOneRaterOut",
    "Level",
    "MajorityAgreement",
    "RaterPairs",
    "Ratings",
    "RepeatMeasure",
    "VarianceComponents",
    "Weights",
    "ac_from_counts",
    "ac_interval_from_counts",
    "ac_standard_error_from_counts",
    "agreement_weights",
    "agreement_with_majority",
    "alpha_from_counts",
    "alpha_interval_from_counts",
    "count_table",
    "counts_of",
    "fleiss_kappa",
    "fleiss_kappa_from_counts",
    "fleiss_kappa_interval",
    "fleiss_kappa_interval_from_counts",
    "gwet_ac",
    "gwet_ac_interval",
    "gwet_ac_standard_error",
    "intraclass_correlation",
    "intraclass_correlation_interval",
    "krippendorff_alpha",
    "krippendorff_alpha_interval",
    "leave_one_rater_out",
    "pairwise_agreement",
    "pairwise_agreement_interval",
    "pairwise_kappa",
    "pairwise_kappa_interval",
    "pairwise_kappas",
    "self_agreement",
    "self_agreement_interval",
    "variance_components",
]
