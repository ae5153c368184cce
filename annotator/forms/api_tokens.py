"""A token for a program."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from annotator.enums import Scope

_DAYS = [(7, _("a week")), (30, _("30 days")), (90, _("90 days")), (365, _("a year"))]


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("What uses it, for example “notebook on my laptop”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=Scope.choices,
        initial=[Scope.READ_STUDIES, Scope.READ_RATINGS, Scope.READ_STATISTICS],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(label=_("Valid for"), choices=_DAYS, coerce=int, initial=90)
