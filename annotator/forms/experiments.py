"""Starting an experiment."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotator.enums import ExperimentKind, UnrealSwap

BUNDLED = "bundled"
_FILES = ("prompts", "masks", "ontology")
_BY_PROMPTS = {
    ExperimentKind.SEGMENTATION,
    ExperimentKind.SYNTAX,
    ExperimentKind.ABLATION,
    ExperimentKind.WORDS,
}
# Fields of some experiments only; the others would leave them unread.
_ONLY_FOR = {
    "unreal": _BY_PROMPTS,
    "masks": {ExperimentKind.SEGMENTATION, ExperimentKind.ABLATION},
    "segmenters": {ExperimentKind.SEGMENTATION},
    "ontology": {ExperimentKind.COHYPONYMS},
}


class ExperimentForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Experiment"), choices=ExperimentKind.choices, widget=forms.RadioSelect
    )
    model = forms.CharField(
        label=_("Model"),
        max_length=300,
        initial=BUNDLED,
        help_text=_("“bundled”, a diffusers folder, or an id on the Hugging Face hub."),
    )
    limit = forms.IntegerField(
        label=_("Pictures"),
        min_value=2,
        max_value=5000,
        initial=100,
        help_text=_("For adjectives: series of pictures with one seed."),
    )
    steps = forms.IntegerField(label=_("Steps"), min_value=1, max_value=1000, initial=30)
    guidance = forms.FloatField(
        label=_("Guidance"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("Empty: the model's own."),
    )
    tau = forms.FloatField(
        label=_("τ of hard maps"), min_value=0.01, max_value=0.99, initial=0.4, step_size=0.01
    )
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**31, initial=0)
    unreal = forms.ChoiceField(
        label=_("Swap words among the prompts"),
        required=False,
        choices=UnrealSwap.choices,
        help_text=_("The paper's Unreal set: things that no training picture shows together."),
    )
    prompts = forms.FileField(
        label=_("Prompts"),
        required=False,
        help_text=_(
            "One per line, or COCO captions (JSON); for adjectives, templates like “a {red,blue} "
            "car”. The bundled model has its own."
        ),
    )
    masks = forms.FileField(
        label=_("Masks"),
        required=False,
        help_text=_("COCO's JSON, for segmentation and ablation of other models."),
    )
    segmenters = forms.CharField(
        label=_("Other segmentation models"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "For segmentation: CLIPSeg or Mask2Former, one folder or Hugging Face id per line."
        ),
    )
    ontology = forms.FileField(
        label=_("Ontology"),
        required=False,
        help_text=_("A kind, a tab and its nouns per line, for cohyponyms. We have one."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in _FILES:
            if cleaned.get(name):
                cleaned[name] = self._text(name, cleaned[name])
        kind, bundled = cleaned.get("kind"), cleaned.get("model") == BUNDLED
        if kind in _BY_PROMPTS and not bundled and not cleaned.get("prompts"):
            self.add_error("prompts", gettext("Only the bundled model has prompts of its own."))
        for name, kinds in _ONLY_FOR.items():
            if cleaned.get(name) and kind and kind not in kinds:
                self.add_error(name, gettext("The experiment chosen takes none; leave it empty."))
        return cleaned

    def clean_segmenters(self) -> list[str]:
        lines = self.cleaned_data["segmenters"].splitlines()
        return [line.strip() for line in lines if line.strip()]

    @property
    def parameters(self) -> dict[str, Any]:
        names = ("limit", "seed", "steps", "guidance", "tau", "unreal", "segmenters")
        return {name: self.cleaned_data[name] for name in names}

    @property
    def inputs(self) -> dict[str, str]:
        return {name: text for name in _FILES if (text := self.cleaned_data.get(name))}

    def _text(self, name: str, file: UploadedFile) -> str:
        if file.size and file.size > settings.MAX_UPLOAD_BYTES:
            limit = settings.MAX_UPLOAD_BYTES // 1024**2
            self.add_error(name, gettext("The file is larger than %d MB.") % limit)
            return ""
        try:
            text = str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:  # which PostgreSQL cannot hold, and no text has
            self.add_error(name, gettext("This is not text in UTF-8. Save it again as UTF-8."))
            return ""
        if not text.strip():
            self.add_error(name, gettext("This file holds nothing but blanks."))
        return text
