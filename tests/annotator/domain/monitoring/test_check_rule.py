"""Who fails the checks is stopped or noted by the study's rule; never silently, never for good."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotator.domain.monitoring import check_rule
from annotator.domain.raters import stopping
from annotator.domain.rating import assignments
from annotator.enums import AssignmentStatus, Flag, ItemKind, Panel
from annotator.models import Item, LogEntry, PanelLink, Participant, Rater, Study
from tests import factories
from tests.annotator.answers import give
from tests.annotator.views.reading import text_of


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice, prompts=6)


def careless(study: Study) -> Rater:
    """A rater who misses three gold items."""
    rater = factories.make_rater(study)
    for generation in study.generations.all()[:3]:
        gold, _made = Item.objects.get_or_create(
            study=study,
            heat_map=generation.heat_maps.get(word__pos="DET"),
            kind=ItemKind.GOLD,
            defaults={
                "pos": "DET",
                "accepted_low": 1,
                "accepted_high": 2,
                "ratings_wanted": 0,
                "free_slots": 0,
            },
        )
        give(gold, rater, 5, purpose="gold")
    return Rater.objects.select_related("study").get(pk=rater.pk)


def with_rule(study: Study, rule: str) -> Study:
    Study.objects.filter(pk=study.pk).update(check_rule=rule)
    study.refresh_from_db()
    return study


def log_of(study: Study) -> list[str]:
    return [entry.text for entry in LogEntry.objects.filter(study=study, user=None).order_by("pk")]


def test_off_does_nothing(study: Study) -> None:
    rater = careless(study)
    before = log_of(study)

    assert len(check_rule.next_items(rater=rater, count=2)) == 2
    assert (rater.stopped, log_of(study)) == ("", before)


def test_flag_notes_it_once_and_lets_the_rater_go_on(study: Study) -> None:
    rater = careless(with_rule(study, "flag"))
    before = log_of(study)
    for _ in range(2):
        fresh = Rater.objects.select_related("study").get(pk=rater.pk)
        assert len(check_rule.next_items(rater=fresh, count=2)) == 2

    assert log_of(study)[len(before) :] == [
        f"Rater {rater.pseudonym} fails the checks: gold items missed (1.00, n = 3)"
    ]


def test_stop_gives_back_what_is_held_and_hands_out_nothing(study: Study) -> None:
    rater = careless(with_rule(study, "stop"))
    held = assignments.draw(rater=rater, count=2)

    assert check_rule.next_items(rater=rater, count=5) == []
    rater.refresh_from_db()
    assert rater.stopped == "failed_checks"
    statuses = rater.assignments.filter(pk__in=[one.pk for one in held]).values_list("status")
    assert set(statuses) == {(AssignmentStatus.RETURNED,)}
    assert f"Rater {rater.pseudonym} stopped: checks failed" in log_of(study)


def test_who_is_let_go_on_is_not_stopped_by_the_rule_again(study: Study, alice: User) -> None:
    rater = careless(with_rule(study, "stop"))
    check_rule.next_items(rater=rater, count=1)
    stopping.resume(rater=rater, user=alice)
    fresh = Rater.objects.select_related("study").get(pk=rater.pk)

    assert len(check_rule.next_items(rater=fresh, count=2)) == 2
    assert study.log.filter(user=alice, text=f"Rater {rater.pseudonym} may go on").count() == 1


def test_a_careful_rater_is_left_alone(study: Study) -> None:
    rater = factories.make_rater(with_rule(study, "stop"))
    factories.rate(rater, count=3)

    assert check_rule.follow(rater=rater) == []
    assert {one.value for one in check_rule.CHECKS} == {Flag.FAILED_GOLD, Flag.FAILED_CONTROLS}


def test_the_page_says_so_and_hands_over_the_code(study: Study, client: Client) -> None:
    link = f"/r/{study.invitations.get().token}/"
    PanelLink.objects.create(
        invitation=study.invitations.get(),
        panel=Panel.PROLIFIC,
        finished_code="DONE",
        failed_checks_code="FAIL",
    )
    client.post(f"{link}?PROLIFIC_PID=p&STUDY_ID=s&SESSION_ID=x")
    joined = Participant.objects.get().rater
    stopping.stop(rater=joined, why=stopping.Stop.FAILED_CHECKS)

    assert client.get(link + "next/")["Location"] == link + "stopped/"
    page = client.get(link + "stopped/").content.decode()
    assert "cc=FAIL" in page
    assert "A person can look at this again." in page
    assert "You have stopped" not in text_of(client.get(link + "stopped/"))
