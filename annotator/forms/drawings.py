"""Which study's ratings the drawn masks are held against, as it stands in the page's address."""

from __future__ import annotations

from typing import cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from annotator.models import Study


class RatingsForm(forms.Form):
    ratings = forms.ModelChoiceField(
        Study.objects.none(),
        label=_("Ratings of the same nouns"),
        required=False,
        empty_label=_("none"),
        error_messages={
            "invalid_choice": _(
                "No study of yours with this number rates pictures of the same prompts and seeds."
            )
        },
    )

    def __init__(self, data: QueryDict, *, studies: QuerySet[Study]) -> None:
        super().__init__(data)
        cast(forms.ModelChoiceField, self.fields["ratings"]).queryset = studies

    @property
    def rated(self) -> Study | None:
        """None where nothing was chosen, or nothing that can be."""
        found: Study | None = self.cleaned_data.get("ratings") if self.is_valid() else None
        return found
