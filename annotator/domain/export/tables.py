"""Every table that a study can be taken away in, and its codebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from annotator import __version__
from annotator.domain.export import questionnaire, shapes, task_tables
from annotator.domain.export.columns import Column, Row
from annotator.domain.export.formats import FORMATS, batches
from annotator.domain.export.practice_table import PRACTICE_COLUMNS
from annotator.domain.export.rating_columns import RATING_COLUMNS, STORED
from annotator.domain.export.rating_lines import rating_csv
from annotator.domain.export.reading import one_moment, read
from annotator.domain.export.snapshot_numbers import RESULT_COLUMNS
from annotator.domain.export.study_columns import (
    ASSIGNMENT_COLUMNS,
    ITEM_COLUMNS,
    PROMPT_COLUMNS,
    RATER_COLUMNS,
    RATER_COUNTS,
    WORD_COLUMNS,
)
from annotator.domain.material.batch_names import batch_names
from annotator.domain.monitoring.quality import quality_of
from annotator.enums import AssignmentStatus, Task
from annotator.models import Assignment, PracticeAnswer, Prompt, Rater, Study, Word

_RATERS_AT_ONCE = 200
_MATRIX = "ratings-matrix"


@dataclass(frozen=True)
class Table:
    """A name for its file, what one row is, its columns, and where its rows come from."""

    name: str
    one_row_per: str
    columns: Sequence[Column]
    rows: Callable[[], Iterable[Row]]
    count: Callable[[], int]
    csv: Callable[[], Iterator[bytes]] | None = None

    def pieces(self, extension: str) -> Iterator[bytes]:
        """The file, piece by piece, all of one moment."""
        with one_moment():
            yield from self.pieces_now(extension)

    def pieces_now(self, extension: str) -> Iterator[bytes]:
        """The same within a moment that the caller has chosen."""
        if extension == "csv" and self.csv is not None:
            return self.csv()
        return FORMATS[extension].write(self.columns, self.rows())


def tables(*, study: Study) -> Mapping[str, Table]:
    """By name, in the order a person would want them."""
    raters = study.raters.order_by("number")
    words = Word.objects.filter(prompt__study=study).order_by("prompt_id", "index", "heat_map__pk")
    answers = study.raters.filter(questionnaire_response__isnull=False)
    given = Assignment.objects.filter(rater__study=study).order_by("pk", "ratings__pk")
    practised = PracticeAnswer.objects.filter(rater__study=study).order_by("pk")
    found = (
        _ratings(study),
        _read(study, "items", "item", study.items.order_by("pk"), ITEM_COLUMNS),
        _prompts(study),
        _read(study, "words", "heat map of a word of a prompt", words, WORD_COLUMNS, "heat_map"),
        Table(
            "raters",
            "rater",
            (*RATER_COLUMNS, *RATER_COUNTS),
            lambda: _rater_rows(raters),
            raters.count,
        ),
        _read(
            study,
            "assignments",
            "item given to a rater, and per answer where it was changed",
            given,
            ASSIGNMENT_COLUMNS,
        ),
        Table(
            "questionnaire",
            "rater who answered",
            questionnaire.columns(study=study),
            lambda: questionnaire.rows(study=study),
            answers.count,
        ),
        _read(
            study,
            "practice",
            "answer to an example, in training or qualification",
            practised,
            PRACTICE_COLUMNS,
        ),
    )
    return {table.name: table for table in (*found, *_of_task(study))}


def _of_task(study: Study) -> Sequence[Table]:
    """The answers that have no score."""
    if study.task == Task.SEGMENTATION:
        return [
            Table(
                "drawings",
                "mask that a rater drew",
                task_tables.DRAWING_COLUMNS,
                lambda: task_tables.drawing_rows(study),
                task_tables.drawn(study).count,
            )
        ]
    if study.task == Task.PRESENCE:
        return [
            Table(
                "things",
                "picture that a rater looked at",
                task_tables.THING_COLUMNS,
                lambda: task_tables.thing_rows(study),
                task_tables.seen(study).count,
            )
        ]
    return []


def find(*, study: Study, name: str, shape: str = "") -> Table:
    """A table by its name, and the ratings in the shape that a program reads.

    Raises `KeyError` where there is no such table or shape.
    """
    if name == "codebook":
        return codebook(study=study)
    if shape:
        return {"ratings": SHAPES}[name][shape](study)
    return tables(study=study)[name]


def row_counts(*, study: Study) -> dict[str, int]:
    """Of every table, by its name. The largest two are counted in one pass over what was given."""
    counted = Assignment.objects.filter(rater__study=study).aggregate(
        ratings=Count("pk", filter=Q(status=AssignmentStatus.SUBMITTED)), assignments=Count("pk")
    )
    of = tables(study=study)
    return {name: counted[name] if name in counted else of[name].count() for name in of}


def _read(
    study: Study,
    name: str,
    one_row_per: str,
    rows: QuerySet,
    columns: Sequence[Column],
    per: str = "",
) -> Table:
    """`per`: what each row may have several of, or none, and is then there once for each."""

    def count() -> int:
        # Several only where another model than the study's painted too. Asked first: the join
        # takes twice as long as all the rest.
        is_several = bool(per) and study.generations.exclude(model="").exists()
        times = Count(Coalesce(f"{per}__pk", "pk")) if is_several else Count("pk")
        return int(rows.order_by().aggregate(rows=times)["rows"])

    return Table(name, one_row_per, columns, lambda: read(rows, columns), count)


def _prompts(study: Study) -> Table:
    pictures = Prompt.objects.filter(study=study).order_by("pk", "generation__pk")
    found = _read(study, "prompts", "picture of a prompt", pictures, PROMPT_COLUMNS, "generation")
    return replace(found, rows=lambda: _with_file_names(found, study))


def _with_file_names(prompts: Table, study: Study) -> Iterator[Row]:
    names = batch_names(study.batches.all())
    place = [column.name for column in prompts.columns].index("batch")
    for row in prompts.rows():
        row[place] = names[row[place]]
        yield row


# -- ratings -------------------------------------------------------------------------------------


def _ratings(study: Study) -> Table:
    rated = _rated(study)
    return Table(
        "ratings",
        "rating that counts",
        RATING_COLUMNS,
        lambda: ([*row, __version__] for row in read(rated, STORED)),
        # Each has one answer that counts, and raters have an index of what they submitted.
        Assignment.objects.submitted().filter(rater__study=study).count,
        lambda: rating_csv(study, rated),
    )


def _rated(study: Study) -> QuerySet[Rater]:
    """Rater by rater in the order they came, and of each in the order the items were given."""
    rated = Rater.objects.filter(study=study, assignments__ratings__is_current=True)
    return rated.order_by("pk", "assignments__pk")


def first_ratings(*, study: Study, size: int) -> list[Row]:
    """The table of ratings as it begins, without putting all the others in order."""
    raters = study.raters.filter(answers_stored__gt=0).order_by("pk")[:size]
    rated = _rated(study).filter(pk__in=[rater.pk for rater in raters])
    return [[*row, __version__] for row in read(rated[:size], STORED)]


def _crowdkit(study: Study) -> Table:
    scored = shapes.scored(study)
    return Table(
        "ratings-crowdkit",
        "score",
        shapes.CROWDKIT_COLUMNS,
        lambda: read(scored, shapes.CROWDKIT_COLUMNS),
        scored.count,
    )


def _matrix(study: Study) -> Table:
    scored = shapes.scored(study)
    columns = shapes.matrix_columns(scored)
    return Table(
        _MATRIX,
        "item",
        columns,
        lambda: shapes.matrix_rows(scored, columns),
        scored.order_by().values("pk").distinct().count,
    )


SHAPES = {"crowdkit": _crowdkit, "matrix": _matrix}


# -- raters --------------------------------------------------------------------------------------


def _rater_rows(raters: QuerySet[Rater]) -> Iterator[Row]:
    current = Q(assignments__ratings__is_current=True)
    opt_out = current & ~Q(assignments__ratings__opt_out="")
    counted = raters.annotate(
        n_ratings=Count("assignments__ratings", filter=current),
        n_opt_outs=Count("assignments__ratings", filter=opt_out),
    )
    columns = (
        *RATER_COLUMNS,
        Column("n_ratings", "n_ratings", "integer", ""),
        Column("n_opt_outs", "n_opt_outs", "integer", ""),
    )
    rows = zip(read(counted, columns), raters.iterator(chunk_size=_RATERS_AT_ONCE), strict=True)
    for batch in batches(rows, _RATERS_AT_ONCE):
        qualities = quality_of([rater for _, rater in batch])
        for (row, _), quality in zip(batch, qualities, strict=True):
            yield [*row, " ".join(measure.flag for measure in quality.flags)]


# -- codebook ------------------------------------------------------------------------------------

_CODEBOOK_COLUMNS = (
    Column("table", "", "text", "the table a column is in"),
    Column("name", "", "text", "the column"),
    Column("type", "", "code", "what its cells are"),
    Column("unit", "", "text", "what they count or measure in"),
    Column("allowed_values", "", "text", "what they can be"),
    Column("meaning", "", "text", "what they say"),
)


def described(*, study: Study) -> list[tuple[str, str, Sequence[Column]]]:
    """Of every table: its name, what one row is, and its columns."""
    found = [*tables(study=study).values(), _crowdkit(study)]
    return [
        *((table.name, table.one_row_per, table.columns) for table in found),
        (_MATRIX, "item", shapes.MATRIX_COLUMNS),
        ("results", "number of the results page, in a snapshot", RESULT_COLUMNS),
    ]


def codebook(*, study: Study) -> Table:
    """What every column of every table means: one row per column."""
    rows = [
        [name, column.name, column.type, column.unit, column.values, column.meaning]
        for name, _, columns in described(study=study)
        for column in columns
    ]
    return Table("codebook", "column", _CODEBOOK_COLUMNS, lambda: rows, lambda: len(rows))
