"""What the rating page and the server say to each other: items out, answers in."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from annotator.domain.assignments import Answer
from annotator.enums import ColourMap, InputMethod, OptOut, PartOfSpeech, Phase
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
    return shown(heat_map.word, heat_map.generation, rater.study) | {
        "id": str(assignment.public_id),
        "trial": assignment.trial,
        "picture": reverse("rater-picture", args=address),
        "heat_map": reverse("rater-heat-map", args=address),
    }


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
    answer = {"score": rating.score, "opt_out": rating.opt_out}
    return item(assignment, rater, token) | {"answer": answer}


_BY_HAND = [(method.value, method.label) for method in (InputMethod.KEYBOARD, InputMethod.POINTER)]


def _pixels() -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class AnswerForm(forms.Form):
    """An answer as the page sends it: a score or an opt-out, and what was seen."""

    answer_id = forms.UUIDField()
    score = forms.IntegerField(required=False, min_value=SCORES[0], max_value=SCORES[-1])
    opt_out = forms.ChoiceField(required=False, choices=OptOut.choices)
    painted_at = forms.DateTimeField()
    reaction_ms = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    hidden_ms = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    opacity_initial = forms.FloatField(min_value=0, max_value=1)
    opacity_final = forms.FloatField(min_value=0, max_value=1)
    map_toggles = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    colour_map = forms.ChoiceField(choices=ColourMap.choices)
    input_method = forms.ChoiceField(choices=_BY_HAND)
    # Not required: an answer may have waited in its browser since before these were asked for.
    contour_tau = forms.FloatField(required=False, min_value=0, max_value=1)
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
        if (cleaned.get("score") is None) == (not cleaned.get("opt_out")):
            raise forms.ValidationError(_("Give a score or a reason for none, not both."))
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
