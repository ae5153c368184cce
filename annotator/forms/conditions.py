"""The conditions that a study compares: a row each, of which empty ones do not count."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.domain.design import studies
from annotator.models import Study
from annotator.models.condition import LONGEST_NAME, MOST_CONDITIONS, PAPER, PUBLISHED, Condition

_ROWS_AT_FIRST = 2


class ConditionForm(forms.Form):
    """One condition."""

    name = forms.CharField(label=_("Name"), required=False, max_length=LONGEST_NAME)
    model = forms.CharField(
        label=_("Model"),
        required=False,
        max_length=300,
        help_text=_("Empty: the study's own. As in the settings: a folder, or a hub id."),
    )
    mode = forms.ChoiceField(
        label=_("Attribution"),
        choices=[
            (PAPER, _("the paper's sum")),
            (PUBLISHED, _("the published code's mean")),
        ],
        initial=PAPER,
    )
    layers = forms.CharField(
        label=_("Layers"),
        required=False,
        max_length=1000,
        help_text=_("Empty: all. Or what their names begin with: up_blocks.1, up_blocks.2"),
    )
    heads = forms.CharField(
        label=_("Heads"),
        required=False,
        max_length=300,
        help_text=_("Empty: all. Or numbers within a layer, from 0."),
    )
    first_step = forms.IntegerField(label=_("First step"), required=False, min_value=1)
    last_step = forms.IntegerField(
        label=_("Last step"), required=False, min_value=1, help_text=_("Both empty: all steps.")
    )

    def clean_layers(self) -> list[str]:
        return _parts(self.cleaned_data["layers"])

    def clean_heads(self) -> list[int]:
        try:
            return [int(part) for part in _parts(self.cleaned_data["heads"])]
        except ValueError as error:
            raise forms.ValidationError(
                gettext("Write numbers from 0 with commas between, such as 0, 3.")
            ) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.has_changed() and not cleaned.get("name"):
            self.add_error("name", gettext("Give the condition a name, or empty the whole row."))
        return cleaned

    @property
    def is_partial(self) -> bool:
        """Whether anything but the whole is asked for, or was typed wrongly."""
        parts = ("layers", "heads", "first_step", "last_step")
        return any(self[name].value() or self[name].errors for name in parts)

    @property
    def condition(self) -> Condition | None:
        """None where the row is empty."""
        if not self.cleaned_data.get("name"):
            return None
        lists = {name: tuple(self.cleaned_data[name]) for name in ("layers", "heads")}
        return Condition(**(self.cleaned_data | lists))


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;]+", text.strip()) if part]


class ConditionsForm(forms.ModelForm):
    """All conditions of a study, and whether a rater meets a word under several of them."""

    class Meta:
        model = Study
        fields = ("within_raters",)
        help_texts = {  # noqa: RUF012
            "within_raters": _(
                "Off: who rated a word under one condition is not given it under another, so there "
                "must be as many times more raters as there are conditions. On: fewer raters do, "
                "but they see two maps of one word."
            )
        }

    def __init__(self, data: Any = None, *, instance: Study) -> None:
        super().__init__(data, instance=instance)
        self.fixed = bool({"conditions"} & studies.fixed_fields(study=instance))
        stored = [_initial(one) for one in instance.compared]
        empty = 0 if self.fixed else max(_ROWS_AT_FIRST - len(stored), 1)
        rows = forms.formset_factory(
            ConditionForm, extra=empty, max_num=MOST_CONDITIONS, validate_max=True
        )
        self.rows = rows(data, initial=stored, prefix="conditions")
        self.fields["within_raters"].disabled = "within_raters" in studies.fixed_fields(
            study=instance
        )
        for field in (field for row in self.rows for field in row.fields.values()):
            field.disabled = self.fixed

    def is_valid(self) -> bool:
        return self.rows.is_valid() and super().is_valid()

    def clean(self) -> dict[str, Any]:
        """The conditions go into the study as its settings have them, and are judged there."""
        cleaned = super().clean() or self.cleaned_data
        if self.rows.is_valid():
            given = [row.condition for row in self.rows]
            self.instance.conditions = [one.as_json() for one in given if one is not None]
            try:
                self.instance.clean_fields(exclude=_all_but("conditions"))
            except ValidationError as error:
                raise ValidationError(error.message_dict["conditions"]) from error
        return cleaned

    def _update_errors(self, errors: ValidationError) -> None:
        """What does not fit the study's other settings is said above the rows."""
        super()._update_errors(ValidationError(errors.messages))  # type: ignore[misc]

    @property
    def changed_fields(self) -> list[str]:
        changed = list(self.changed_data)
        return [*changed, "conditions"] if self.rows.has_changed() else changed


def _initial(condition: Condition) -> dict[str, Any]:
    return {
        **vars(condition),
        "layers": ", ".join(condition.layers),
        "heads": ", ".join(map(str, condition.heads)),
    }


def _all_but(name: str) -> set[str]:
    return {field.name for field in Study._meta.get_fields()} - {name}
