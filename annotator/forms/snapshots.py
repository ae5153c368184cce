from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from annotator.models import Snapshot


class SnapshotForm(forms.ModelForm):
    class Meta:
        model = Snapshot
        fields = ("name",)
        labels: ClassVar = {"name": _("Name of the snapshot")}
        help_texts: ClassVar = {"name": _("Such as v1 or paper-2026.")}
