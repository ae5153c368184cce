"""Ratings made elsewhere: what is recognised, what is refused, and what becomes of the rest."""

from __future__ import annotations

import tracemalloc
from typing import Any

import krippendorff
import numpy as np
import pytest
from django.contrib.auth.models import User
from numpy.testing import assert_allclose, assert_array_equal

from annotator.domain import analyses
from annotator.domain.elsewhere import files, reading
from annotator.domain.elsewhere.inspection import Inspection
from annotator.domain.elsewhere.stored import stored
from annotator.domain.elsewhere.tidy import tidy_rows
from annotator.domain.export import csv_pieces
from annotator.domain.results.filters import Filter
from annotator.domain.results.loading import load_answers
from annotator.domain.results.rater_results import RaterResults
from annotator.enums import UploadStatus
from annotator.errors import UploadRefused, WrongStatus
from annotator.models import ImportedRatings
from tests import factories
from tests.annotator.domain.elsewhere.tables import imported, inspected, kept, ratings, refusals
from tests.annotator.domain.tables import exported_csv

PLAIN = "task,worker,label\na,ann,5\na,bob,4\nb,ann,1\n"
SCALE = ("1", "2", "3", "4", "5")


# -- what is recognised --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        "\ufeff" + PLAIN.replace(",", "\t").replace("\n", "\r\n"),
        "Item_ID,comment,Rater_ID,Score\na,,ann,5\na,x,bob,4.0\nb,,ann, 1\n\n",
        "task,worker,label\na,ann,Excellent\na,bob, good\nb,ann,BAD\n",
        "task,worker,label\na,ann,4\na,bob,3\nb,ann,0\n",
        "task,worker,label\na,ann,Matches exactly\na,bob,Has a few minor discrepancies\n"
        "b,ann,Does not match at all\n",
    ],
)
def test_a_table_is_read_whatever_its_names_separators_and_labels(text: str) -> None:
    found = inspected(text)

    assert ratings(found) == [("a", "ann", 5), ("a", "bob", 4), ("b", "ann", 1)]
    assert refusals(found) == []


MTURK = "HITId,AssignmentId,WorkerId,Input.image_url,"


def test_a_mechanical_turk_file_with_an_answer_per_hit_is_read() -> None:
    found = inspected(f"{MTURK}Answer.rating\nH1,A1,W1,cat.png,4\nH1,A2,W2,cat.png,2\n")

    assert ratings(found) == [("H1", "W1", 4), ("H1", "W2", 2)]
    assert found.unused == ["AssignmentId", "Input.image_url"]


def test_a_mechanical_turk_file_with_several_items_per_hit_is_read() -> None:
    header = f"{MTURK}Answer.faithful.1,Answer.faithful.2,Answer.real.1"

    found = inspected(f"{header}\nH1,A1,W1,x,4,5,1\nH1,A2,W2,x,2,3,2\n")
    other = inspected(f"{header}\nH1,A1,W1,x,4,5,1\n", question="Answer.real")

    assert sorted(ratings(found)) == [
        ("H1/1", "W1", 4),
        ("H1/1", "W2", 2),
        ("H1/2", "W1", 5),
        ("H1/2", "W2", 3),
    ]
    assert found.unused == ["AssignmentId", "Input.image_url", "Answer.real.1"]
    assert ratings(other) == [("H1/1", "W1", 1)]


def test_a_mechanical_turk_file_with_a_column_per_point_is_read() -> None:
    columns = ",".join(f"Answer.q.{point}.on" for point in SCALE)
    rows = "H1,A1,W1,x,false,false,true,false,false\nH2,A2,W1,x,true,true,false,false,false\n"

    found = inspected(f"{MTURK}{columns}\n{rows}")

    assert ratings(found) == [("H1", "W1", 3)]
    assert refusals(found) == [(3, "The label is not on the scale.")]


def test_any_column_can_be_chosen() -> None:
    text = "picture,who,quality,kind\np1,ann,3,cat\np2,ann,2,dog\n"
    with pytest.raises(UploadRefused, match="No column for the task and the worker and the label"):
        inspected(text)

    found = inspected(text, task="picture", worker="who", question="quality", group="kind")

    assert ratings(found) == [("p1", "ann", 3), ("p2", "ann", 2)]
    assert found.cells.group.names == ("cat", "dog")
    assert found.unused == []


# -- on which scale ------------------------------------------------------------------------------


def labelled(*labels: str, **choices: Any) -> Inspection:
    rows = [f't{n},ann,"{label}"' for n, label in enumerate(labels)]
    return inspected("\n".join(["task,worker,label", *rows]), **choices)


@pytest.mark.parametrize(
    ("labels", "scale", "values"),
    [
        (("7", "2", "5"), ("1", "2", "3", "4", "5", "6", "7"), (1, 2, 3, 4, 5, 6, 7)),
        (("0", "4.0", "3"), ("0", "1", "2", "3", "4"), (0, 1, 2, 3, 4)),
        (("−2", "2"), ("-2", "-1", "0", "1", "2"), (-2, -1, 0, 1, 2)),
        (("0", "1", "1"), ("0", "1"), (0, 1)),
        (("50", "0", "100"), ("0", "50", "100"), (0, 50, 100)),
        (("1", "1.5", "2"), ("1", "1.5", "2"), (1, 1.5, 2)),
        (("4,5", "3.0", "2,5"), ("2.5", "3", "4.5"), (2.5, 3, 4.5)),
        (("YES", "no"), ("No", "Yes"), (1, 2)),
        (
            ("agree", "Strongly agree", "neutral"),
            ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"),
            (1, 2, 3, 4, 5),
        ),
    ],
)
def test_a_scale_of_numbers_or_well_known_words_is_recognised(
    labels: tuple[str, ...], scale: tuple[str, ...], values: tuple[float, ...]
) -> None:
    found = labelled(*labels)

    assert (found.judged.scale.labels, found.judged.scale.values) == (scale, values)
    assert found.judged.scale.ordered
    assert refusals(found) == []


def test_other_words_are_names_without_an_order_until_a_person_orders_them() -> None:
    found = labelled("cat", "Dog", "dog", "dog", "cat ")
    ordered = labelled("small", "large", "huge", scale=("small", "large", "huge"), ordered=True)

    assert found.judged.scale.labels == ("dog", "cat")
    assert not found.judged.scale.ordered
    assert [point for *_, point in ratings(ordered)] == [1, 2, 3]


def test_what_is_no_scale_is_told_in_a_sentence() -> None:
    with pytest.raises(UploadRefused, match="87 different numbers, and a scale has at most 11"):
        labelled(*map(str, range(87)))
    with pytest.raises(UploadRefused, match="40 different texts, and at most 30"):
        labelled(*(f"comment {n}" for n in range(40)))
    assert labelled(*map(str, range(87)), scale=SCALE).n_ratings == 5


def test_scores_are_the_files_own_numbers(alice: User) -> None:
    text = "task,worker,label\na,ann,0\na,bob,100\nb,ann,75\nc,ann,25\nd,ann,50\n"

    file = imported(alice, text, keep_names=True)

    assert stored(file).answers.score.tolist() == [0, 100, 75, 25, 50]
    found = analyses.state_of_import(imported=file).results()
    assert found is not None
    assert found.overall.mos.value == 50
    assert found.overall.fair.value == 0.6
    assert found.raters.raters[0].mean == 37.5


def test_the_unit_of_a_scale_changes_no_judgement_of_raters(alice: User) -> None:
    rows = [(t, w, (t * 7 + w * 3 + t * w) % 5) for t in range(40) for w in range(4)]

    def found(times: int) -> RaterResults:
        lines = [f"{t},{w},{times * s}" for t, w, s in rows]
        file = imported(alice, "\n".join(["task,worker,label", *lines]), keep_names=True)
        results = analyses.state_of_import(imported=file).results()
        assert results is not None
        return results.raters

    for one, other in zip(found(1).raters, found(25).raters, strict=True):
        assert_allclose(
            [25 * one.mean, 25 * one.severity, 25 * one.noise, one.alpha_change],
            [other.mean, other.severity, other.noise, other.alpha_change],
        )


def test_names_have_nominal_agreement_and_nothing_that_needs_an_order(alice: User) -> None:
    labels = {"a": "xx", "b": "xy", "c": "yy", "d": "zz", "e": "zx"}
    pairs = [(t, w, label) for t, both in labels.items() for w, label in enumerate(both)]
    lines = [f"{t},{w},{label}" for t, w, label in pairs]

    file = imported(alice, "\n".join(["task,worker,label", *lines]))
    found = analyses.state_of_import(imported=file).results()

    assert found is not None
    measured = {one.name: one.estimate.value for one in found.overall.agreement}
    codes = np.array([["xyz".index(both[w]) for both in labels.values()] for w in range(2)])
    other = krippendorff.alpha(codes, level_of_measurement="nominal")
    assert_allclose(measured["alpha_nominal"], other)
    assert measured["exact"] == 0.6
    assert "within_one" not in measured
    assert np.isnan(found.overall.mos.value)
    assert (found.sureness, found.outlook.goals, found.comparisons) == (None, (), ())


def test_a_task_in_several_groups_is_a_task_in_each(alice: User) -> None:
    text = "task,worker,label,group\na,ann,5,x\na,ann,1,y\nb,ann,3,x\na,bob,4,x\nb,,2,y\n"

    found = inspected(text)

    # Nobody's rating of b in another group makes it no task of two.
    assert (found.n_split, refusals(found)) == (1, [(6, "The worker is empty.")])
    assert ratings(found) == [
        ("a / x", "ann", 5),
        ("a / y", "ann", 1),
        ("b", "ann", 3),
        ("a / x", "bob", 4),
    ]
    with pytest.raises(UploadRefused, match="51 different ones"):
        inspected(
            "\n".join(["task,worker,label,group", *(f"a,{n},5,{n}" for n in range(51))]),
        )


# -- what is refused -----------------------------------------------------------------------------


def test_columns_without_a_name_are_called_by_their_place() -> None:
    found = inspected(",task,worker,label,,\n0,a,ann,5,x,\n1,b,ann,4,y,\n")

    assert ratings(found) == [("a", "ann", 5), ("b", "ann", 4)]
    assert found.unused == ["column 1", "column 5", "column 6"]
    assert found.cells.group.names == ("",)


def test_every_line_that_is_no_rating_is_refused_with_its_reason() -> None:
    text = "task,worker,label\na,ann,5\nb,ann,\nc,ann,9\n,ann,1\nd,,1\ne,ann,2,2\nf,ann,great\n"

    found = inspected(text, scale=SCALE)

    assert ratings(found) == [("a", "ann", 5)]
    assert refusals(found) == [
        (3, "The label is empty."),
        (4, "The label is not on the scale."),
        (5, "The task is empty."),
        (6, "The worker is empty."),
        (7, "This row has 4 fields and the header 3."),
        (8, "The label is not on the scale."),
    ]
    assert sum(found.refused_by_reason().values()) == found.n_refused == 6


def test_a_quotation_mark_that_is_never_closed_is_told_with_the_lines_it_takes() -> None:
    found = inspected('task,worker,label\na,ann,5\nb,"ann,4\nc,bob,3\n')

    assert ratings(found) == [("a", "ann", 5)]
    assert refusals(found) == [
        (
            3,
            "This row has 2 fields and the header 3. It runs to line 5: a quotation mark may never "
            "be closed.",
        )
    ]


def test_a_line_that_no_result_would_use_is_refused() -> None:
    header = "task,worker,label,heat_map_kind,simulated\n"

    found = inspected(f"{header}a,ann,5,foo,\nb,ann,4,real,\nc,ann,3,,TRUE\nd,ann,2,,maybe\n")

    assert ratings(found) == [("b", "ann", 4), ("c", "ann", 3)]
    (kind, _), (neither, _) = ((why, line) for line, why in refusals(found))
    assert kind.startswith("The heat_map_kind is none of real, ")
    assert neither == "What stands under simulated is neither true nor false."


def test_a_rating_given_twice_is_refused_or_its_last_kept_on_request() -> None:
    text = "task,worker,label\na,ann,5\na,bob,4\na,ann,1\na,ann,77\n"

    refused, kept = inspected(text), inspected(text, keep_last=True)

    assert ratings(refused) == [("a", "bob", 4)]
    assert [line for line, _ in refusals(refused)] == [2, 4, 5]
    # A label off the scale is nobody's last rating.
    assert ratings(kept) == [("a", "bob", 4), ("a", "ann", 1)]
    assert [line for line, _ in refusals(kept)] == [2, 5]


def test_labels_can_mean_that_there_is_no_score() -> None:
    found = inspected(
        "task,worker,label\na,ann,Unable to answer\nb,ann,4\n", opt_outs=("unable to answer",)
    )

    assert ratings(found) == [("a", "ann", 0), ("b", "ann", 4)]
    assert found.judged.opt_out.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04sheet", "a spreadsheet or a ZIP"),
        (b"\xd0\xcf\x11\xe0sheet", "a spreadsheet. Save it"),
        (b"\x1f\x8b\x08", "packed. Unpack it"),
        (b"%PDF-1.4\n%\xe2\xe3", "not a table. Upload the table itself"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>\n<title>Log in</title>", "a web page or XML"),
        (b'[{"task": "a", "worker": "ann", "label": 5}]', "JSON. Write it as CSV"),
        ("task,worker,label\n".encode("utf-16"), "The file is in UTF-16"),
        ("task,worker,label\n".encode("utf-16-le"), "Line 1 holds a byte that is zero"),
        (b"task,worker,label\n" + b"a,ann,5\n" * 9000 + b"a,\0,5\n", "Line 9002 holds a byte"),
        (b"task,label\na,5\n", "has 2 of the three columns or more that are needed"),
        (b"task|worker|label\na|ann|5\n", "Separate them by commas, semicolons or tabs."),
        (
            b'task,"worker,label\na,ann,5\n',
            "label: task, worker,label a,ann,5. Separate them by commas, semicolons or tabs. A "
            "quotation mark may never be closed.",
        ),
        (b"\xef\xbb\xbf \n", "The file is empty"),
        (b"task,worker,label\n", "a header and no rating below it"),
        (b"task,worker,label\na,b\xe9,1\n", "Line 2 is not UTF-8"),
        (b"task,task,label\n", "“task” is there twice"),
        (b"x" * 201 + b",worker,label\na,ann,5\n", "more than 200 letters"),
        (b'task,worker,label\na,"ann,1\n' + b"x" * 200_000, "Line 2 cannot be read"),
        (b'"task,worker,label\n' + b"x" * 200_000, "Line 1 cannot be read"),
        ("\u00a0\n".encode(), "The file is empty"),
        (b" " * 70_000 + b"\ntask,worker,label\n", "a header and no rating below it"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    alice: User, content: bytes, sentence: str
) -> None:
    try:
        problem = files.preview(kept(alice, content)).problem
    except UploadRefused as refusal:
        problem = str(refusal)

    assert sentence in problem


def test_a_file_too_large_says_how_large_it_may_be(alice: User, settings: Any) -> None:
    settings.MAX_RATINGS_BYTES = 10

    with pytest.raises(UploadRefused, match="room for more than a million ratings"):
        files.keep_file(user=alice, name="x", file_name="x.csv", content=PLAIN.encode())


# -- what is imported ----------------------------------------------------------------------------


def test_imported_ratings_are_answers(alice: User) -> None:
    text = "task,worker,label,group\na,ann,5,cat\nb,bob,4,dog\na,bob,x,cat\nb,ann,no,dog\n"

    found = stored(imported(alice, text, opt_outs=("no",), keep_names=True)).answers

    assert found.item_keys.tolist() == ["a", "b"]
    assert found.raters == ("ann", "bob")
    assert_array_equal(found.score, [5, 4, np.nan])
    assert found.opt_out.tolist() == [0, 0, 2]
    assert found.counts.tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, 1, 0]]
    assert found.of_pos("dog").item_keys.tolist() == ["b"]


def test_one_long_name_takes_no_place_for_all_others(alice: User) -> None:
    """In an array of texts, 5,000 tasks beside this one would take two gigabytes."""
    rest = "".join(f"{number},ann,5\n" for number in range(5_000))

    tracemalloc.start()
    try:
        file = imported(alice, f"task,worker,label\n{'x' * 100_000},ann,4\n{rest}")
        found = stored(file).answers
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found.n_items == 5_001
    assert peak < 50_000_000


def test_workers_names_are_kept_on_request_only(alice: User) -> None:
    text = PLAIN.replace("ann", "A3WORKERID")

    file = imported(alice, text)

    assert all(b"A3WORKERID" not in bytes(value) for value in (file.content, file.arrays))
    first, again = (stored(f).answers.raters for f in (file, imported(alice, text)))
    assert len(set(first)) == 2
    assert not set(first) & set(again)


def test_what_was_refused_is_told_after_the_import_too(alice: User) -> None:
    file = imported(alice, PLAIN + "c,ann,99\n")

    assert file.summary["ratings"] == 3
    assert file.summary["refused"] == {"The label is not on the scale.": 1}
    assert bytes(file.content) == b""


def test_an_import_is_done_once_and_not_without_ratings(alice: User) -> None:
    file = imported(alice, PLAIN)
    files.request_import(imported=file)
    assert ImportedRatings.objects.get().imported_at == file.imported_at

    with pytest.raises(WrongStatus, match="No line of this file"):
        files.request_import(imported=kept(alice, "task,worker,label\na,ann,\n"))


def test_what_this_site_exports_comes_back_as_it_was(alice: User) -> None:
    study = factories.make_open_study(alice, random_blob_percent=50)
    raters = [factories.make_rater(study) for _ in range(3)]
    for rater, score in zip(raters, (5, 3, 1), strict=True):
        factories.rate(rater, score, count=4)
    factories.rate(raters[0], None, opt_out="image_too_poor")
    raters[2].excluded_at = study.created_at
    raters[2].save()

    text = exported_csv(study)
    file = imported(alice, text, keep_names=True)

    before, after = load_answers(study=study, filter=Filter()), stored(file).answers
    assert file.summary["left_out"] == {"excluded rater": 4}
    assert file.summary["refused"] == {}
    order = np.argsort(after.item_keys.astype(int))
    assert after.item_keys[order].astype(int).tolist() == before.item_keys.tolist()
    assert_array_equal(after.counts[order], before.counts)
    assert_array_equal(after.opt_outs[order], before.opt_outs)
    assert set(after.raters) == set(before.raters)
    for name in ("pos", "kind"):
        was, now = getattr(before, name), getattr(after, name)
        assert [now.names[now.codes[i]] for i in order] == [was.names[c] for c in was.codes]


def test_simulated_raters_of_an_export_stay_simulated(alice: User) -> None:
    study = factories.make_open_study(alice)
    raters = [factories.make_rater(study) for _ in range(3)]
    for rater, score in zip(raters, (5, 3, 1), strict=True):
        factories.rate(rater, score, count=4)
    raters[1].simulated = True
    raters[1].save()

    file = imported(alice, exported_csv(study), keep_names=True)
    again = imported(alice, "".join(csv_pieces(tidy_rows(file))), keep_names=True)

    before = load_answers(study=study, filter=Filter())
    was = dict(zip(before.raters, before.simulated.tolist(), strict=True))
    assert sorted(was.values()) == [False, False, True]
    for one in (file, again):
        after = stored(one).answers
        assert dict(zip(after.raters, after.simulated.tolist(), strict=True)) == was
    found = analyses.state_of_import(imported=file).results()
    assert found is not None
    assert found.n_simulated == 4


def test_an_imports_numbers_are_those_of_the_study_it_came_from(alice: User) -> None:
    study = factories.make_open_study(alice)
    for score in (5, 3):
        factories.rate(factories.make_rater(study), score, count=7)
    was = analyses.state(study=study, filter=Filter()).results()
    assert was is not None

    file = imported(alice, exported_csv(study))
    now = analyses.state_of_import(imported=file).results()

    assert now is not None
    for before, after in zip(was.rows, now.rows, strict=True):
        assert (after.pos, after.scores, after.n_raters) == (
            before.pos,
            before.scores,
            before.n_raters,
        )
        assert_allclose(after.mos.value, before.mos.value)
        assert_allclose(
            [measured.estimate.value for measured in after.agreement],
            [measured.estimate.value for measured in before.agreement],
        )


def test_any_group_has_numbers_of_its_own(alice: User) -> None:
    file = imported(alice, "task,worker,label,group\na,ann,5,cat\nb,ann,3,a dog\nc,ann,1,\n")

    found = analyses.state_of_import(imported=file).results()

    assert found is not None
    assert [(row.name, row.mos.value) for row in found.rows] == [
        ("all", 3.0),
        ("a dog", 3.0),
        ("cat", 5.0),
    ]


def test_a_large_import_is_computed_by_a_worker(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyses, "AT_ONCE", 2)
    file = imported(alice, PLAIN)
    waiting = analyses.state_of_import(imported=file)
    assert (waiting.is_waiting, waiting.results()) == (True, None)

    analysis = analyses.claim(waiting.analysis.pk)
    assert analysis is not None
    analyses.run(analysis)

    found = analyses.state_of_import(imported=file)
    assert found.is_current
    assert found.results() is not None


def test_what_a_worker_found_is_not_recorded_when_another_reading_was_chosen(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 2)
    file = kept(alice, PLAIN)
    old = ImportedRatings.objects.get()
    ImportedRatings.objects.update(choices={**file.choices, "scale": ["5", "4", "1"]})

    files.look(old)

    assert ImportedRatings.objects.get().status == UploadStatus.INSPECTING


def test_a_file_that_no_worker_touched_is_sent_again_and_an_old_one_forgotten(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 2)
    waiting, done = kept(alice, PLAIN), imported(alice, "task,worker,label\na,ann,1\n")
    soon, late = waiting.touched_at + files.SILENT_AFTER, waiting.touched_at + files.KEPT_FOR

    assert files.resend_stuck(at=soon) == 0
    assert files.resend_stuck(at=soon + files.STUCK_AFTER) == 1
    assert files.drop_old(at=late + files.STUCK_AFTER) == 1
    assert ImportedRatings.objects.get() == done


def test_an_answer_too_many_is_refused_because_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "MOST_ANSWERS", 2)
    monkeypatch.setattr(reading, "_PIECE", 1)

    with pytest.raises(UploadRefused, match="more than 2 answers"):
        inspected(PLAIN + "c,ann,1\n")
