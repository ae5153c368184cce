"""Ratings made elsewhere: the file, and how it is to be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.domain.elsewhere.choices import Choices
from annotator.domain.elsewhere.preview import Preview
from annotator.domain.elsewhere.scales import FEWEST_POINTS, MOST_NAMES, MOST_POINTS, plain

ORDERED, NAMES = "ordered", "names"


class RatingsFileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For example “Pilot of 2023, MTurk”.")
    )
    # An empty file is told what it lacks by who reads it.
    file = forms.FileField(label=_("Table of ratings (CSV)"), max_length=200, allow_empty_file=True)


class ChoicesForm(forms.Form):
    """Columns are offered as the file names them."""

    question = forms.ChoiceField(label=_("The answers to"))
    task = forms.ChoiceField(label=_("Task"))
    worker = forms.ChoiceField(label=_("Worker"))
    group = forms.ChoiceField(
        label=_("Group"), required=False, help_text=_("Results are given for each, too.")
    )
    round = forms.ChoiceField(
        label=_("Round"),
        required=False,
        help_text=_("Tells a worker's repeats of a task from lines that are there twice."),
    )
    known = forms.ChoiceField(
        label=_("Known answer"), required=False, help_text=_("Ratings are compared with it.")
    )
    time = forms.ChoiceField(
        label=_("Time"), required=False, help_text=_("When the rating was given.")
    )
    order = forms.ChoiceField(
        label=_("The labels are"),
        choices=[
            (ORDERED, _("points, in this order")),
            (NAMES, _("names, without order")),
        ],
        help_text=_("Names have agreement and shares; points have opinion scores too."),
    )
    scale = forms.CharField(
        label=_("Labels"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("One a line, worst first. Left empty, they are guessed from the file."),
    )
    # What `question` and `scale` were when the page was made: another column has another scale.
    asked = forms.CharField(required=False, widget=forms.HiddenInput)
    guess = forms.CharField(required=False, widget=forms.HiddenInput)
    opt_outs = forms.CharField(
        label=_("Labels that mean “no score”"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, for example “unable to answer”."),
    )
    keep_last = forms.BooleanField(
        label=_("Of several ratings of a task by one worker, keep the last"), required=False
    )
    checks_apart = forms.BooleanField(
        label=_("Tasks with a known answer are checks: leave them out of the other numbers"),
        required=False,
    )
    keep_names = forms.BooleanField(
        label=_("Keep the workers' names"),
        required=False,
        help_text=_("Otherwise each gets a random pseudonym, and nobody can tell whose it is."),
    )

    def __init__(self, preview: Preview, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [("", _("choose")), *((name, name) for name in preview.header)]
        questions = preview.questions
        others = [name for name in preview.header if name not in questions]
        asked = [("", _("choose"))] if not questions else []
        self._offer("question", [*asked, *((name, name) for name in (*questions, *others))])
        self._offer("task", columns)
        self._offer("worker", columns)
        for name in ("group", "round", "known", "time"):
            self._offer(name, [("", _("none")), *columns[1:]])

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean_opt_outs(self) -> tuple[str, ...]:
        return _lines(self.cleaned_data["opt_outs"])

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or {}
        self._check_columns(chosen)
        ordered = chosen.pop("order", ORDERED) == ORDERED
        asked, guess = chosen.pop("asked", ""), _lines(chosen.pop("guess", ""))
        scale = _labels(chosen.get("scale", ""))
        if asked and asked != chosen.get("question") and scale == guess:
            return chosen | {"scale": (), "ordered": None}
        if not scale:
            return chosen | {"scale": (), "ordered": None if ordered else False}
        self._check(scale, MOST_POINTS if ordered else MOST_NAMES)
        return chosen | {"scale": scale, "ordered": ordered}

    def _check_columns(self, chosen: dict[str, Any]) -> None:
        roles = ("question", "task", "worker", "group", "round", "known", "time")
        named = [chosen[role] for role in roles if chosen.get(role)]
        if twice := [name for name in named if named.count(name) > 1]:
            raise forms.ValidationError(
                gettext("The column “%s” is chosen twice. Choose another one for each.") % twice[0]
            )

    def _check(self, labels: tuple[str, ...], most: int) -> None:
        compared = list(map(plain, labels))
        if twice := [label for label in labels if compared.count(plain(label)) > 1]:
            self.add_error(
                "scale", gettext("“%s” is there twice. Name each label once.") % twice[0]
            )
        elif not FEWEST_POINTS <= len(labels) <= most:
            sentence = gettext(
                "Name %(fewest)d to %(most)d labels; these are %(n)d. More points have to be "
                "brought together in the file first."
            )
            numbers = {"fewest": FEWEST_POINTS, "most": most, "n": len(labels)}
            self.add_error("scale", sentence % numbers)

    @property
    def choices(self) -> Choices:
        return Choices(**self.cleaned_data)


def listed(labels: Iterable[str]) -> str:
    """As the form takes them: one a line."""
    return "\n".join(labels)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.splitlines() if part.strip())


def _labels(text: str) -> tuple[str, ...]:
    """A scale written into one line has commas between its labels: one label is no scale."""
    lines = _lines(text)
    return lines if len(lines) != 1 else _lines(lines[0].replace(",", "\n"))
