"""Raters say which things are in a picture: those the prompt names and as many others."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotator.domain import export
from annotator.domain.design import plan, studies
from annotator.domain.export.things import things_rows
from annotator.domain.rating import assignments, presence
from annotator.domain.rating.assignments import Answer
from annotator.models import Study
from tests import factories

CIRCLE_AND_STAR = (
    ("a", "DET", "det", 1),
    ("circle", "NOUN", "ROOT", 1),
    ("and", "CCONJ", "cc", 1),
    ("star", "NOUN", "conj", 1),
)
HEART = (("one", "NUM", "nummod", 1), ("heart", "NOUN", "ROOT", 1))

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(alice: User) -> Study:
    study = factories.make_study(
        alice, task="presence", parts_of_speech=["NOUN"], ratings_per_item=3
    )
    for seed, sentence in enumerate((CIRCLE_AND_STAR, HEART, HEART)):
        factories.make_generation(factories.make_prompt(study, seed=seed, sentence=sentence))
    studies.open_study(study=study, user=alice)
    studies.invite(study=study)
    study.refresh_from_db()
    return study


def see(study: Study, seen: dict[str, list[str]]) -> None:
    """One more rater, who sees these things in the pictures of these prompts."""
    for held in assignments.draw(rater=factories.make_rater(study), count=20):
        answer = Answer(answer_id=uuid.uuid4(), seen=seen[held.item.heat_map.word.prompt.text])
        assignments.submit_rating(assignment=held, answer=answer)


def test_a_picture_is_asked_about_once(study: Study) -> None:
    words = [item.heat_map.word.text for item in study.items.order_by("heat_map")]
    assert words == ["circle", "heart", "heart"]


def test_as_many_things_that_are_not_named_are_asked_about(study: Study) -> None:
    asked = [presence.objects_of(item) for item in study.items.order_by("heat_map")]
    assert Counter(asked[0]) == Counter(["circle", "star", "heart"])  # there is no fourth noun
    assert len(asked[1]) == 2
    assert "heart" in asked[1]


def test_the_nouns_of_a_study_are_read_once_for_all_its_pictures(study: Study) -> None:
    study.items.all().delete()
    with CaptureQueriesContext(connection) as asked:
        assert plan.draw_items(study=study) == 3
    of_the_study = [one["sql"] for one in asked if _reads_texts_of_words(one["sql"])]
    assert len(of_the_study) == 1


def _reads_texts_of_words(sql: str) -> bool:
    columns, _, _ = sql.partition(" FROM ")
    return (
        columns.removeprefix("SELECT ")
        .removeprefix("DISTINCT ")
        .startswith('"annotator_word"."text"')
    )


def test_a_picture_is_right_where_most_see_all_that_is_named(study: Study) -> None:
    texts = ["a circle and star", "one heart"]
    see(study, {texts[0]: ["circle", "star"], texts[1]: ["heart"]})
    see(study, {texts[0]: ["circle"], texts[1]: ["heart"]})
    see(study, {texts[0]: ["circle", "heart"], texts[1]: []})
    found = sorted(presence.seen_items(study=study), key=lambda one: one.item.heat_map_id)
    assert [one.correct for one in found] == [False, True, True]
    assert found[0].counts == {"circle": 3, "star": 1, "heart": 1}
    assert found[0].imagined == []
    estimate = presence.accuracy(found)
    assert (estimate.value, estimate.n) == (pytest.approx(2 / 3), 3)
    table = export.find(study=study, name="things")
    given = [row[-1] for row in table.rows()]
    assert sorted(given) == sorted(
        ["circle | star", "heart", "heart", "circle", "heart", "heart", "circle | heart", "", ""]
    )
    assert table.count() == 9
    rows = list(things_rows(found))
    assert len(rows) == 1 + 3 + 2 + 2
    assert dict(zip(rows[0], rows[1], strict=True))["n_raters"] == 3


def test_two_files_of_one_name_are_numbered_as_they_were_uploaded(study: Study) -> None:
    first = study.batches.get()
    second = factories.make_batch(study, file_name=first.file_name)
    study.prompts.filter(text="a circle and star").update(batch=second)
    see(study, {"a circle and star": [], "one heart": ["heart"]})
    found = presence.seen_items(study=study)
    named = [(name, estimate.value) for name, estimate in presence.by_batch(found)]
    assert named == [("prompts.csv (1)", 1), ("prompts.csv (2)", 0)]
    header, *rows = things_rows(found)
    files = {(row[header.index("prompt")], row[header.index("batch")]) for row in rows}
    assert files == {("one heart", "prompts.csv (1)"), ("a circle and star", "prompts.csv (2)")}
    # A file is called the same where nobody has judged a picture of the other one.
    (of_second,) = [one for one in found if one.named == ["circle", "star"]]
    assert [name for name, _ in presence.by_batch([of_second])] == ["prompts.csv (2)"]


def test_pictures_that_nobody_could_judge_are_left_out(study: Study) -> None:
    for held in assignments.draw(rater=factories.make_rater(study), count=20):
        is_poor = held.item.heat_map.word.prompt.text == "a circle and star"
        given = {"opt_out": "image_too_poor"} if is_poor else {"seen": ["heart"]}
        answer = Answer(answer_id=uuid.uuid4(), **given)
        assignments.submit_rating(assignment=held, answer=answer)
    first, second = presence.seen_items(study=study)
    assert list(presence.judged_items(study=study)) == [first.item, second.item]
    assert presence.seen_items(study=study, among=[second.item]) == [second]
