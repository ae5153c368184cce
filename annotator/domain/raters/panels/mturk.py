"""Amazon Mechanical Turk's external question. Closed to new customers since July 2026."""

from __future__ import annotations

from collections.abc import Mapping

from annotator.domain.raters.panels.passage import Arrival, Completion, Outcome, identifier
from annotator.enums import Panel
from annotator.errors import ArrivalRefused
from annotator.models import PanelLink, Participant

HOSTS = ("https://www.mturk.com", "https://workersandbox.mturk.com")
# The worker's pages, in which a task is framed.
FRAMES = ("https://worker.mturk.com", "https://workersandbox.mturk.com")
_PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"


def arrival(query: Mapping[str, str], host: str) -> Arrival:
    """Raises `ArrivalRefused`, also where the answer would be sent to anybody but Amazon."""
    assignment = identifier(query, "assignmentId")
    if assignment == _PREVIEW:
        return Arrival(panel=Panel.MTURK, identifier="", preview=True)
    return_to = query.get("turkSubmitTo", "").rstrip("/")
    if return_to not in HOSTS:
        raise ArrivalRefused
    return Arrival(
        panel=Panel.MTURK,
        identifier=identifier(query, "workerId"),
        panel_study=identifier(query, "hitId"),
        submission=assignment,
        return_to=return_to,
    )


def completion(link: PanelLink, participant: Participant, outcome: Outcome) -> Completion:
    """A form to post: the assignment, and one field more, which Amazon requires."""
    if participant.return_to not in HOSTS:
        raise ArrivalRefused
    return Completion(
        panel=Panel.MTURK,
        address=f"{participant.return_to}/mturk/externalSubmit",
        code=participant.rater.pseudonym,
        fields={
            "assignmentId": participant.submission,
            "outcome": outcome.value,
            "rater": participant.rater.pseudonym,
        },
    )
