"""Several server processes at one study, on whichever database the session runs."""

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from annotator.domain.rating import assignments
from annotator.enums import HOLDING, AssignmentStatus
from annotator.models import Assignment, Rating, Study
from annotator.models.study import SCORES
from tests import factories
from tests.annotator.domain import crowd

# 200 raters, a fifth of whom vanish with what they hold.
PROCESSES, RATERS, VANISHING, WANTED = 4, 50, 10, 10


def database_url() -> str:
    """The test's own database, as another process must be told of it."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


def let_crowds_in(study: Study) -> None:
    environment = os.environ | {"DATABASE_URL": database_url()}
    command = [sys.executable, "-m", crowd.__name__, str(study.pk), str(RATERS), str(VANISHING)]
    processes = [
        subprocess.Popen([*command, str(seed)], env=environment, stderr=subprocess.PIPE, text=True)
        for seed in range(PROCESSES)
    ]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, "".join(errors)


@pytest.mark.django_db(transaction=True)
def test_an_item_never_gets_a_rating_too_many_and_in_the_end_gets_them_all(alice: User) -> None:
    study = factories.make_open_study(
        alice,
        prompts=16,
        items_per_part_of_speech=16,
        ratings_per_item=WANTED,
        repeat_percent=10,
        items_per_rater=20,
    )

    let_crowds_in(study)

    ratings = Assignment.objects.for_rating()
    held = Counter(ratings.filter(status__in=HOLDING).values_list("item_id", flat=True))
    assert max(held.values()) <= WANTED
    for item in study.items.all():
        assert item.free_slots == WANTED - held[item.pk]
    assert counted(study) == given(study)

    # Those who vanished give back what they held, and the next raters finish the study.
    assignments.expire_assignments(at=timezone.now() + timedelta(days=1))
    crowd.main(study.pk, raters=6 * WANTED, vanishing=0, seed=99)

    submitted = Counter(ratings.submitted().values_list("item_id", flat=True))
    assert {item.pk: submitted[item.pk] for item in study.items.all()} == {
        item.pk: WANTED for item in study.items.all()
    }
    current = Rating.objects.current().of_real_maps()
    assert current.count() == study.items.count() * WANTED
    pairs = current.values_list("assignment__item", "assignment__rater").distinct()
    assert pairs.count() == current.count()
    assert not Assignment.objects.filter(status=AssignmentStatus.OPEN).exists()
    assert counted(study) == given(study)


def counted(study: Study) -> dict[int, list[int]]:
    """The numbers of every score as kept on the items."""
    return {item.pk: item.score_counts for item in study.items.all()}


def given(study: Study) -> dict[int, list[int]]:
    """The same from the ratings themselves."""
    planned = Rating.objects.current().for_items().in_study(study)
    scores = Counter(planned.values_list("assignment__item", "score"))
    return {item.pk: [scores[item.pk, score] for score in SCORES] for item in study.items.all()}
