"""What the database knows about how a study was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from django.db.models import Count

from annotator.domain.design import phases
from annotator.domain.methods.counts import Counts
from annotator.domain.methods.findings import Findings
from annotator.domain.monitoring.strata import Stratum, strata
from annotator.enums import ItemKind, PartOfSpeech, Phase, Stop
from annotator.models import Procedure, Reporting, Study


@dataclass(frozen=True)
class Facts:
    """`joined` raters, of whom some are `simulated` and some were `screened_out`."""

    study: Study
    procedure: Procedure
    reporting: Reporting
    examples: Mapping[Phase, int]
    joined: int
    simulated: int
    screened_out: int
    stopped: Mapping[str, int]
    strata: Sequence[Stratum]
    counts: Counts
    findings: Findings


def collect(*, study: Study, counts: Counts, findings: Findings) -> Facts:
    """Counts and findings are given; what else there is to know is looked up here."""
    raters = study.raters.order_by()
    stopped = raters.exclude(stopped="").values_list("stopped").annotate(Count("pk"))
    examples = study.examples.order_by().values_list("phase").annotate(Count("pk"))
    return Facts(
        study=study,
        procedure=phases.procedure_of(study),
        reporting=Reporting.objects.filter(study=study).first() or Reporting(study=study),
        examples={Phase(phase): n for phase, n in examples},
        joined=raters.count(),
        simulated=raters.filter(simulated=True).count(),
        screened_out=raters.filter(phase=Phase.SCREENED_OUT).count(),
        stopped={str(Stop(why).label): n for why, n in stopped},
        strata=_strata(study),
        counts=counts,
        findings=findings,
    )


def _strata(study: Study) -> list[Stratum]:
    found = {(one.kind, one.pos): one for one in strata(study=study)}
    return [found[key] for key in product(ItemKind, PartOfSpeech) if key in found]
