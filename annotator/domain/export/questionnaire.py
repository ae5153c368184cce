"""The questionnaire as a table of its own: a row per rater who answered, a column per question."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.domain.design.questionnaire import questions_of
from annotator.domain.export.columns import Column, Row, Type
from annotator.domain.export.reading import ROWS_AT_ONCE
from annotator.models import QuestionnaireResponse, Study

_TYPES: dict[str, Type] = {"number": "number", "choice": "text", "text": "text"}
_KEYS = (
    Column(
        "rater_id",
        "rater__pseudonym",
        "text",
        "random pseudonym of the rater, as in the table of ratings",
    ),
    Column("simulated", "rater__simulated", "boolean", "made by a simulated rater, not a person"),
    Column("submitted_at", "submitted_at", "time", "answers stored by the server", unit="UTC"),
)


def columns(*, study: Study) -> tuple[Column, ...]:
    """The questions as they are now, after who answered and when."""
    return (
        *_KEYS,
        *(
            Column(
                question.name,
                "answers",
                _TYPES[question.type],
                question.text,
                allowed=question.allowed,
                key=question.name,
            )
            for question in questions_of(study)
        ),
    )


def rows(*, study: Study) -> Iterator[Row]:
    """In the order they came; nothing where a question was not answered."""
    names = [column.key for column in columns(study=study) if column.key]
    responses = QuestionnaireResponse.objects.filter(rater__study=study).order_by("pk")
    for response in responses.select_related("rater").iterator(chunk_size=ROWS_AT_ONCE):
        rater, answers = response.rater, response.answers
        given = [answers.get(name) for name in names]
        yield [rater.pseudonym, rater.simulated, response.submitted_at, *given]
