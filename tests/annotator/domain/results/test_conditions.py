"""Conditions are compared on the same words of the same pictures, never as two heaps of items."""

from __future__ import annotations

import json
import math
from io import StringIO
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import F
from django.test import Client

from annotator.domain.browse.listing import items_after, ratings_after
from annotator.domain.export import read_back, snapshots
from annotator.domain.methods.rated import findings
from annotator.domain.results.computing import compute
from annotator.domain.results.filters import Filter
from annotator.domain.results.summary import Results
from annotator.enums import ItemKind
from annotator.models import Study, Word
from annotator.statistics import Significance
from tests import factories
from tests.annotator.answers import give
from tests.annotator.domain.export.test_snapshots import make
from tests.annotator.views.reading import text_of

# Of each of four nouns, the scores under one condition and under the other.
LATE = [[5, 4, 5], [4, 4, 5], [5, 5, 5], ["word_too_abstract"]]
EVERYTHING = [[3, 4], [3, 4, 4], [4, 4], [3, 3, 3]]


@pytest.fixture
def study(alice: User) -> Study:
    study = factories.make_open_study(
        alice,
        parts_of_speech=["NOUN"],
        ratings_per_item=3,
        conditions=[{"name": "late", "first_step": 2, "last_step": 3}, {"name": "everything"}],
    )
    raters = [factories.make_rater(study) for _ in range(6)]
    words = sorted(set(study.items.values_list("heat_map__word", flat=True)))
    for name, rows, crowd in (("late", LATE, raters[:3]), ("everything", EVERYTHING, raters[3:])):
        for word, row in zip(words, rows, strict=True):
            item = study.items.get(heat_map__word=word, condition=name)
            for rater, answer in zip(crowd, row, strict=False):
                give(item, rater, answer)
    return study


def of(study: Study, **chosen: str) -> Results:
    return compute(study=study, filter=Filter(**chosen))


def test_each_condition_has_its_own_opinion_in_the_studys_order(study: Study) -> None:
    late, everything = of(study).conditions

    assert (late.name, everything.name) == ("late", "everything")
    assert late.mos.value == pytest.approx(42 / 9)
    assert (late.n_items, late.n_opt_outs, late.mos.n) == (4, 1, 9)
    assert everything.mos.value == pytest.approx(35 / 10)
    assert (everything.paper.value, everything.paper.n) == ((3.5 + 4 + 4 + 3) / 4, 4)


def test_conditions_are_compared_word_by_word(study: Study) -> None:
    (pairing,) = of(study).pairings

    assert (pairing.one, pairing.other, pairing.verdict) == ("late", "everything", "above")
    differences = [14 / 3 - 7 / 2, 13 / 3 - 11 / 3, 5 - 4]  # the fourth has one side only
    assert pairing.contrast.difference.value == pytest.approx(sum(differences) / 3)
    assert pairing.contrast.difference.n == 3
    assert pairing.contrast.delta.value == 1
    # Three pairs, all above: one in eight of the ways to give them signs, and its mirror image.
    assert pairing.contrast.test == Significance(2 / 8, exact=True)
    assert pairing.contrast.p_holm == 2 / 8


def test_words_of_one_prompt_are_resampled_and_flipped_together(study: Study) -> None:
    """They share its pictures: one that turned out badly under one condition is bad for all."""
    prompt = study.prompts.first()
    for number, each in enumerate(study.prompts.all()):
        Word.objects.filter(prompt=each).update(index=F("index") + 100 * number)
    Word.objects.filter(prompt__study=study).update(prompt=prompt)

    contrast = of(study).pairings[0].contrast

    assert contrast.difference.n == 3
    assert math.isnan(contrast.difference.low)
    assert contrast.test == Significance(1, exact=True)


def test_a_snapshots_numbers_of_conditions_can_be_made_anew_from_its_tables(study: Study) -> None:
    with ZipFile(snapshots.path_of(make(study))) as archive:
        again = read_back.results_of(archive, ())
        rows = archive.read("results.csv").decode()
    assert (again.conditions, again.pairings) == (of(study).conditions, of(study).pairings)
    assert "\r\ncondition,late,everything,difference,3," in rows


def test_a_study_without_conditions_compares_none(alice: User) -> None:
    found = of(factories.make_open_study(alice))

    assert (found.conditions, found.pairings) == ((), ())


def test_models_that_are_conditions_are_compared_in_pairs_only(alice: User) -> None:
    models = [{"name": "small"}, {"name": "large", "model": "org/large"}]
    study = factories.make_open_study(alice, parts_of_speech=["NOUN"], conditions=models)
    rater = factories.make_rater(study)
    for item in study.items.filter(kind=ItemKind.REAL):
        give(item, rater, 4 if item.condition == "small" else 2)
    found = of(study)

    assert found.splits == ()
    (pairing,) = found.pairings
    assert (pairing.contrast.difference.value, pairing.contrast.difference.n) == (2, 4)


def test_a_condition_can_be_seen_alone(study: Study) -> None:
    found = of(study, condition="late")

    assert found.overall.mos.value == pytest.approx(42 / 9)
    assert found.pairings == ()


# -- where it is told ----------------------------------------------------------------------------


def test_the_page_compares_and_filters(as_alice: Client, study: Study) -> None:
    page = as_alice.get(f"/studies/{study.pk}/results/")
    text = text_of(page)
    assert "Mean opinion score by condition" in text
    assert "The first is rated higher." in text
    assert "the first higher by 0.94" in text

    alone = as_alice.get(f"/studies/{study.pk}/results/", {"condition": "late"})
    assert "Conditions, word by word" not in text_of(alone)
    unknown = as_alice.get(f"/studies/{study.pk}/results/", {"condition": "early"})
    assert unknown.status_code == 400
    assert "no condition “early”" in text_of(unknown)


def test_the_numbers_can_be_taken_away(as_alice: Client, study: Study) -> None:
    def rows(name: str) -> list[list[str]]:
        address = f"/studies/{study.pk}/results/figure.csv"
        content = as_alice.get(address, {"figure": name}).content.decode("utf-8-sig")
        return [line.split(",") for line in content.splitlines()]

    header, late, everything = rows("conditions")
    assert dict(zip(header, late, strict=True))["mos"].startswith("4.666")
    assert everything[0] == "everything"
    header, pair = rows("pairings")
    assert dict(zip(header, pair, strict=True)) | {"p": "0.25", "n_pairs": "3"} == dict(
        zip(header, pair, strict=True)
    )


def test_the_command_and_the_report_say_it_too(study: Study) -> None:
    out = StringIO()
    call_command("agreement", str(study.pk), "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert math.isclose(found["conditions"]["late"]["mos"]["value"], 42 / 9)
    assert found["pairings"][0]["p_holm"] == 0.25
    lines = StringIO()
    call_command("agreement", str(study.pk), stdout=lines)
    assert "“late” minus “everything”: 0.94" in lines.getvalue()

    (sentence,) = [
        row.sentence for row in findings(of(study), None).rows if "“late” minus" in row.asked
    ]
    assert "On the same 3 words, “late” scores 0.94" in sentence


def test_programs_read_the_condition_too(study: Study) -> None:
    for rows in (items_after, ratings_after):
        named = [row["condition"] for row in rows(study=study, after=0, limit=100)]
        assert set(named) == {"late", "everything"}


def test_exported_ratings_and_items_name_the_condition(as_alice: Client, study: Study) -> None:
    for table, rows in (("ratings", 20), ("items", 8)):
        response = as_alice.get(f"/studies/{study.pk}/export/{table}.csv")
        content = b"".join(response).decode("utf-8-sig")
        header, *lines = [line.split(",") for line in content.splitlines()]
        assert {line[header.index("condition")] for line in lines} == {"late", "everything"}
        assert len(lines) == rows
