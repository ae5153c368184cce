"""An optional questionnaire after the ratings: a declarative list, checked once, answered once.

A definition is a list of objects:

    {"name": "age", "type": "number", "text": "How old are you?", "minimum": 18, "maximum": 120}
    {"name": "screen", "type": "choice", "text": "On what?", "choices": ["phone", "computer"]}
    {"name": "remarks", "type": "text", "text": "Anything else?", "required": false}

`name` is the column of the exported table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from annotator.domain.study_log import log
from annotator.errors import QuestionnaireRefused, WrongStatus
from annotator.models import Procedure, QuestionnaireResponse, Rater, Study

TYPES = ("text", "choice", "number")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Columns that the exported table has already.
_TAKEN = ("rater_id", "simulated", "submitted_at")


@dataclass(frozen=True)
class Question:
    """One question. `choices` belong to a choice, `minimum` and `maximum` to a number."""

    name: str
    type: str
    text: str
    required: bool = True
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Its definition, without what says nothing."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
            if value not in (None, ())
        }

    @property
    def allowed(self) -> str:
        """What an answer can be, in words for the codebook."""
        if self.type == "choice":
            return " | ".join(self.choices)
        low, high = (None if end is None else f"{end:g}" for end in (self.minimum, self.maximum))
        if low and high:
            return f"{low} to {high}"
        return f"{low} or more" if low else f"{high} or less" if high else ""


def colour_vision() -> Question:
    """Ready made: who cannot tell the colours of a heat map apart sees another picture."""
    return Question(
        name="colour_vision",
        type="choice",
        text=_("Do you have difficulty telling some colours apart?"),
        choices=(
            _("No"),
            _("Yes, red and green"),
            _("Yes, other colours"),
            _("I do not know"),
            _("I prefer not to say"),
        ),
    )


# -- definitions ---------------------------------------------------------------------------------


def parse(definition: Any) -> list[Question]:
    """Raises `QuestionnaireRefused` with a sentence that names the question and what is wrong."""
    if not isinstance(definition, list):
        raise QuestionnaireRefused("The questionnaire is a list of questions.")
    questions = [_parse_one(number, given) for number, given in enumerate(definition, start=1)]
    names = [question.name for question in questions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise QuestionnaireRefused(f"Two questions are called {twice[0]}: give each its own name.")
    return questions


def _parse_one(number: int, given: Any) -> Question:
    if not isinstance(given, dict):
        raise QuestionnaireRefused(f"Question {number} is not an object with name, type and text.")
    where = f"Question {number} ({given.get('name', 'without a name')})"
    unknown = sorted(set(given) - set(Question.__dataclass_fields__))
    if unknown:
        raise QuestionnaireRefused(f"{where}: there is no setting {unknown[0]}.")
    for problem in _problems(given):
        raise QuestionnaireRefused(f"{where}: {problem}")
    return Question(**(given | {"choices": tuple(given.get("choices", ()))}))


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    name, text, kind = given.get("name"), given.get("text"), given.get("type")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield "the name has small letters, digits and _, and begins with a letter."
    if name in _TAKEN:
        yield "the name is taken by a column of the table. Choose another."
    if not isinstance(text, str) or not text.strip():
        yield "say what is asked, as text."
    if kind not in TYPES:
        yield f"the type is one of {', '.join(TYPES)}."
    if not isinstance(given.get("required", True), bool):
        yield "required is true or false."
    yield from _choice_problems(kind, given.get("choices", ()))
    yield from _bound_problems(kind, given.get("minimum"), given.get("maximum"))


def _choice_problems(kind: Any, choices: Any) -> Iterator[str]:
    if kind != "choice":
        if choices:
            yield "only a choice has choices."
    elif not isinstance(choices, (list, tuple)) or len(choices) < 2:
        yield "give at least two choices."
    elif not all(isinstance(choice, str) and choice.strip() for choice in choices):
        yield "every choice is a text that is not empty."
    elif len(set(choices)) < len(choices):
        yield "every choice stands there once."


def _bound_problems(kind: Any, minimum: Any, maximum: Any) -> Iterator[str]:
    given = [bound for bound in (minimum, maximum) if bound is not None]
    if kind != "number" and given:
        yield "only a number has a minimum and a maximum."
    elif not all(type(bound) in (int, float) for bound in given):
        yield "minimum and maximum are numbers."
    elif len(given) == 2 and minimum > maximum:
        yield "the minimum is not above the maximum."


# -- a study's questions -------------------------------------------------------------------------


def questions_of(study: Study) -> list[Question]:
    found = Procedure.objects.filter(study=study).values_list("questionnaire", flat=True).first()
    return parse(found or [])


def moved(questions: Sequence[Question], name: str, *, by: int) -> list[Question]:
    """The questions with one moved by so many places, and no further than to an end."""
    order = list(questions)
    place = next(i for i, question in enumerate(order) if question.name == name)
    order.insert(max(0, place + by), order.pop(place))
    return order


def duplicated(questions: Sequence[Question], name: str) -> list[Question]:
    """The questions with a copy of one behind it, under a name that is free."""
    order = list(questions)
    place = next(i for i, question in enumerate(order) if question.name == name)
    names = {question.name for question in order}
    # Shortened, so that the name with its number is no longer than a name may be.
    free = next(new for n in count(2) if (new := f"{name[:36]}_{n}") not in names)
    order.insert(place + 1, replace(order[place], name=free))
    return order


def are_fixed(*, study: Study) -> bool:
    """Whether somebody has answered, so that all must be asked the same."""
    return QuestionnaireResponse.objects.filter(rater__study=study).exists()


@transaction.atomic
def put_questions(*, study: Study, user: AbstractBaseUser, questions: Sequence[Question]) -> None:
    """Ask these questions. Raises `QuestionnaireRefused` and `WrongStatus`."""
    if are_fixed(study=study):
        raise WrongStatus("Raters have answered already, so the questions can not be changed.")
    definition = [question.as_json() for question in questions]
    parse(definition)
    Procedure.objects.update_or_create(study=study, defaults={"questionnaire": definition})
    log(study=study, user=user, text=f"Questionnaire changed: {len(definition)} questions")


def record(*, rater: Rater, answers: Mapping[str, Any]) -> QuestionnaireResponse:
    """Store a rater's answers, once; what is sent again changes nothing."""
    response, _made = QuestionnaireResponse.objects.get_or_create(
        rater=rater, defaults={"answers": dict(answers)}
    )
    return response
