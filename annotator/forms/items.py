"""What a researcher looks for: items and words. A value that is none is said and left out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from annotator.domain.browse.items import CONTROLS, Selection, Sort
from annotator.domain.browse.words import WordSort
from annotator.domain.material.batch_names import batch_names
from annotator.enums import CONTROL_KINDS, ItemKind, PartOfSpeech
from annotator.models import Study

_KINDS = [
    ("", _("all")),
    (ItemKind.REAL.value, ItemKind.REAL.label),
    (CONTROLS, _("all controls")),
    *((kind.value, kind.label) for kind in CONTROL_KINDS),
    (ItemKind.GOLD.value, ItemKind.GOLD.label),
]


class QueryForm(forms.Form):
    """Read from an address: nothing is required, and what is not understood has its own error."""

    @property
    def chosen(self) -> dict[str, Any]:
        """What was given and understood. Asked for after `is_valid()`."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}

    @property
    def query(self) -> str:
        """The same as a part of an address, to be followed by more; "" or ending in “&”."""
        return "".join(f"{urlencode({name: value})}&" for name, value in self.chosen.items())


class SelectionForm(QueryForm):
    sort = forms.ChoiceField(label=_("Sorted by"), choices=Sort.choices, required=False)
    pos = forms.ChoiceField(
        label=_("Part of speech"), choices=[("", _("all")), *PartOfSpeech.choices], required=False
    )
    kind = forms.ChoiceField(label=_("Kind of map"), choices=_KINDS, required=False)
    condition = forms.ChoiceField(label=_("Condition"), required=False)
    word = forms.CharField(label=_("Word or lemma"), max_length=200, required=False)
    batch = forms.TypedChoiceField(label=_("File"), coerce=int, empty_value=None, required=False)
    rated = forms.IntegerField(
        label=_("Rated at least … times"), min_value=0, max_value=10_000, required=False
    )

    def __init__(self, data: Any, *, study: Study) -> None:
        super().__init__(data)
        files = batch_names(study.batches.all()).items()
        self.fields["batch"].choices = [("", _("all")), *files]  # type: ignore[attr-defined]
        names = [(one.name, one.name) for one in study.compared]
        self.fields["condition"].choices = [("", _("all")), *names]  # type: ignore[attr-defined]
        if not names:
            del self.fields["condition"]

    @property
    def selection(self) -> Selection:
        chosen = self.chosen
        return Selection(**chosen | {"sort": Sort(chosen.get("sort", Sort.ORDER))})

    @property
    def query(self) -> str:
        return self.selection.query


class WordsForm(QueryForm):
    search = forms.CharField(label=_("Contains"), max_length=200, required=False)
    sort = forms.ChoiceField(label=_("Sorted by"), choices=WordSort.choices, required=False)

    @property
    def sorted_by(self) -> WordSort:
        return WordSort(self.chosen.get("sort", WordSort.RATINGS))


class WordForm(QueryForm):
    """One word, by its lemma or as it stands in prompts."""

    lemma = forms.CharField(max_length=200, required=False)
    text = forms.CharField(max_length=200, required=False)
