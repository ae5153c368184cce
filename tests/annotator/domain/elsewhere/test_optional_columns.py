"""Times, known answers and rounds in files of ratings made elsewhere."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.contrib.auth.models import User
from numpy.testing import assert_array_equal

from annotator.domain import analyses
from annotator.domain.elsewhere import files
from annotator.domain.elsewhere.stored import stored
from annotator.domain.elsewhere.tidy import tidy_rows
from annotator.domain.elsewhere.times import NO_TIME, milliseconds_of
from annotator.domain.export import csv_pieces
from annotator.domain.results.summary import Results
from annotator.errors import UploadRefused, WrongStatus
from annotator.models import ImportedRatings
from tests.annotator.domain.elsewhere.tables import imported, inspected, kept, ratings, refusals


def results_of(file: ImportedRatings) -> Results:
    found = analyses.state_of_import(imported=file).results()
    assert found is not None
    return found


# -- rounds --------------------------------------------------------------------------------------

ROUNDS = """task,worker,label,round
a,ann,5,1
a,ann,4,2
a,bob,4,1
b,ann,1,2
a,bob,4,3
b,bob,x,1
b,bob,2,2
"""


def test_later_rounds_are_repeats_of_the_first_that_can_be_used() -> None:
    found = inspected(ROUNDS)

    # Of b, ann's only round is the second, and bob's first cannot be used.
    assert found.choices.round == "round"
    assert found.cells.line[found.ratings].tolist() == [2, 4, 5, 8]
    assert found.cells.line[found.judged.again].tolist() == [3, 6]
    assert (found.n_ratings, found.n_repeats, found.unused) == (4, 2, [])


def test_repeats_are_compared_with_the_first_rating_and_in_no_other_number(alice: User) -> None:
    file = imported(alice, ROUNDS, keep_names=True)

    ours = stored(file)
    assert ours.answers.n_ratings == file.summary["ratings"] == 4
    assert ours.answers.counts.tolist() == [[0, 0, 0, 1, 1], [1, 1, 0, 0, 0]]
    repeats = ours.repeats
    pairs = zip(
        repeats.rater.tolist(), repeats.first.tolist(), repeats.second.tolist(), strict=True
    )
    assert sorted(pairs) == [(0, 5, 4), (1, 4, 4)]
    found = results_of(file).raters
    measured = {one.name: one.estimate.value for one in found.self_agreement}
    assert (measured["exact"], measured["within_one"]) == (0.5, 1)
    assert {(one.name, one.same, one.repeats) for one in found.raters} == {
        ("ann", 0, 1),
        ("bob", 1, 1),
    }


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [("repeat", "", "1"), ("is_repeat", "False", "TRUE"), ("round", "2", "10")],
)
def test_rounds_are_numbers_or_yes_and_no(name: str, first: str, second: str) -> None:
    found = inspected(f"task,worker,label,{name}\na,ann,5,{second}\na,ann,4,{first}\n")

    assert (ratings(found)[1], found.judged.again.tolist()) == (("a", "ann", 4), [True, False])
    assert refusals(found) == []


def test_the_repeats_of_this_sites_export_are_compared_too() -> None:
    header = "task,worker,label,purpose\n"

    found = inspected(f"{header}a,ann,5,rating\na,ann,4,repeat\nb,ann,1,gold\n")

    assert (found.n_ratings, found.n_repeats, found.left_out) == (1, 1, {"gold": 1})


def test_a_line_twice_in_one_round_is_refused_with_its_number_as_is_one_without_a_round() -> None:
    text = "task,worker,label,round\na,ann,5,1\na,ann,4,1.0\na,ann,3,2\nb,ann,1,later\n"

    found = inspected(text)

    assert [line for line, _ in refusals(found)] == [2, 3, 5]
    assert "on another line too" in refusals(found)[0][1]
    assert refusals(found)[2][1].startswith("The round is no number")
    unread = inspected(text, round="")
    assert [line for line, _ in refusals(unread)] == [2, 3, 4]
    assert unread.unused == ["round"]


# -- known answers -------------------------------------------------------------------------------

KNOWN = """task,worker,label,expected
a,ann,cat,cat
a,bob,dog,cat
b,ann,dog,dog
b,bob,?,dog
c,ann,cat,
c,bob,cat,
d,ann,cat,fish
"""


def test_ratings_are_compared_with_known_answers_and_an_opt_out_is_none(alice: User) -> None:
    file = imported(alice, KNOWN, opt_outs=("?",), keep_names=True)

    assert list(file.summary["refused"].values()) == [1]  # nobody says fish
    found = results_of(file)
    assert found.n_ratings == 6
    (exact,) = found.raters.accuracy
    assert (exact.estimate.value, exact.estimate.n) == (0.5, 4)
    assert {(one.name, one.right, one.known) for one in found.raters.raters} == {
        ("ann", 2, 2),
        ("bob", 0, 2),
    }


def test_tasks_with_a_known_answer_are_left_out_of_other_numbers_on_request(alice: User) -> None:
    text = KNOWN.replace("c,bob,cat,", "a,cy,cat,")

    file = imported(alice, text, opt_outs=("?",), checks_apart=True, keep_names=True)

    # What stands on a line without the known answer is an answer to the same task.
    assert stored(file).answers.item_keys.tolist() == ["c"]
    assert file.summary["ratings"] == 1
    found = results_of(file)
    assert (found.n_ratings, found.raters.accuracy[0].estimate.n) == (1, 4)
    assert {one.name for one in found.raters.raters} == {"ann", "bob"}


def test_a_file_of_checks_alone_is_not_imported_without_numbers(alice: User) -> None:
    file = kept(alice, "task,worker,label,gold\na,ann,5,4\n", checks_apart=True)

    with pytest.raises(WrongStatus, match="Every task has a known answer"):
        files.request_import(imported=file)


def test_a_known_answer_off_the_scale_is_refused_with_what_to_do() -> None:
    found = inspected("task,worker,label,gold\na,ann,5,4\nb,ann,3,9\nc,ann,1,\n")

    assert refusals(found) == [
        (
            3,
            "The known answer is not on the scale. Add it to the labels, or choose another column.",
        )
    ]
    assert found.judged.known.tolist() == [4, 0, 0]


def test_a_column_that_says_only_whether_there_is_a_known_answer_holds_none() -> None:
    found = inspected("task,worker,label,gold\na,ann,5,TRUE\nb,ann,3,\n")

    assert (found.choices.known, found.unused) == ("", ["gold"])


def test_one_known_answer_for_several_tasks_of_a_line_is_refused() -> None:
    text = "HITId,WorkerId,gold,Answer.q.1,Answer.q.2\nH1,W1,4,4,5\n"

    assert inspected(text).choices.known == ""
    with pytest.raises(UploadRefused, match="“gold” cannot say to which of them"):
        inspected(text, known="gold")


# -- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2012-03-14T16:15:43.120Z", "2012-03-14T16:15:43.120"),
        ("2012-03-14 17:15+01:00", "2012-03-14T16:15:00"),
        ("2012-03-14 16:15:43 UTC", "2012-03-14T16:15:43"),
        ("2012-03-14", "2012-03-14"),
        ("Wed Mar 14 09:15:43 PDT 2012", "2012-03-14T16:15:43"),
        ("1331741743", "2012-03-14T16:15:43"),
        ("1331741743120", "2012-03-14T16:15:43.120"),
        ("", None),
        ("3/14/2012 9:15", None),
        ("Wed Mar 34 09:15:43 PDT 2012", None),
        ("Wed Mar 14 09:15:43 CET 2012", None),
        ("12", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
)
def test_times_are_read_as_iso_as_mturk_writes_them_and_since_1970(
    text: str, at: str | None
) -> None:
    expected = NO_TIME if at is None else int(np.datetime64(at, "ms").astype(np.int64))

    assert milliseconds_of(text) == expected


def test_the_last_of_several_is_the_last_by_time() -> None:
    text = (
        "HITId,WorkerId,SubmitTime,Answer.q\n"
        "a,ann,Wed Mar 14 09:15:43 PDT 2012,5\na,ann,Wed Mar 14 09:15:43 PST 2012,4\n"
        "a,ann,Wed Mar 14 09:15:42 PDT 2012,3\na,ann,yesterday,2\n"
    )

    found = inspected(text, keep_last=True)

    assert ratings(found) == [("a", "ann", 4)]
    assert found.span == ("2012-03-14 17:15", "2012-03-14 17:15")
    assert inspected(text.replace("SubmitTime", "x"), keep_last=True).judged.point[3] == 2


def test_imported_ratings_are_in_the_order_of_their_times(alice: User) -> None:
    text = "task,worker,label,submitted_at\na,ann,5,2026-01-02\nb,ann,4,2026-01-01\nc,ann,3,?\n"

    file = imported(alice, text, keep_names=True)

    answers = stored(file).answers
    assert answers.item_keys[answers.item].tolist() == ["c", "b", "a"]
    assert answers.submitted_at.astype(str).tolist() == [
        "NaT",
        "2026-01-01T00:00:00.000",
        "2026-01-02T00:00:00.000",
    ]
    assert file.summary["span"] == ["2026-01-01 00:00", "2026-01-02 00:00"]


# -- all of them ---------------------------------------------------------------------------------


def test_what_is_taken_away_has_the_columns_and_is_read_again_as_it_was(alice: User) -> None:
    text = (
        "task,worker,label,submitted_at,expected,round\n"
        "a,ann,-2,2026-01-01T10:00:00Z,-1,1\na,ann,2,2026-01-01T10:00:01.5Z,-1,3\nb,ann,0,,,1\n"
    )

    file = imported(alice, text, keep_names=True)
    lines = "".join(csv_pieces(tidy_rows(file)))

    assert lines.splitlines() == [
        "task,worker,label,group,opt_out_code,heat_map_kind,simulated,submitted_at,expected,round",
        "b,ann,0,,,real,false,,,1",
        "a,ann,-2,,,real,false,2026-01-01T10:00:00.000Z,-1,1",
        "a,ann,2,,,real,false,2026-01-01T10:00:01.500Z,-1,2",
    ]
    again = imported(alice, lines, keep_names=True)
    was, now = (stored(one).answers for one in (file, again))
    assert now.item_keys[now.item].tolist() == was.item_keys[was.item].tolist()
    for name in ("rater", "score", "at", "known", "again"):
        assert_array_equal(stored(again).columns[name], stored(file).columns[name])


def test_what_was_imported_before_these_columns_were_read_has_none(alice: User) -> None:
    file = imported(alice, "task,worker,label\na,ann,5\nb,ann,4\n", keep_names=True)
    columns = dict(stored(file).columns)
    for name in ("at", "known", "round", "again"):
        del columns[name]
    old = io.BytesIO()
    np.savez(old, **columns)
    file.arrays = old.getvalue()

    found = stored(file)

    assert found.answers.score.tolist() == [5, 4]
    assert (len(found.repeats.rater), len(found.known_answers.rater)) == (0, 0)
    assert len(list(tidy_rows(file))) == 3
