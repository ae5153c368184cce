"""Uploads of prompts, and items with a known answer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from annotator.models.study import SCORES


class UploadForm(forms.Form):
    file = forms.FileField(label=_("File of prompts"), max_length=200)


class GoldForm(forms.Form):
    low = forms.IntegerField(min_value=SCORES[0], max_value=SCORES[-1])
    high = forms.IntegerField(min_value=SCORES[0], max_value=SCORES[-1])
    feedback = forms.CharField(required=False, max_length=1000)
