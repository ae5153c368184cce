"""Sona Systems: a survey code comes in, and goes back to the address that grants the credit."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from annotator.domain.raters.panels.passage import Arrival, Completion, Outcome, identifier
from annotator.enums import Panel
from annotator.models import PanelLink, Participant


def arrival(query: Mapping[str, str], host: str) -> Arrival:
    """Raises `ArrivalRefused`."""
    code = identifier(query, "survey_code")
    return Arrival(panel=Panel.SONA, identifier=code, submission=code)


def completion(link: PanelLink, participant: Participant, outcome: Outcome) -> Completion | None:
    """Credit is for taking part, so every outcome gets it."""
    if not link.credit_address:
        return None
    parts = urlsplit(link.credit_address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    filled = urlencode(query | {"survey_code": participant.identifier})
    return Completion(panel=Panel.SONA, address=urlunsplit(parts._replace(query=filled)))
