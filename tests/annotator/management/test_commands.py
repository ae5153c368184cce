import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command

from annotator.models import Rating, Study
from tests import factories
from tests.annotator.answers import make_rated_study


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


def run(*arguments: Any) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_agreement_prints_every_number_with_low_and_high(study: Study) -> None:
    found = json.loads(run("agreement", study.pk, "--json"))
    assert found["n_ratings"] == {"value": 9, "low": 9, "high": 9}
    assert found["n_scores"]["value"] == 7
    mos, alpha = found["mos"], found["krippendorff_alpha_ordinal"]
    assert mos["value"] == pytest.approx(26 / 7)
    assert mos["low"] <= mos["value"] <= mos["high"]
    assert alpha["value"] == pytest.approx(0.8)
    assert list(found["by_part_of_speech"]) == ["NOUN", "VERB"]
    verbs = found["by_part_of_speech"]["VERB"]["krippendorff_alpha_ordinal"]
    assert (verbs["value"], verbs["low"], verbs["high"]) == (None, None, None)
    assert verbs["note"] == "not defined: no item has two scores"


def test_agreement_is_also_said_to_people(study: Study) -> None:
    first, *_others = run("agreement", "Word heat maps").splitlines()
    assert first.startswith("all: 9 ratings of 4 items by 3 raters; MOS 3.71 [")


def test_ratings_are_exported_to_standard_output(study: Study) -> None:
    rows = list(csv.DictReader(io.StringIO(run("export_ratings", study.pk), newline="")))
    assert len(rows) == 9
    assert rows[0]["study_id"] == str(study.pk)


def test_a_file_holds_the_same_bytes_as_standard_output(study: Study, tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    run("export_ratings", study.pk, "--format", "csv", "--output", file)
    assert file.read_bytes().decode() == run("export_ratings", study.pk, "--output", "-")


def test_a_folder_that_is_not_there_is_an_error(study: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        run("export_ratings", study.pk, "--output", tmp_path / "nowhere" / "ratings.csv")


def test_simulated_raters_fill_a_study(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=2)
    out = run("simulate_raters", study.name, "--raters", 4, "--seed", 1)
    assert out == "4 simulated raters gave 12 ratings.\n"
    assert Rating.objects.filter(assignment__rater__simulated=True).count() == 12
    assert "No item wants another one" in run("simulate_raters", study.name, "--raters", 1)


def test_shares_of_habits_can_be_chosen(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=2)
    shares = ("--share-careful=0", "--share-noisy=0", "--share-straight-lining=1")
    run("simulate_raters", study.pk, "--raters=1", "--seed=1", *shares, "--share-speeding=0")
    assert len(set(Rating.objects.values_list("score", flat=True))) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--raters=-1",), "0 or more"),
        (("--raters=1", "--seed=-1"), "0 or more"),
        (("--raters=1", "--share-speeding=-1"), "none negative"),
    ],
)
def test_impossible_crowds_are_refused(
    study: Study, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("simulate_raters", study.pk, *arguments)


def test_a_draft_takes_no_simulated_raters(alice: User) -> None:
    study = factories.make_study(alice)
    with pytest.raises(CommandError, match="Open the study first"):
        run("simulate_raters", study.pk, "--raters", 1)


def test_a_study_is_found_by_number_or_by_its_name(alice: User) -> None:
    study = make_rated_study(alice)
    Study.objects.filter(pk=study.pk).update(name="2023")
    assert run("agreement", "2023") == run("agreement", study.pk)
    make_rated_study(alice)
    make_rated_study(alice)
    with pytest.raises(CommandError, match="Several studies are called 'Word heat maps'"):
        run("agreement", "Word heat maps")
    with pytest.raises(CommandError, match="There is no study 'nothing'"):
        run("agreement", "nothing")
