"""What the rating page and the server say to each other: items out, answers in."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from annotator.domain.rating import masks, presence
from annotator.domain.rating.assignments import Answer
from annotator.enums import ColourMap, InputMethod, OptOut, PartOfSpeech, Phase, Task
from annotator.errors import MaskRefused
from annotator.models import Assignment, Example, Generation, Rater, Study, Word
from annotator.models.study import SCORES
from annotator.views import examples


def body(request: HttpRequest) -> dict[str, Any]:
    """The object that was sent; an empty one where none was."""
    try:
        sent = json.loads(request.body)
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def item(assignment: Assignment, rater: Rater, token: str) -> dict[str, Any]:
    """What the page needs to show one item."""
    heat_map = assignment.item.heat_map
    address = (token, assignment.public_id)
    found = shown(heat_map.word, heat_map.generation, rater.study) | {
        "id": str(assignment.public_id),
        "trial": assignment.trial,
        "picture": reverse("rater-picture", args=address),
    }
    if rater.study.task == Task.RATING:
        found["heat_map"] = reverse("rater-heat-map", args=address)
    if rater.study.task == Task.PRESENCE:
        # Neither the prompt nor its word: they would tell what to see.
        found |= {"prompt": "", "word": "", "pos": "", "start": 0, "end": 0}
        found["objects"] = presence.objects_of(assignment.item)
    return found


def example(example: Example, rater: Rater, token: str, trial: int) -> dict[str, Any]:
    """The same for an example. In training it brings its answer along: nothing depends on it."""
    address = (token, example.public_id)
    explained = example.phase == Phase.TRAINING
    return shown(example.word, example.heat_map.generation, rater.study) | {
        "id": str(example.public_id),
        "trial": trial,
        "picture": reverse("example-picture", args=address),
        "heat_map": reverse("example-heat-map", args=address),
        "feedback": _feedback(example, rater.study) if explained else None,
    }


def _feedback(example: Example, study: Study) -> dict[str, Any]:
    return {
        "accepted": example.accepted or [example.opt_out],
        "answer": examples.verdict(example, study),
        "why": example.explanation,
    }


def shown(word: Word, generation: Generation, study: Study) -> dict[str, Any]:
    """Of an item and of an example alike. `start` and `end` place the word in the prompt."""
    return {
        "width": generation.width,
        "height": generation.height,
        "prompt": word.prompt.text,
        "start": word.start,
        "end": word.end,
        "word": word.text,
        "pos": str(PartOfSpeech(word.pos).label),
        "question": study.question_about(word.text),
        "answer": None,
    }


def answered_item(assignment: Assignment, rater: Rater, token: str) -> dict[str, Any]:
    """The same, with the answer that counts."""
    rating = assignment.ratings.current().get()
    answer: dict[str, Any] = {"opt_out": rating.opt_out}
    if rater.study.task == Task.SEGMENTATION:
        answer["mask"] = rating.mask and masks.counts_of(rating.mask)
    elif rater.study.task == Task.PRESENCE:
        answer["seen"] = rating.seen
    else:
        answer["score"] = rating.score
    return item(assignment, rater, token) | {"answer": answer}


_BY_HAND = [(method.value, method.label) for method in (InputMethod.KEYBOARD, InputMethod.POINTER)]


def _pixels() -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class _AnswerForm(forms.Form):
    """An answer as a page sends it: a `judgement` or an opt-out, and how it came about."""

    judgement: str

    answer_id = forms.UUIDField()
    opt_out = forms.ChoiceField(required=False, choices=OptOut.choices)
    painted_at = forms.DateTimeField()
    reaction_ms = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    hidden_ms = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    input_method = forms.ChoiceField(choices=_BY_HAND)
    # Not required: an answer may have waited in its browser since before these were asked for.
    picture_width = _pixels()
    picture_height = _pixels()
    viewport_width = _pixels()
    viewport_height = _pixels()
    pixel_ratio = forms.FloatField(required=False, min_value=0)
    pinch_zoom = forms.FloatField(required=False, min_value=0)
    side_by_side = forms.NullBooleanField()
    language = forms.CharField(required=False, max_length=10)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if (cleaned.get(self.judgement) is None) == (not cleaned.get("opt_out")):
            raise forms.ValidationError(_("Give an answer or a reason for none, not both."))
        return cleaned

    def answer(self) -> Answer:
        return Answer(**self.cleaned_data)

    def sentence(self) -> str:
        """All that is wrong, in words."""
        return " ".join(
            str(message) if field == NON_FIELD_ERRORS else f"{field}: {message}"
            for field, messages in self.errors.items()
            for message in messages
        )


class AnswerForm(_AnswerForm):
    """A score, and how the map was shown."""

    judgement = "score"

    score = forms.IntegerField(required=False, min_value=SCORES[0], max_value=SCORES[-1])
    opacity_initial = forms.FloatField(min_value=0, max_value=1)
    opacity_final = forms.FloatField(min_value=0, max_value=1)
    map_toggles = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    colour_map = forms.ChoiceField(choices=ColourMap.choices)
    contour_tau = forms.FloatField(required=False, min_value=0, max_value=1)


class MaskForm(_AnswerForm):
    """A mask as the lengths of its runs; cleaned, COCO's RLE."""

    judgement = "mask"

    mask = forms.Field(required=False)

    def __init__(self, sent: dict[str, Any], *, generation: Generation) -> None:
        super().__init__(sent)
        self.generation = generation

    def clean_mask(self) -> masks.Rle | None:
        counts = self.cleaned_data["mask"]
        if counts is None:
            return None
        size = self.generation.height or 0, self.generation.width or 0
        try:
            return masks.rle_of(counts, *size)
        except MaskRefused as error:
            raise forms.ValidationError(str(error)) from error


class PresenceForm(_AnswerForm):
    """The names of the things seen: none, some or all of those that were asked about."""

    judgement = "seen"

    seen = forms.Field(required=False)  # an empty list is an answer

    def __init__(self, sent: dict[str, Any], *, objects: list[str]) -> None:
        super().__init__(sent)
        self.objects = objects

    def clean_seen(self) -> list[str] | None:
        seen = self.cleaned_data["seen"]
        if seen is None:
            return None
        if not isinstance(seen, list) or not all(name in self.objects for name in seen):
            raise forms.ValidationError(_("Only things that were asked about can be seen."))
        return [name for name in self.objects if name in seen]


def form_for(assignment: Assignment, sent: dict[str, Any]) -> _AnswerForm:
    """The form of the answers to the study's task."""
    task = assignment.rater.study.task
    if task == Task.SEGMENTATION:
        return MaskForm(sent, generation=assignment.item.heat_map.generation)
    if task == Task.PRESENCE:
        return PresenceForm(sent, objects=presence.objects_of(assignment.item))
    return AnswerForm(sent)
