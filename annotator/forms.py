"""What researchers may type, and what of it can still be changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.domain import examples, studies
from annotator.domain.questionnaire import Question
from annotator.enums import OptOut, Panel, PartOfSpeech, Phase
from annotator.models import Example, HeatMap, PanelLink, Procedure, Study
from annotator.models.display import DISPLAY_FIELDS
from annotator.models.study import SCORES, default_parts_of_speech


def _label_field(score: int) -> str:
    return f"label_{score}"


_HELP = {
    "question": _("Asked with every picture. {word} is replaced by the judged word."),
    "consent_text": _(
        "Shown before anything is stored; each rater's copy is kept with their ratings. "
        "Left empty, the standard text is shown."
    ),
    "instructions": _(
        "Said first on the page that explains the scale with worked examples. May be empty."
    ),
    "opacity": _("Of the hottest place, from 0.1 to 1; the rest is as opaque as it is hot."),
    "colour_map": _("Viridis and inferno can be read by colour-blind people too."),
    "tau": _("The outline runs where the map reaches this share of its peak."),
    "side_by_side": _("On wide screens. A phone shows one picture at a time."),
    "items_per_part_of_speech": _("Drawn at random from the finished pictures."),
    "ratings_per_item": _("How many different raters judge the same item (k)."),
    "items_per_rater": _("After that many a rater is thanked and done. Checks come on top."),
    "rater_share_percent": _("Nobody judges more of the study than this (the paper: 18 %)."),
    "items_per_session": _("Then a rater is told to take a break, and goes on later. 0: never."),
    "shuffled_word_percent": _("The map of another word of the same picture."),
    "other_seed_percent": _(
        "The same word's map from another picture of the same prompt. That picture is made when "
        "you open the study."
    ),
    "random_blob_percent": _("A blob somewhere, with exactly the values of the word's own map."),
    "blank_percent": _("Nothing highlighted at all."),
    "absent_word_percent": _(
        "Where the picture would attend to a word that is not in its prompt; asked while it is "
        "painted, by models of the Stable Diffusion and SDXL families."
    ),
    "gold_percent": _("How often an item whose right scores you have set is mixed in."),
    "repeat_percent": _(
        "How often a rater is shown again what they have rated, to see whether they agree with "
        "themselves."
    ),
    "assignment_minutes": _("After that, an item not answered goes to somebody else."),
    "seed": _("The same prompts and the same seed draw the same items anywhere."),
    "model": _(
        "“bundled” for the small model that comes along, a folder in diffusers format on "
        "the GPU workers' machine, or a hub id such as stabilityai/stable-diffusion-2-1."
    ),
    "guidance": _("0 or 1 turns classifier-free guidance off."),
}


_LARGEST_STUDY_FILE = 1024 * 1024


class StudyForm(forms.ModelForm):
    """A study's settings. Fields that something was made with are shown, but cannot be changed.

    The five labels are five inputs; `changed_fields` names the model's fields.
    """

    parts_of_speech = forms.MultipleChoiceField(
        label=_("Parts of speech"),
        choices=PartOfSpeech.choices,
        initial=default_parts_of_speech,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Words of these are judged. Each gets items of its own."),
    )

    class Meta:
        model = Study
        fields = (
            "name",
            "question",
            "consent_text",
            "instructions",
            *DISPLAY_FIELDS,
            "parts_of_speech",
            "items_per_part_of_speech",
            "ratings_per_item",
            "items_per_rater",
            "rater_share_percent",
            "items_per_session",
            "assignment_minutes",
            "seed",
            "shuffled_word_percent",
            "other_seed_percent",
            "random_blob_percent",
            "blank_percent",
            "absent_word_percent",
            "gold_percent",
            "repeat_percent",
            "model",
            "steps",
            "guidance",
        )
        help_texts = _HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fixed = studies.fixed_fields(study=self.instance)
        self._add_labels()
        self._add_consent()
        self.fields["guidance"].widget.attrs |= {"min": 0, "max": 50}
        self.fields["opacity"].widget.attrs["step"] = self.fields["tau"].widget.attrs["step"] = 0.05
        for name, field in self.fields.items():
            # A disabled field ignores what is sent: nothing fixed can be changed by hand either.
            field.disabled = self._model_field(name) in self.fixed

    def _add_labels(self) -> None:
        for score in SCORES:
            self.fields[_label_field(score)] = forms.CharField(
                label=str(score), max_length=40, initial=self.instance.label_of(score)
            )

    def _add_consent(self) -> None:
        if self.instance.pk is None:
            self.initial["consent_text"] = render_to_string("rater/_consent_text.html").strip()

    @staticmethod
    def _model_field(name: str) -> str:
        return "labels" if name.startswith("label_") else name

    @property
    def label_fields(self) -> list[forms.BoundField]:
        return [self[_label_field(score)] for score in SCORES]

    @property
    def changed_fields(self) -> list[str]:
        return list(dict.fromkeys(map(self._model_field, self.changed_data)))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        labels = [cleaned.get(_label_field(score), "") for score in SCORES]
        if all(labels) and len(set(labels)) < len(labels):
            self.add_error(_label_field(5), gettext("Give each of the five points its own label."))
        self.instance.labels = labels
        return cleaned


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        study, word = self.instance.study, self.instance.word
        maps = HeatMap.objects.filter(generation__prompt=word.prompt).select_related("word")
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
    """One question of the questionnaire, as `domain.questionnaire` defines it."""

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


class StudyFileForm(forms.Form):
    """A study file; cleaned, its text."""

    file = forms.FileField(
        label=_("Study file (TOML or JSON)"),
        max_length=200,
        help_text=_("Download one from any study's settings, change it, and upload it here."),
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file.size > _LARGEST_STUDY_FILE:
            raise forms.ValidationError(gettext("A study file is no larger than 1 MB."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(gettext("Save the file as UTF-8 text.")) from error


class GoldForm(forms.Form):
    low = forms.IntegerField(min_value=SCORES[0], max_value=SCORES[-1])
    high = forms.IntegerField(min_value=SCORES[0], max_value=SCORES[-1])
    feedback = forms.CharField(required=False, max_length=1000)


class UploadForm(forms.Form):
    file = forms.FileField(label=_("File of prompts"), max_length=200)


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
