"""The questionnaire as a table of its own: a row per rater who answered, a column per question."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.domain.export import Row, guard_cell
from annotator.domain.questionnaire import questions_of
from annotator.models import QuestionnaireResponse, Study

_KEYS = (
    ("rater_id", "text", "", "random pseudonym of the rater, as in the table of ratings"),
    ("simulated", "boolean", "true | false", "made by a simulated rater, not a person"),
    ("submitted_at", "time", "ISO 8601 with milliseconds", "answers stored by the server, in UTC"),
)


def rows(*, study: Study) -> Iterator[Row]:
    """A header, then the answers in the order they came; empty where none was given."""
    names = [question.name for question in questions_of(study)]
    yield [*(name for name, *_ in _KEYS), *names]
    responses = QuestionnaireResponse.objects.filter(rater__study=study).order_by("pk")
    for response in responses.select_related("rater").iterator(chunk_size=1000):
        rater, answers = response.rater, response.answers
        moment = response.submitted_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        cells = [_cell(answers.get(name)) for name in names]
        yield [rater.pseudonym, str(rater.simulated).lower(), moment, *cells]


def codebook_rows(*, study: Study) -> Iterator[Row]:
    """What every column means: a header, then one row per column."""
    yield ["name", "type", "required", "allowed_values", "meaning"]
    for name, kind, allowed, meaning in _KEYS:
        yield [name, kind, "true", allowed, meaning]
    for question in questions_of(study):
        required = str(question.required).lower()
        text, allowed = guard_cell(question.text), guard_cell(question.allowed)
        yield [question.name, question.type, required, allowed, text]


def _cell(answer: object) -> object:
    return guard_cell(answer) if isinstance(answer, str) else answer
