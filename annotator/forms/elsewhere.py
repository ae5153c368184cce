"""Ratings made elsewhere: the file, and how it is to be read."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.domain.elsewhere.columns import Table
from annotator.domain.elsewhere.reading import Choices
from annotator.domain.elsewhere.scales import POINTS, plain


class RatingsFileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For example “Pilot of 2023, MTurk”.")
    )
    file = forms.FileField(label=_("Table of ratings (CSV)"), max_length=200)


class ChoicesForm(forms.Form):
    """Columns are offered as the file names them."""

    question = forms.ChoiceField(label=_("The answers to"))
    task = forms.ChoiceField(label=_("Task"))
    worker = forms.ChoiceField(label=_("Worker"))
    group = forms.ChoiceField(
        label=_("Group"), required=False, help_text=_("Results are given for each, too.")
    )
    scale = forms.CharField(
        label=_("Scale, worst first"),
        help_text=_("Five labels with commas between them, as they stand in the file."),
    )
    opt_outs = forms.CharField(
        label=_("Labels that mean “no score”"),
        required=False,
        help_text=_("With commas between them, for example “unable to answer”."),
    )
    keep_last = forms.BooleanField(
        label=_("Of several ratings of a task by one worker, keep the last"), required=False
    )
    keep_names = forms.BooleanField(
        label=_("Keep the workers' names"),
        required=False,
        help_text=_("Otherwise each gets a random pseudonym, and nobody can tell whose it is."),
    )

    def __init__(self, table: Table, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [(name, name) for name in table.header]
        questions = [question.name for question in table.questions]
        others = [name for name in table.header if name not in questions]
        self._offer("question", [(name, name) for name in (*questions, *others)])
        self._offer("task", columns)
        self._offer("worker", columns)
        self._offer("group", [("", _("none")), *columns])

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean_scale(self) -> tuple[str, ...]:
        labels = _listed(self.cleaned_data["scale"])
        if len(set(map(plain, labels))) != POINTS or len(labels) != POINTS:
            raise forms.ValidationError(
                gettext(
                    "Results are made for scales of five points: give five different labels. "
                    "A wider scale has to be brought to five points first."
                )
            )
        return labels

    def clean_opt_outs(self) -> tuple[str, ...]:
        return _listed(self.cleaned_data["opt_outs"])

    @property
    def choices(self) -> Choices:
        return Choices(**self.cleaned_data)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
