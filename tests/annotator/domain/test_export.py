import csv
import io
import tracemalloc
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

import annotator
from annotator.domain import export, studies
from annotator.domain.codebook import COLUMNS, HEADER
from annotator.models import Assignment, Rater, Rating, Study
from daam_engine.version import __version__ as engine_version
from tests import factories
from tests.annotator.answers import MORNING, give, make_rated_study


def read(pieces: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(pieces), newline="")))


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
    (row,) = read(export.ratings_csv(study=study))
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
    rows = read(export.ratings_csv(study=study))
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
    rows = read(export.ratings_csv(study=study))
    assert len(rows) == export.count_rows(study=study) == 9
    assert [row["rating_id"] for row in rows].count(str(first.pk)) == 0
    assert [(row["score"], row["revision"]) for row in rows if row["revision"] != "0"] == [
        ("1", "1")
    ]


def test_a_study_without_ratings_has_a_header(alice: User) -> None:
    study = factories.make_open_study(alice)
    assert "".join(export.ratings_csv(study=study)) == ",".join(HEADER) + "\r\n"


def test_other_studies_are_not_in_the_table(alice: User) -> None:
    make_rated_study(alice)
    study = make_rated_study(alice, {"VERB": [[1]]})
    assert [row["study_id"] for row in read(export.ratings_csv(study=study))] == [str(study.pk)]


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


def test_prompts_words_and_models_are_guarded_in_the_table(alice: User) -> None:
    study = factories.make_study(alice, parts_of_speech=["X"])
    sentence = (('=HYPERLINK("x", "y")', "X", "dep", 0),)
    generation = factories.make_generation(factories.make_prompt(study, sentence=sentence))
    generation.provenance = {"model": "@cmd", "seed": -5}
    generation.save()
    open_(study, alice)
    give(study.items.get(), factories.make_rater(study), 3)
    (row,) = read(export.ratings_csv(study=study))
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


def test_the_codebook_describes_every_column_once() -> None:
    header, *rows = export.codebook_rows()
    assert header == ["name", "type", "unit", "allowed_values", "meaning"]
    assert [row[0] for row in rows] == list(HEADER)
    assert len(set(HEADER)) == len(HEADER)
    assert all(row[1] and row[4] for row in rows)
    score = next(column for column in COLUMNS if column.name == "score")
    assert score.values == "1 to 5"
    prompt = next(row for row in rows if row[0] == "prompt")
    assert "an apostrophe stands before one that starts like a formula" in prompt[3]


def test_site_and_engine_have_one_version() -> None:
    assert annotator.__version__ == engine_version


def test_the_table_comes_from_one_query(alice: User, django_assert_num_queries: Any) -> None:
    study = make_rated_study(alice)
    with django_assert_num_queries(1):
        assert len(list(export.rating_rows(study=study))) == 9


def test_memory_does_not_grow_with_the_table(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ROWS_PER_CHUNK", 100)
    study = factories.make_open_study(alice)
    add_ratings(study, 500)
    small = peak_bytes(study)
    add_ratings(study, 4_500)
    assert export.count_rows(study=study) == 5_000
    assert peak_bytes(study) < 1.3 * small


def peak_bytes(study: Study) -> int:
    tracemalloc.start()
    for _piece in export.ratings_csv(study=study):
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
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
