"""All who have a flag are left out: at once, or by a worker who may die and be followed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotator.domain.monitoring import flag_exclusions
from annotator.domain.monitoring.flag_exclusions import STUCK_AFTER
from annotator.enums import Flag
from annotator.models import FlagExclusion, Rater, Study
from tests import factories
from tests.annotator.answers import give


@pytest.fixture
def study(alice: User) -> Study:
    """Fifteen items; two raters always say the same, and one does not."""
    study = factories.make_open_study(
        alice, prompts=5, items_per_part_of_speech=5, ratings_per_item=3
    )
    for scores in ([4] * 15, [4] * 15, [1, 2, 3, 4, 5] * 3):
        rater = factories.make_rater(study)
        for item, score in zip(study.items.order_by("position"), scores, strict=True):
            give(item, rater, score)
    return study


def reasons(study: Study) -> list[str]:
    return list(study.raters.order_by("pk").values_list("exclusion_reason", flat=True))


BY_RULE = "always the same answer (by rule)"


def ask(study: Study) -> FlagExclusion:
    return flag_exclusions.request(study=study, user=study.owner, flag=Flag.STRAIGHT_LINING)


def test_a_rule_excludes_those_who_have_the_flag_and_nobody_else(study: Study) -> None:
    asked = ask(study)

    assert (asked.status, asked.n_excluded) == ("done", 2)
    assert reasons(study) == [BY_RULE, BY_RULE, ""]
    assert ask(study).n_excluded == 0, "those who are left out are not left out again"


def test_a_large_study_is_left_to_a_worker_who_tells_how_far_it_is(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flag_exclusions, "AT_ONCE", 0)
    asked = ask(study)
    assert (asked.status, reasons(study)) == ("queued", ["", "", ""])
    told = []

    claimed = flag_exclusions.claim(key=asked.pk)
    assert claimed is not None
    assert flag_exclusions.claim(key=asked.pk) is None, "nobody else may have it now"
    flag_exclusions.run(exclusion=claimed, report=lambda done, total: told.append((done, total)))

    asked.refresh_from_db()
    assert (asked.status, asked.n_excluded) == ("done", 2)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_another_worker_goes_on_where_one_died_until_three_have(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flag_exclusions, "AT_ONCE", 0)
    asked = ask(study)

    def die(done: int, total: int) -> None:
        raise KeyboardInterrupt

    for excluded in (1, 2, 2):
        claimed = flag_exclusions.claim(key=asked.pk)
        assert claimed is not None
        with pytest.raises(KeyboardInterrupt):
            flag_exclusions.run(exclusion=claimed, report=die)
        assert Rater.objects.filter(exclusion_reason=BY_RULE).count() == excluded
        flag_exclusions.resend_stuck(at=timezone.now() + 2 * STUCK_AFTER)

    asked.refresh_from_db()
    assert (asked.status, asked.error[:26]) == ("failed", "The worker stopped 3 times")
    FlagExclusion.objects.update(asked_at=asked.asked_at - timedelta(hours=1))
    assert ask(study).status == "queued"
