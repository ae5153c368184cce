"""Nobody joins over and over from one address; a class of students behind one does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotator.domain.design import studies
from annotator.domain.raters import join_limit
from annotator.errors import TooManyJoins
from annotator.models import Invitation, JoinWindow, Rater, Study
from tests import factories
from tests.annotator.views.reading import text_of


@pytest.fixture(autouse=True)
def two_at_most(settings: Any) -> None:
    settings.JOINS_PER_ADDRESS = 2


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice, prompts=1)


@pytest.fixture
def invitation(study: Study) -> Invitation:
    return study.invitations.get()


def join(invitation: Invitation, address: str = "192.0.2.1", after: int = 0) -> None:
    at = timezone.now() + timedelta(minutes=after)
    join_limit.count_join(invitation=invitation, address=address, at=at)


def test_a_link_counts_each_address_by_itself_and_forgets(invitation: Invitation) -> None:
    join(invitation)
    join(invitation)
    with pytest.raises(TooManyJoins):
        join(invitation)
    join(invitation, "192.0.2.2")
    join(invitation, after=11)

    assert JoinWindow.objects.count() == 1


def test_another_link_and_a_rehearsal_are_counted_apart(
    study: Study, invitation: Invitation
) -> None:
    rehearsal = studies.invite(study=study, rehearsal=True)
    for link in (invitation, invitation, studies.invite(study=study), *[rehearsal] * 5):
        join(link)

    assert JoinWindow.objects.count() == 2


def test_the_address_itself_is_not_stored(invitation: Invitation) -> None:
    join(invitation)

    assert "192.0.2.1" not in str(JoinWindow.objects.values())


def test_too_many_read_a_kind_page_and_those_who_are_in_go_on(invitation: Invitation) -> None:
    link = f"/r/{invitation.token}/"
    visitors = [Client() for _ in range(3)]
    statuses = [visitor.post(link).status_code for visitor in visitors]

    assert statuses == [302, 302, 429]
    page = text_of(visitors[2].post(link))
    assert "Wait ten minutes and open the link again." in page
    assert Rater.objects.count() == 2
    assert visitors[0].get(link).status_code == 302


def test_the_nearest_proxy_says_where_somebody_is(invitation: Invitation, settings: Any) -> None:
    link = f"/r/{invitation.token}/"
    forged = {"X-Forwarded-For": "1.1.1.1, 192.0.2.1"}
    settings.HTTPS = True
    for _ in range(2):
        Client(headers=forged).post(link)

    assert (
        Client(headers=forged | {"X-Forwarded-For": "8.8.8.8, 192.0.2.1"}).post(link).status_code
        == 429
    )
    assert Client(headers={"X-Forwarded-For": "192.0.2.9"}).post(link).status_code == 302
