"""What a methods section must say and the site cannot know."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from annotator.models import Reporting


class ReportingForm(forms.ModelForm):
    class Meta:
        model = Reporting
        fields = ("platform", "filters", "pay", "ethics", "data")
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in fields}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "platform": _("Empty: the panels and links that raters came by."),
            "filters": _("A sentence: country, language, approval rate, age, …"),
            "pay": _("A sentence: how much for what, and what it comes to per hour."),
            "ethics": _("A sentence: which board approved it, under which number."),
            "data": _("A sentence: where the ratings are published."),
        }
