"""A study's phases: worked examples, practice, and the questions of its questionnaire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.domain.design import examples
from annotator.domain.design.questionnaire import Question
from annotator.enums import OptOut, Phase
from annotator.models import Example, HeatMap, Procedure
from annotator.models.study import SCORES


class ProcedureForm(forms.ModelForm):
    """Which phases a study has. What raters have already met is shown, but cannot be changed."""

    class Meta:
        model = Procedure
        fields = ("asks_consent", "shows_instructions", "pass_mark", "attempts", "debrief")
        help_texts = {  # noqa: RUF012
            "pass_mark": _("Share of right answers that lets a rater go on to the ratings."),
            "attempts": _("Who fails the last one is thanked and goes no further."),
            "debrief": _("Told after the last answer: what the study is about. May be empty."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["form"] = "phases"  # the page's own forms stand between the fields
        if examples.are_fixed(study=self.instance.study):
            for name in examples.FIXED_BY_RATINGS:
                self.fields[name].disabled = True


class HeatMapChoice(forms.ModelChoiceField):
    def label_from_instance(self, heat_map: Any) -> str:
        return str(heat_map.word.text)


class ExampleForm(forms.ModelForm):
    """An example for a word: which map is shown, and which answers are right."""

    heat_map = HeatMapChoice(
        label=_("Heat map"), queryset=HeatMap.objects.none(), widget=forms.RadioSelect
    )
    phase = forms.ChoiceField(
        label=_("Used for"),
        choices=[(phase.value, phase.label) for phase in Example.PHASES],
        widget=forms.RadioSelect,
    )
    lowest = forms.TypedChoiceField(
        label=_("Right answers from"), required=False, coerce=int, empty_value=None
    )
    highest = forms.TypedChoiceField(label=_("to"), required=False, coerce=int, empty_value=None)
    opt_out = forms.ChoiceField(
        label=_("or the right answer is"),
        required=False,
        choices=[("", _("a score")), *OptOut.choices],
    )

    class Meta:
        model = Example
        fields = ("heat_map", "phase", "lowest", "highest", "opt_out", "explanation")
        help_texts = {  # noqa: RUF012
            "explanation": _("Told with the answer. A qualification tells neither."),
        }
        widgets = {"explanation": forms.Textarea(attrs={"rows": 3})}  # noqa: RUF012

    def __init__(self, *args: Any, own: HeatMap, **kwargs: Any) -> None:
        """`own` is the word's own map, chosen at first among those of its picture."""
        super().__init__(*args, **kwargs)
        self.initial["heat_map"] = own
        study = self.instance.study
        maps = own.generation.heat_maps.select_related("word")
        cast(HeatMapChoice, self.fields["heat_map"]).queryset = maps.order_by("word__index")
        points = [("", "–"), *((score, f"{score} · {study.label_of(score)}") for score in SCORES)]
        for end in ("lowest", "highest"):
            cast(forms.ChoiceField, self.fields[end]).choices = points

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        lowest, highest = cleaned.get("lowest"), cleaned.get("highest")
        if cleaned.get("opt_out"):
            cleaned["lowest"] = cleaned["highest"] = None
        elif lowest is None:
            self.add_error("lowest", gettext("Choose the right answer, or a reason for none."))
        elif highest is None:
            cleaned["highest"] = lowest
        elif highest < lowest:
            self.add_error("highest", gettext("Choose a point no lower than the first."))
        if cleaned.get("phase") != Phase.QUALIFICATION and not cleaned.get("explanation"):
            self.add_error("explanation", gettext("Say why: this is what raters learn from."))
        return cleaned


class QuestionForm(forms.Form):
    """One question of the questionnaire, as `domain.design.questionnaire` defines it."""

    text = forms.CharField(label=_("What is asked"), max_length=500)
    name = forms.CharField(
        label=_("Name in the table"),
        max_length=40,
        help_text=_("Small letters, digits and _, for example “age”."),
    )
    type = forms.ChoiceField(
        label=_("Answered with"),
        choices=[("text", _("a text")), ("choice", _("one of several")), ("number", _("a number"))],
    )
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line; only where one of several is chosen."),
    )
    minimum = forms.FloatField(label=_("Smallest number"), required=False)
    maximum = forms.FloatField(label=_("Largest number"), required=False)
    required = forms.BooleanField(label=_("An answer is required"), required=False, initial=True)

    @classmethod
    def of(cls, question: Question | None, data: Any = None) -> QuestionForm:
        """Filled with a question that is there already, or empty."""
        if question is None:
            return cls(data)
        stored = vars(question) | {"choices": "\n".join(question.choices)}
        return cls(data, initial=stored)

    def question(self) -> Question:
        lines = (line.strip() for line in self.cleaned_data["choices"].splitlines())
        choices = tuple(line for line in lines if line)
        return Question(**(self.cleaned_data | {"choices": choices}))


class QuestionnaireForm(forms.Form):
    """The questions of a study, for a rater."""

    def __init__(self, questions: Sequence[Question], data: Any = None) -> None:
        super().__init__(data)
        for question in questions:
            field = _QUESTION_FIELDS[question.type](question)
            field.label, field.required = question.text, question.required
            self.fields[question.name] = field

    def answers(self) -> dict[str, Any]:
        """Those that were given."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


_QUESTION_FIELDS: dict[str, Callable[[Question], forms.Field]] = {
    "text": lambda question: forms.CharField(
        max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    ),
    "choice": lambda question: forms.ChoiceField(
        choices=[(choice, choice) for choice in question.choices], widget=forms.RadioSelect
    ),
    "number": lambda question: forms.FloatField(
        min_value=question.minimum, max_value=question.maximum
    ),
}
