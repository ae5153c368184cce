import csv
import gc
import io
import json
import math
import tracemalloc
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from django.contrib.auth.models import User
from django.db import connection

import annotator
from annotator.domain import export
from annotator.domain.design import practice, studies
from annotator.domain.export import formats, rating_lines, shared_texts
from annotator.domain.export.rating_columns import RATING_COLUMNS
from annotator.domain.rating import assignments
from annotator.domain.rating.assignments import Answer
from annotator.domain.results.computing import compute
from annotator.domain.results.filters import Filter
from annotator.enums import AssignmentPurpose, Phase
from annotator.models import Assignment, Participant, Procedure, Prompt, Rater, Rating, Study, Word
from annotator.statistics.agreement import krippendorff_alpha
from daam_engine.version import __version__ as engine_version
from tests import factories
from tests.annotator.answers import MORNING, give, make_rated_study

HEADER = [column.name for column in RATING_COLUMNS]


def text(study: Study, name: str = "ratings", extension: str = "csv", shape: str = "") -> str:
    return b"".join(export.find(study=study, name=name, shape=shape).pieces(extension)).decode()


def table(study: Study, name: str = "ratings", shape: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(study, name, shape=shape), newline="")))


SEEN = {
    "contour_tau": 0.4,
    "side_by_side": True,
    "picture_width": 560,
    "picture_height": 420,
    "viewport_width": 1280,
    "viewport_height": 800,
    "pixel_ratio": 1.5,
    "pinch_zoom": 1,
    "language": "zh-hans",
}


def test_a_row_says_everything_about_one_rating(alice: User) -> None:
    study = factories.make_open_study(alice)
    item = study.items.get(pos="ADJ", heat_map__generation__prompt__seed=2)
    rater = factories.make_rater(study)
    rating = give(item, rater, 4)
    Rating.objects.update(opacity_initial=0.6, opacity_final=0.25, colour_map="turbo", **SEEN)
    (row,) = table(study)
    assert row == {
        "rating_id": str(rating.pk),
        "study_id": str(study.pk),
        "item_id": str(item.pk),
        "rater_id": rater.pseudonym,
        "score": "4",
        "opt_out_code": "",
        "revision": "0",
        "prompt_id": str(item.heat_map.word.prompt_id),
        "prompt": "a red circle rolls quickly",
        "image_id": str(item.heat_map.generation_id),
        "word": "red",
        "word_index": "1",
        "lemma": "red",
        "pos": "ADJ",
        "heat_map_id": str(item.heat_map_id),
        "heat_map_kind": "real",
        "condition": "",
        "rater_excluded_at": "",
        "exclusion_reason": "",
        "purpose": "rating",
        "model": "bundled",
        "model_revision": "",
        "seed": "2",
        "scheduler": "",
        "steps": "30",
        "guidance": "",
        "engine_version": "",
        "normalisation": "",
        "colour_map": "turbo",
        "trial_order": "0",
        "opacity_initial": "0.6",
        "opacity_final": "0.25",
        "map_toggles": "0",
        "contour_tau": "0.4",
        "side_by_side": "true",
        "picture_width": "560",
        "picture_height": "420",
        "viewport_width": "1280",
        "viewport_height": "800",
        "pixel_ratio": "1.5",
        "pinch_zoom": "1.0",
        "language": "zh-hans",
        "input_method": "keyboard",
        "served_at": "2026-03-01T09:00:00.000Z",
        "painted_at": "2026-03-01T09:00:00.250Z",
        "submitted_at": "2026-03-01T09:00:05.000Z",
        "reaction_ms": "4750",
        "hidden_ms": "0",
        "simulated": "false",
        "app_version": "0.1.0",
    }


def test_an_opt_out_has_a_code_and_no_score(alice: User) -> None:
    study = make_rated_study(alice, {"NOUN": [["image_too_poor", 2]]})
    rows = table(study)
    assert [(row["score"], row["opt_out_code"]) for row in rows] == [
        ("", "image_too_poor"),
        ("2", ""),
    ]


def test_there_is_one_row_per_rating_that_counts(alice: User) -> None:
    study = make_rated_study(alice)
    first = Rating.objects.earliest("pk")
    Rating.objects.filter(pk=first.pk).update(is_current=False)
    Rating.objects.create(
        assignment=first.assignment,
        answer_id=uuid.uuid4(),
        revision=1,
        score=1,
        submitted_at=MORNING,
    )
    rows = table(study)
    assert len(rows) == export.tables(study=study)["ratings"].count() == 9
    assert [row["rating_id"] for row in rows].count(str(first.pk)) == 0
    assert [(row["score"], row["revision"]) for row in rows if row["revision"] != "0"] == [
        ("1", "1")
    ]


def test_a_study_without_ratings_has_a_header(alice: User) -> None:
    study = factories.make_open_study(alice)
    assert text(study) == ",".join(HEADER) + "\r\n"


def test_other_studies_are_not_in_the_table(alice: User) -> None:
    make_rated_study(alice)
    study = make_rated_study(alice, {"VERB": [[1]]})
    assert [row["study_id"] for row in table(study)] == [str(study.pk)]


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("+31", "'+31"),
        ("-", "'-"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("a = b", "a = b"),
        ("", ""),
    ],
)
def test_text_that_a_spreadsheet_would_run_is_guarded(text: str, guarded: str) -> None:
    assert export.guard_cell(text) == guarded


def test_a_word_painted_by_two_models_has_a_row_per_map_with_its_picture(alice: User) -> None:
    conditions = [{"name": "own"}, {"name": "other", "model": "another"}]
    study = factories.make_study(alice, conditions=conditions)
    prompt = factories.make_prompt(study)
    factories.make_generation(prompt)

    table = export.find(study=study, name="words")
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows()]

    first_word = [row["image_id"] for row in rows if row["word_index"] == 0]
    assert first_word == list(prompt.generations.order_by("pk").values_list("pk", flat=True))
    assert (len(first_word), len(rows)) == (2, table.count())


def test_prompts_words_and_models_are_guarded_in_the_table(alice: User) -> None:
    study = factories.make_study(alice, parts_of_speech=["X"])
    sentence = (('=HYPERLINK("x", "y")', "X", "dep", 0),)
    generation = factories.make_generation(factories.make_prompt(study, sentence=sentence))
    generation.provenance = {"model": "@cmd", "seed": -5}
    generation.save()
    open_(study, alice)
    give(study.items.get(), factories.make_rater(study), 3)
    (row,) = table(study)
    assert row["prompt"] == row["word"] == row["lemma"] == '\'=HYPERLINK("x", "y")'
    assert row["model"] == "'@cmd"
    assert row["seed"] == "-5"  # a number is no formula


def open_(study: Study, user: User) -> None:
    studies.open_study(study=study, user=user)
    study.refresh_from_db()
    studies.invite(study=study)


def test_commas_quotes_and_line_ends_survive() -> None:
    cells = ['a "b", c', "two\r\nlines", "ü‹›"]
    (piece,) = export.csv_pieces([cells])
    assert piece == '"a ""b"", c","two\r\nlines",ü‹›\r\n'
    assert next(csv.reader(io.StringIO(piece, newline=""))) == cells


def test_the_codebook_describes_every_column_of_every_table(alice: User) -> None:
    study = make_rated_study(alice)
    Procedure.objects.create(
        study=study, questionnaire=[{"name": "age", "type": "number", "text": "How old?"}]
    )
    described: dict[str, list[str]] = {}
    for row in table(study, "codebook"):
        described.setdefault(row["table"], []).append(row["name"])
        assert row["type"]
        assert row["meaning"]
    assert described.pop("ratings-matrix") == ["item_id", "RATER_ID"]
    assert described.pop("results")[:4] == ["about", "group", "other", "measure"]
    assert described == {
        "ratings": HEADER,
        "ratings-crowdkit": ["task", "worker", "label"],
    } | {
        name: text(study, name).partition("\r\n")[0].split(",")
        for name in (
            *("items", "prompts", "words", "raters", "assignments", "questionnaire", "practice"),
        )
    }
    assert all(len(set(names)) == len(names) for names in described.values())


def test_cells_are_what_the_codebook_says(alice: User) -> None:
    study = make_rated_study(alice)
    kinds: dict[str, Any] = {
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "text": str,
        "code": str,
    }
    kinds["time"] = datetime
    for found in export.tables(study=study).values():
        for row in found.rows():
            for column, cell in zip(found.columns, row, strict=True):
                assert cell is None or isinstance(cell, kinds[column.type]), column
                if column.type == "code" and cell:
                    assert cell in column.values.split(" | "), column


NASTY = ('"', "a,b", "two\r\nlines", "=1+1", "＝1", " ", "'", "ü‹›🎨", "x\ty", "%s %d", "\\")


def test_the_fast_way_writes_what_the_slow_way_writes(alice: User) -> None:
    """The bytes of Python's own csv module, whatever is in the database."""
    study = make_rated_study(alice, {"NOUN": [NUMBERS, NUMBERS, NUMBERS], "VERB": [NUMBERS]})
    nasty = cycle(NASTY)
    numbers = cycle([None, 0.1, 1 / 3, 1e-7, 1e22, 2.0, math.inf, 0.30000000000000004])
    for prompt in study.prompts.all():
        Prompt.objects.filter(pk=prompt.pk).update(text=next(nasty) + str(prompt.pk))
    for word in Word.objects.filter(prompt__study=study):
        Word.objects.filter(pk=word.pk).update(text=next(nasty), lemma=next(nasty))
    for rater in study.raters.all():
        study.raters.filter(pk=rater.pk).update(exclusion_reason=next(nasty), excluded_at=MORNING)
    for micro, rating in enumerate(Rating.objects.all()):
        at = MORNING + timedelta(microseconds=999_999 - micro if micro % 2 else 0)
        Rating.objects.filter(pk=rating.pk).update(
            language=next(nasty)[:10],
            opacity_final=next(numbers),
            pixel_ratio=next(numbers),
            side_by_side=(True, False, None)[micro % 3],
            reaction_ms=None if micro % 3 else 12,
            painted_at=None if micro % 4 else at,
            submitted_at=at,
        )
    for generation in study.generations.all():
        study.generations.filter(pk=generation.pk).update(
            provenance={"model": next(nasty), "seed": -3, "guidance": 7.5, "steps": None}
        )
    found = export.tables(study=study)["ratings"]
    slow = b"".join(formats.FORMATS["csv"].write(found.columns, found.rows()))
    assert b"".join(found.pieces("csv")) == slow
    assert slow.count(b"999998Z") == 0 < slow.count(b".999Z")


NUMBERS = (1, "image_too_poor", 5)


@pytest.mark.parametrize("share", [0, 0.5, 10])
def test_lines_are_the_same_from_texts_prepared_early_late_and_never(
    alice: User, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    study = make_rated_study(alice)
    before = text(study)
    monkeypatch.setattr(rating_lines, "_AT_ONCE", 1)
    monkeypatch.setattr(rating_lines, "_RATERS_AT_ONCE", 1)
    monkeypatch.setattr(rating_lines, "_WORTH_PREPARING", share)
    monkeypatch.setattr(shared_texts, "_MOST", 1)
    assert text(study) == before


def test_json_lines_hold_the_same_cells_unguarded(alice: User) -> None:
    study = make_rated_study(alice)
    Word.objects.filter(prompt__study=study).update(text="-")
    Rating.objects.update(opacity_final=math.inf)
    lines = [json.loads(line) for line in text(study, extension="jsonl").splitlines()]
    assert [list(line) for line in lines] == [HEADER] * 9
    assert {line["word"] for line in lines} == {"-"}
    assert {line["opacity_final"] for line in lines} == {None}
    assert lines[0]["submitted_at"] == "2026-03-01T09:00:05.000Z"
    assert [str(line["rating_id"]) for line in lines] == [row["rating_id"] for row in table(study)]


def test_parquet_has_the_types_of_the_codebook(alice: User) -> None:
    study = make_rated_study(alice)
    found = export.tables(study=study)
    for name, of in found.items():
        content = pyarrow.BufferReader(b"".join(of.pieces("parquet")))
        read = pyarrow.parquet.read_table(content)
        assert read.column_names == [column.name for column in of.columns]
        assert read.to_pylist() == [
            dict(zip(read.column_names, map(milliseconds, row), strict=True)) for row in of.rows()
        ], name
    schema = formats.parquet_schema(found["ratings"].columns)
    kinds = [str(schema.field(name).type) for name in ("score", "submitted_at", "simulated")]
    assert kinds == ["int64", "timestamp[ms, tz=UTC]", "bool"]
    assert schema.field("reaction_ms").metadata[b"unit"] == b"ms"


def milliseconds(cell: Any) -> Any:
    if not isinstance(cell, datetime):
        return cell
    return cell.replace(microsecond=cell.microsecond // 1000 * 1000)


def test_the_matrix_gives_the_alpha_of_the_results_page(alice: User) -> None:
    study = make_rated_study(alice)
    rater = study.raters.latest("pk")
    give(study.items.filter(pos="ADJ")[0], rater, 2, AssignmentPurpose.GOLD)
    study.raters.filter(pk=study.raters.earliest("pk").pk).update(excluded_at=MORNING)
    rows = table(study, shape="matrix")
    names = [name for name in rows[0] if name != "item_id"]
    assert len(names) == 2
    matrix = [[float(row[name] or "nan") for row in rows] for name in names]
    page = compute(study=study, filter=Filter())
    assert krippendorff_alpha(np.array(matrix)) == pytest.approx(page.overall.alpha.value)
    triples = table(study, shape="crowdkit")
    assert {(row["item_id"], name, row[name]) for row in rows for name in names if row[name]} == {
        (row["task"], row["worker"], row["label"]) for row in triples
    }
    assert len(triples) == page.overall.mos.n


def test_history_has_every_answer_and_what_was_never_answered(alice: User) -> None:
    study = make_rated_study(alice, {"NOUN": [[4]]})
    first = Rating.objects.get()
    Rating.objects.update(is_current=False)
    Rating.objects.create(
        assignment=first.assignment,
        answer_id=uuid.uuid4(),
        revision=1,
        score=1,
        submitted_at=MORNING,
    )
    assignments.draw(rater=study.raters.latest("pk"), count=1)
    rows = table(study, "assignments")
    assert [(row["status"], row["score"], row["is_current"]) for row in rows] == [
        ("submitted", "4", "false"),
        ("submitted", "1", "true"),
        ("open", "", ""),
    ]


def test_raters_have_counts_and_flags_and_no_panel_identity(alice: User) -> None:
    study = make_rated_study(alice, {"NOUN": [[4, "image_too_poor", 4]] * 4, "VERB": [[4]]})
    rater = study.raters.earliest("pk")
    Participant.objects.create(rater=rater, study=study, panel="prolific", identifier="SECRET-ID")
    rows = table(study, "raters")
    assert [(row["n_ratings"], row["n_opt_outs"]) for row in rows] == [
        ("5", "0"),
        ("4", "4"),
        ("4", "0"),
    ]
    for found in export.tables(study=study).values():
        assert b"SECRET-ID" not in b"".join(found.pieces("csv"))


def test_practice_is_a_table_of_its_own_with_what_was_right(alice: User) -> None:
    study = factories.make_open_study(alice)
    example = factories.make_example(study, Phase.TRAINING, right=4)
    rater = factories.make_rater(study, Phase.TRAINING)
    answer = Answer(answer_id=uuid.uuid4(), score=2, reaction_ms=900)
    practice.answer_example(rater=rater, example=example, answer=answer)
    (row,) = table(study, "practice")
    told = ("rater_id", "phase", "word", "accepted_low", "accepted_high", "score", "right")
    assert [row[name] for name in told] == [
        rater.pseudonym, "training", "circle", "4", "4", "2", "false"
    ]  # fmt: skip
    assert (row["accepted_opt_out"], row["attempt"], row["reaction_ms"]) == ("", "0", "900")
    assert table(study, "ratings") == []


@pytest.mark.django_db(transaction=True)
def test_a_table_is_of_one_moment_while_raters_go_on(alice: User) -> None:
    study = factories.make_open_study(alice)
    add_ratings(study, 20)
    pieces = export.tables(study=study)["raters"].pieces("csv")
    assert next(pieces).startswith(b"rater_id")

    def elsewhere() -> None:
        Rater.objects.filter(study=study).update(exclusion_reason="later")
        connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(elsewhere).result()
    assert b"later" not in b"".join(pieces)
    assert b"later" in b"".join(export.tables(study=study)["raters"].pieces("csv"))


@pytest.mark.django_db(transaction=True)
def test_who_stops_reading_leaves_nothing_open(alice: User) -> None:
    study = factories.make_open_study(alice)
    add_ratings(study, 5)
    pieces = export.tables(study=study)["ratings"].pieces("csv")
    next(pieces)
    pieces.close()
    factories.make_rater(study)
    assert study.raters.count() == 2


def test_site_and_engine_have_one_version() -> None:
    assert annotator.__version__ == engine_version


def test_memory_does_not_grow_with_the_table(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for rows in ("_AT_ONCE", "_AHEAD_AT_ONCE"):
        monkeypatch.setattr(rating_lines, rows, 100)
    study = factories.make_open_study(alice)
    add_ratings(study, 500)
    small = peak_bytes(study)
    add_ratings(study, 4_500)
    assert export.tables(study=study)["ratings"].count() == 5_000
    assert peak_bytes(study) < 1.3 * small


def peak_bytes(study: Study) -> int:
    # What is old is not looked at again, so that each piece's garbage can be taken away.
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    for _piece in export.tables(study=study)["ratings"].pieces("csv"):
        gc.collect()
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    gc.unfreeze()
    return peak


def add_ratings(study: Study, n: int) -> None:
    """`n` ratings by as many raters as that takes, straight into the tables."""
    items = list(study.items.all())
    raters = Rater.objects.bulk_create(
        Rater(study=study, invitation=study.invitations.get(), consented_at=MORNING, number=number)
        for number in range(study.raters.count(), study.raters.count() - (-n // len(items)))
    )
    pairs = [(item, rater) for rater in raters for item in items][:n]
    held = Assignment.objects.count()
    assignments = Assignment.objects.bulk_create(
        Assignment(
            item=item,
            rater=rater,
            status="submitted",
            slot=held + number,
            slots=held + n,
            trial=0,
            drawn_at=MORNING,
            deadline=MORNING + timedelta(hours=1),
        )
        for number, (item, rater) in enumerate(pairs)
    )
    Rating.objects.bulk_create(
        Rating(assignment=assignment, answer_id=uuid.uuid4(), score=3, submitted_at=MORNING)
        for assignment in assignments
    )
