"""Raters who come from a panel. Who they are there is kept apart from what they rate."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from annotator.enums import Panel
from annotator.models.rating import Invitation, Rater
from annotator.models.study import Study


class JoinWindow(models.Model):
    """How many raters joined by one link from one address since `began`.

    The address itself is not kept, only a digest with the site's secret; windows that are over are
    deleted. Written by `domain.raters.join_limit`.
    """

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="+")
    address_digest = models.CharField(max_length=64)
    began = models.DateTimeField()
    joined = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("invitation", "address_digest"), name="join_window_per_link_and_address"
            ),
        )

    def __str__(self) -> str:
        return f"{self.invitation_id}: {self.joined} since {self.began}"


class PanelLink(models.Model):
    """The panel an invitation is given to, and what it is told when a rater is done."""

    invitation = models.OneToOneField(Invitation, models.CASCADE, related_name="panel_link")
    panel = models.CharField(_("panel"), max_length=8, choices=Panel.choices)
    finished_code = models.CharField(_("code for finished"), max_length=40, blank=True)
    screened_out_code = models.CharField(_("code for screened out"), max_length=40, blank=True)
    failed_checks_code = models.CharField(_("code for failed checks"), max_length=40, blank=True)
    credit_address = models.URLField(_("address that grants the credit"), blank=True)

    def __str__(self) -> str:
        return f"{self.panel}: {self.invitation_id}"


class Participant(models.Model):
    """A rater's identity on a panel. Exported on request only, and deleted with the rater."""

    rater = models.OneToOneField(Rater, models.CASCADE, related_name="participant")
    study = models.ForeignKey(Study, models.CASCADE, related_name="participants")
    panel = models.CharField(max_length=8, choices=Panel.choices)
    identifier = models.CharField(max_length=120)
    panel_study = models.CharField(max_length=120, blank=True)
    # The panel's name for this taking part: Prolific's submission, MTurk's assignment.
    submission = models.CharField(max_length=120, blank=True)
    # Whether the panel signed these names, or they are what stood in the address.
    signed = models.BooleanField(default=False)
    # Where MTurk wants the answer sent.
    return_to = models.URLField(blank=True)
    status = models.CharField(max_length=20, blank=True)
    # When the panel says that this status came about: older news that comes later changes nothing.
    status_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("study", "panel", "identifier"), name="participant_once_per_study"
            ),
        )
        indexes = (models.Index(fields=("panel", "submission"), name="participant_by_submission"),)

    def __str__(self) -> str:
        return f"{self.panel}: {self.rater_id}"


class PanelEvent(models.Model):
    """A message from a panel that was acted on: what comes again is passed over."""

    panel = models.CharField(max_length=8, choices=Panel.choices)
    event_id = models.CharField(max_length=120)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("panel", "event_id"), name="panel_event_once"),
        )

    def __str__(self) -> str:
        return f"{self.panel}: {self.event_id}"
