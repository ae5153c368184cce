"""Links for raters, and the panels they come from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.enums import Panel
from annotator.models import PanelLink


class InvitationForm(forms.Form):
    """Links to be made: one for any number of raters, or many for one each."""

    note = forms.CharField(
        label=_("Note for yourself"),
        required=False,
        max_length=120,
        help_text=_("For whom this link is, for example “course, spring term”."),
    )
    quota = forms.IntegerField(
        label=_("Raters per link"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("1 for a link that works once. Empty: any number."),
    )
    count = forms.IntegerField(
        label=_("How many links"), min_value=1, max_value=500, initial=1, required=False
    )

    rehearsal = forms.BooleanField(
        label=_("A rehearsal"),
        required=False,
        help_text=_("To try the study: whoever comes in by it is marked as simulated."),
    )

    def clean_count(self) -> int:
        return self.cleaned_data["count"] or 1


class PanelLinkForm(forms.ModelForm):
    """The panel a link is for."""

    class Meta:
        model = PanelLink
        fields = (
            "panel",
            "finished_code",
            "screened_out_code",
            "failed_checks_code",
            "credit_address",
        )
        help_texts = {  # noqa: RUF012
            "finished_code": _("Prolific's code of type COMPLETED."),
            "screened_out_code": _("For who fails the qualification. Empty: reviewed by hand."),
            "failed_checks_code": _("For who is excluded before the end. Empty: by hand."),
            "credit_address": _(
                "SONA's completion address, with experiment_id and credit_token; the survey code "
                "is filled in."
            ),
        }

    def clean_credit_address(self) -> str:
        address = self.cleaned_data["credit_address"]
        if address and not address.startswith("https://"):
            raise forms.ValidationError(gettext("The address begins with https://."))
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("panel") == Panel.SONA and not cleaned.get("credit_address"):
            self.add_error("credit_address", gettext("SONA needs the address of the credit."))
        if cleaned.get("panel") == Panel.PROLIFIC and not cleaned.get("finished_code"):
            self.add_error("finished_code", gettext("Prolific needs a code for who finished."))
        return cleaned
