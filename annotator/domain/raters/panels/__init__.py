"""The panels raters come from. Each says how one arrives, and where one goes when done."""

from __future__ import annotations

from collections.abc import Mapping

from annotator.domain.raters.panels import mturk, prolific, sona
from annotator.domain.raters.panels.passage import Arrival, Completion, Outcome
from annotator.enums import Panel, Phase, Stop
from annotator.models import Invitation, PanelLink, Participant, Rater

__all__ = ["Arrival", "Completion", "Outcome", "arrival", "completion", "link_of"]

_ARRIVALS = {
    Panel.PROLIFIC: prolific.arrival,
    Panel.MTURK: mturk.arrival,
    Panel.SONA: sona.arrival,
}
_COMPLETIONS = {
    Panel.PROLIFIC: prolific.completion,
    Panel.MTURK: mturk.completion,
    Panel.SONA: sona.completion,
}


def link_of(invitation: Invitation) -> PanelLink | None:
    return PanelLink.objects.filter(invitation=invitation).first()


def arrival(invitation: Invitation, query: Mapping[str, str], host: str) -> Arrival | None:
    """Who arrives by this address; None where the invitation is no panel's.

    Raises `ArrivalRefused` where the panel's names are missing, or not signed as they must be.
    """
    link = link_of(invitation)
    return _ARRIVALS[Panel(link.panel)](query, host) if link else None


def completion(rater: Rater) -> Completion | None:
    """Where a rater who is done goes; None for one who is not, or who came from no panel."""
    outcome = _outcome(rater)
    participant = Participant.objects.filter(rater=rater).first()
    link = link_of(rater.invitation)
    if outcome is None or participant is None or link is None:
        return None
    return _COMPLETIONS[Panel(link.panel)](link, participant, outcome)


def _outcome(rater: Rater) -> Outcome | None:
    if rater.stopped:
        return Outcome.FAILED_CHECKS if rater.stopped == Stop.FAILED_CHECKS else None
    if rater.phase == Phase.SCREENED_OUT:
        return Outcome.SCREENED_OUT
    if rater.phase != Phase.FINISHED:
        return None
    return Outcome.FAILED_CHECKS if rater.excluded_at else Outcome.FINISHED
