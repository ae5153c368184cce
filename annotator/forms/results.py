"""What a researcher wants the results of, as it stands in the page's address."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.domain.material.batch_names import batch_names
from annotator.domain.results.filters import Filter
from annotator.enums import CONTROL_KINDS, ItemKind, Panel, PartOfSpeech
from annotator.models import Invitation, Study

# Fields with one value, in the order of the page.
_SINGLE = (
    *("kind", "condition", "batch", "model"),
    *("invitation", "panel", "raters", "since", "until"),
)
_KINDS = [(kind.value, kind.label) for kind in (ItemKind.REAL, *CONTROL_KINDS)]


class LinkField(forms.ModelChoiceField):
    def label_from_instance(self, link: Invitation) -> str:
        return name_of(link)


def name_of(link: Invitation) -> str:
    """By its note, or else by its day, as the Raters page calls it."""
    day = date_format(link.created_at, "j M Y, H:i")
    name = link.note or gettext("Link of %(day)s UTC") % {"day": day}
    return f"{name} ({gettext('rehearsal')})" if link.rehearsal else name


class FilterForm(forms.Form):
    """Nothing chosen is everything; a value that cannot be is answered with a sentence."""

    pos = forms.MultipleChoiceField(
        label=_("Parts of speech"),
        required=False,
        choices=PartOfSpeech.choices,
        error_messages={"invalid_choice": _("“%(value)s” is no part of speech.")},
    )
    kind = forms.ChoiceField(
        label=_("Maps"),
        required=False,
        choices=_KINDS,
        error_messages={"invalid_choice": _("“%(value)s” is no kind of map.")},
    )
    batch = forms.TypedChoiceField(
        label=_("Prompts from"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": _("This study has no such file of prompts.")},
    )
    model = forms.CharField(label=_("Model"), required=False, max_length=300)
    condition = forms.ChoiceField(
        label=_("Condition"),
        required=False,
        error_messages={"invalid_choice": _("This study has no condition “%(value)s”.")},
    )
    invitation = LinkField(
        Invitation.objects.none(),
        label=_("Raters who came by"),
        required=False,
        empty_label=_("any link"),
        error_messages={"invalid_choice": _("This study has no such link for raters.")},
    )
    panel = forms.ChoiceField(
        label=_("Raters from"),
        required=False,
        choices=[("", _("anywhere")), *Panel.choices],
        error_messages={"invalid_choice": _("“%(value)s” is no panel.")},
    )
    raters = forms.CharField(
        label=_("Raters"),
        required=False,
        max_length=2000,
        help_text=_("Names as on the Raters page, with commas between. Empty: everybody."),
    )
    since = forms.DateField(label=_("First day (UTC)"), required=False)
    until = forms.DateField(label=_("Last day (UTC)"), required=False)
    people = forms.BooleanField(label=_("Leave simulated raters out"), required=False)
    everybody = forms.BooleanField(label=_("Count excluded raters too"), required=False)

    def __init__(self, data: QueryDict, *, study: Study) -> None:
        super().__init__(data)
        self.study = study
        self.query_data = data
        # Read when they are shown, or one is chosen: not at every look for news.
        cast(forms.ChoiceField, self.fields["batch"]).choices = lambda: [
            ("", _("all files")),
            *self.file_names.items(),
        ]
        names = [one.name for one in study.compared]
        cast(forms.ChoiceField, self.fields["condition"]).choices = [
            ("", _("all conditions")),
            *((name, name) for name in names),
        ]
        self.links = study.invitations.select_related("panel_link")
        cast(forms.ModelChoiceField, self.fields["invitation"]).queryset = self.links
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    @cached_property
    def file_names(self) -> dict[int, str]:
        """The study's files of prompts."""
        return batch_names(self.study.batches.all())

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The study's parts of speech, as boxes to tick."""
        ticked = self.query_data.getlist("pos")
        parts = [PartOfSpeech(pos) for pos in self.study.parts_of_speech]
        return [
            {"value": part.value, "label": part.label, "chosen": part in ticked} for part in parts
        ]

    @property
    def single_fields(self) -> list[forms.BoundField]:
        """Without those that leave nothing to choose in this study, unless they were chosen."""
        idle = {
            "condition": not self.study.conditions,
            "invitation": len(self.links) < 2,
            "panel": not any(hasattr(link, "panel_link") for link in self.links),
        }
        return [self[name] for name in _SINGLE if not idle.get(name) or self.query_data.get(name)]

    @property
    def asks_for_people(self) -> bool:
        chosen = bool(self.query_data.get("people"))
        return chosen or self.study.raters.filter(simulated=True).exists()

    def clean_raters(self) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["raters"].strip())))
        names = tuple(name for name in names if name)
        known = set(
            self.study.raters.filter(pseudonym__in=names).values_list("pseudonym", flat=True)
        )
        unknown = [name for name in names if name not in known]
        if unknown:
            raise forms.ValidationError(
                gettext("This study has no rater called %(names)s. The Raters page lists them.")
                % {"names": ", ".join(unknown)}
            )
        return names

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", gettext("The last day lies before the first."))
        return cleaned

    def filter(self) -> Filter:
        """What a valid form asks for."""
        chosen = self.cleaned_data
        return Filter(
            pos=tuple(chosen["pos"]),
            kind=chosen["kind"] or ItemKind.REAL.value,
            batch=chosen["batch"],
            model=chosen["model"],
            condition=chosen["condition"],
            raters=chosen["raters"],
            invitation=chosen["invitation"].pk if chosen["invitation"] else None,
            panel=chosen["panel"],
            people=chosen["people"],
            since=chosen["since"],
            until=chosen["until"],
            everybody=chosen["everybody"],
        )

    @property
    def said(self) -> str:
        """A valid choice in words, for whoever reads the numbers and not the form; "" for all."""
        chosen = self.cleaned_data
        link = chosen["invitation"]
        parts = [str(PartOfSpeech(pos).label) for pos in chosen["pos"]]
        words = [
            ", ".join(parts),
            chosen["kind"] and gettext("maps: %s") % dict(_KINDS)[chosen["kind"]],
            chosen["batch"] and self.file_names[chosen["batch"]],
            chosen["model"],
            chosen["condition"],
            link and name_of(link),
            chosen["panel"] and str(Panel(chosen["panel"]).label),
            ", ".join(chosen["raters"]),
            chosen["since"] and gettext("from %s") % date_format(chosen["since"], "j M Y"),
            chosen["until"] and gettext("until %s") % date_format(chosen["until"], "j M Y"),
            chosen["people"] and gettext("without simulated raters"),
            chosen["everybody"] and gettext("with excluded raters"),
        ]
        return " · ".join(word for word in words if word)

    def query(self, **changes: str) -> str:
        """The choice as an address has it, without what is empty; "" in `changes` drops a name."""
        query = QueryDict(mutable=True)
        for name in self.fields:
            values = [changes[name]] if name in changes else self.query_data.getlist(name)
            query.setlist(name, [value for value in values if value])
        return query.urlencode()
