"""Two files of prompts beside each other: how many fewer are right in one, how surely."""

from __future__ import annotations

import json
import math
import uuid
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotator.domain import analyses
from annotator.domain.design import studies
from annotator.domain.rating import assignments, presence_figures
from annotator.domain.rating.assignments import Answer
from annotator.domain.rating.presence import Seen
from annotator.domain.rating.presence_arms import contrasts
from annotator.models import Study
from tests import factories

KIN, OTHERS = "prompts-cohyponyms.csv", "prompts-others.csv"


def picture(file_name: str, things: str, *, right: bool) -> Seen:
    named = things.split()
    return Seen(file_name, named, dict.fromkeys(named, 1 if right else 0), n=1)


def arm(file_name: str, *, right: int, wrong: int) -> list[Seen]:
    """Every picture of another pair of things."""
    answers = [True] * right + [False] * wrong
    return [
        picture(file_name, f"x{number} y", right=answer) for number, answer in enumerate(answers)
    ]


def test_the_difference_and_the_exact_test_by_hand() -> None:
    (found,) = contrasts([*arm(OTHERS, right=4, wrong=0), *arm(KIN, right=1, wrong=3)])
    assert (found.first, found.second) == (KIN, OTHERS)
    assert found.difference.value == 1 / 4 - 4 / 4
    assert found.difference.n == 8
    assert found.difference.low < -0.75 < found.difference.high <= 0
    # Of the C(8, 5) = 56 ways to have five right pictures, 4 are this table and 4 its mirror image.
    assert found.p == found.p_holm == pytest.approx(8 / 56)


def test_pictures_of_one_pair_of_things_are_not_independent() -> None:
    same = [picture(KIN, things, right=True) for things in ("sun plum", "plum sun", "Sun plum")]
    (found,) = contrasts([*same, *arm(OTHERS, right=2, wrong=2)])
    assert found.difference.value == 0.5
    assert math.isnan(found.difference.low)  # of one pair alone nothing can be drawn again


def test_of_three_files_every_two_are_compared_and_adjusted() -> None:
    items = [one for name in "bc" for one in arm(name, right=0, wrong=5)]
    items += arm("a", right=5, wrong=0)
    found = contrasts(items)
    assert [(one.first, one.second) for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [one.p_holm for one in found] == pytest.approx([3 * 2 / 252, 3 * 2 / 252, 1])


def test_one_file_is_compared_with_nothing() -> None:
    assert contrasts(arm(KIN, right=1, wrong=1)) == []


@pytest.fixture
def study(alice: User) -> Study:
    study = factories.make_study(alice, task="presence", parts_of_speech=["NOUN"])
    for seed, name in enumerate((KIN, OTHERS)):
        batch = factories.make_batch(study, file_name=name)
        factories.make_generation(factories.make_prompt(study, batch=batch, seed=seed))
    studies.open_study(study=study, user=alice)
    studies.invite(study=study)
    return study


@pytest.mark.django_db
def test_the_page_and_the_command_say_the_same(client: Client, alice: User, study: Study) -> None:
    with pytest.raises(CommandError, match="Nobody has said yet"):
        call_command("things_seen", study.name)
    for held in assignments.draw(rater=factories.make_rater(study), count=9):
        is_kin = held.item.heat_map.word.prompt.batch.file_name == KIN
        answer = Answer(answer_id=uuid.uuid4(), seen=[] if is_kin else ["circle"])
        assignments.submit_rating(assignment=held, answer=answer)
    out = StringIO()
    call_command("things_seen", study.name, json=True, stdout=out)
    found = json.loads(out.getvalue())
    assert [one["right"]["value"] for one in found["files"]] == [0, 1]
    (contrast,) = found["contrasts"]
    assert (contrast["difference"]["value"], contrast["p"]) == (-1, 1)
    client.force_login(alice)
    page = client.get(reverse("things", args=[study.pk])).content.decode()
    assert f"{KIN} less {OTHERS}</th><td>−1.00 (no interval)</td><td>1.000</td>" in page


@pytest.mark.django_db
def test_what_is_seen_in_a_large_study_is_counted_by_a_worker(
    as_alice: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyses, "AT_ONCE", 0)
    for held in assignments.draw(rater=factories.make_rater(study), count=9):
        answer = Answer(answer_id=uuid.uuid4(), seen=["circle"])
        assignments.submit_rating(assignment=held, answer=answer)
    things, methods = (reverse(name, args=[study.pk]) for name in ("things", "methods"))
    with monkeypatch.context() as request:
        request.setattr(presence_figures, "figures", None)
        waiting = as_alice.get(things).content.decode()
        assert "being computed" in as_alice.get(methods).content.decode()
    assert "A worker counts what raters see." in waiting
    assert waiting.count("seen by 1 of 1") == 2

    for waited_for in study.analyses.all():
        analyses.run(waited_for)
    assert f"{KIN} less {OTHERS}</th><td>0.00" in as_alice.get(things).content.decode()
    assert "1.00 [1.00, 1.00] (2 pictures)" in as_alice.get(methods).content.decode()
