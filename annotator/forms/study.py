"""A study's settings, and what of them can still be changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.domain.design import standard_texts, studies
from annotator.domain.design.standard_texts import StandardTexts
from annotator.enums import CONTROL_KINDS, PartOfSpeech, Task
from annotator.models import Study
from annotator.models.display import DISPLAY_FIELDS
from annotator.models.study import SCORES, default_parts_of_speech


def _label_field(score: int) -> str:
    return f"label_{score}"


_HELP = {
    "task": _(
        "The second gives true regions to hold the maps of nouns against, the third says whether "
        "what the prompt names was painted at all. In both, no heat map is shown."
    ),
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
    "check_rule": _(
        "By the same limits as the flags under Raters. A stopped rater gets the page and the "
        "completion code for failed checks; you can let them go on again. Everything is in the log."
    ),
    "pay_amount": _("0: costs are not counted."),
    "pay_currency": _("Three letters: GBP, EUR, USD, CNY …"),
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
            "task",
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
            "check_rule",
            "pay_amount",
            "pay_currency",
            "pay_per",
            "model",
            "steps",
            "guidance",
        )
        help_texts = _HELP
        labels = {"tau": _("Threshold τ of the outline")}  # noqa: RUF012
        widgets = {"task": forms.RadioSelect}  # noqa: RUF012

    def __init__(self, *args: Any, language: str = "en", **kwargs: Any) -> None:
        """`language` is that of the standard texts in a new study."""
        super().__init__(*args, **kwargs)
        self.fixed = studies.fixed_fields(study=self.instance)
        self._add_labels()
        if self.instance.pk is None:
            self._fill_in(standard_texts.texts_in(language))
        self.fields["pay_amount"].widget.attrs |= {"min": 0, "step": "any"}
        self.fields["guidance"].widget.attrs |= {"min": 0, "max": 50}
        self.fields["opacity"].widget.attrs["step"] = self.fields["tau"].widget.attrs["step"] = 0.05
        for name, field in self.fields.items():
            # A disabled field ignores what is sent: nothing fixed can be changed by hand either.
            field.disabled = self._model_field(name) in self.fixed
            self._say_whether_fixed(name, field)

    def _say_whether_fixed(self, name: str, field: forms.Field) -> None:
        """In a sentence of the field's own help."""
        if not name.startswith("label_"):
            field.help_text = f"{field.help_text} {self._whether_fixed(name)}".strip()

    def _whether_fixed(self, name: str) -> str:
        if self.instance.pk is None:
            return ""
        if name in self.fixed:
            return gettext("Fixed. %(reason)s") % {"reason": studies.why_fixed(name)}
        return studies.until_when(name) or gettext("Can always be changed.")

    @property
    def about_labels(self) -> str:
        """The same sentence for the five of them together."""
        return self._whether_fixed("labels")

    def _add_labels(self) -> None:
        for score in SCORES:
            self.fields[_label_field(score)] = forms.CharField(
                label=str(score), max_length=40, initial=self.instance.label_of(score)
            )

    def _fill_in(self, texts: StandardTexts) -> None:
        self.initial["question"] = texts.questions[Task.RATING]
        self.initial["consent_text"] = texts.consent(Task.RATING)
        for score, label in zip(SCORES, texts.labels, strict=True):
            self.initial[_label_field(score)] = label

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
        if cleaned.get("task", Task.RATING) != Task.RATING:
            self._fit_to_task(cleaned)
        return cleaned

    def _fit_to_task(self, cleaned: dict[str, Any]) -> None:
        """Without a map on the screen there is no wrong one; and only things can be pointed at."""
        task = Task(cleaned["task"])
        for name in (*(f"{kind}_percent" for kind in CONTROL_KINDS), "gold_percent"):
            if cleaned.get(name):
                self.add_error(name, gettext("Only where heat maps are rated: enter 0."))
        if not set(cleaned.get("parts_of_speech", ())) <= {PartOfSpeech.NOUN, PartOfSpeech.PROPN}:
            self.add_error(
                "parts_of_speech", gettext("For this task choose nouns and proper nouns alone.")
            )
        # Texts that were left as they come are the task's own.
        for name, of_task in (
            ("question", standard_texts.question_for),
            ("consent_text", standard_texts.consent_for),
        ):
            if cleaned.get(name):
                cleaned[name] = of_task(task, cleaned[name])


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
