"""A study's raters, links and log; and what long lists cost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotator.domain.design import studies
from annotator.models import Rating, Study
from tests import factories
from tests.annotator.views.reading import text_of

# -- raters, log --------------------------------------------------------------------------


def test_a_link_is_made_shown_whole_and_withdrawn(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)
    as_alice.post(reverse("invitation-create", args=[study.pk]), {"note": "spring course"})
    invitation = study.invitations.get()
    link = f"http://testserver/r/{invitation.token}/"

    page = text_of(as_alice.get(reverse("raters", args=[study.pk])))
    assert "spring course 0 raters" in page
    assert link in page

    as_alice.post(reverse("invitation-revoke", args=[study.pk, invitation.pk]))
    page = text_of(as_alice.get(reverse("raters", args=[study.pk])))
    assert "withdrawn" in page
    assert link not in page


def test_a_note_too_long_is_refused_and_kept(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)

    response = as_alice.post(reverse("invitation-create", args=[study.pk]), {"note": "x" * 121})

    assert response.status_code == 422
    assert "x" * 121 in response.content.decode()
    assert not study.invitations.exists()


def test_raters_are_listed_with_ratings_opt_outs_and_median_time(
    as_alice: Client, alice: User
) -> None:
    study = factories.make_open_study(alice)
    rater = factories.make_rater(study)
    factories.rate(rater, count=2)
    factories.rate(rater, None, opt_out="image_too_poor")
    Rating.objects.update(reaction_ms=2400)

    page = text_of(as_alice.get(reverse("raters", args=[study.pk])))

    assert f"{rater.pseudonym} 3 1 2.4 s" in page


def test_the_log_names_who_did_what(as_alice: Client, alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)

    page = text_of(as_alice.get(reverse("study-log", args=[study.pk])))

    assert "alice Opened with 3 items" in page


# -- cost ----------------------------------------------------------------------------------------


def more(study: Study, count: int) -> None:
    """`count` further prompts with pictures, items, raters, links and log entries."""
    if study.items.exists():
        studies.pause_study(study=study, user=study.owner)
    first = study.prompts.count()
    for seed in range(first, first + count):
        factories.make_generation(factories.make_prompt(study, seed=seed))
    studies.open_study(study=study, user=study.owner)
    study.refresh_from_db()
    for _ in range(count):
        studies.invite(study=study)
        factories.rate(factories.make_rater(study), count=2)


@pytest.mark.parametrize(
    "name", ["study", "study-progress", "prompts", "items", "words", "raters", "study-log"]
)
def test_a_longer_list_takes_no_more_queries(name: str, as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice, items_per_part_of_speech=100)
    address = reverse(name, args=[study.pk])
    more(study, 1)
    as_alice.get(address)  # stores the raters' figures
    with CaptureQueriesContext(connection) as for_one:
        as_alice.get(address)
    more(study, 2)
    as_alice.get(address)
    with CaptureQueriesContext(connection) as for_three:
        as_alice.get(address)

    assert len(for_three) == len(for_one)


def test_more_studies_take_no_more_queries(as_alice: Client, alice: User) -> None:
    factories.make_open_study(alice, prompts=1)
    with CaptureQueriesContext(connection) as for_one:
        as_alice.get(reverse("studies"))
    for _ in range(2):
        factories.make_open_study(alice, prompts=1)
    with CaptureQueriesContext(connection) as for_three:
        as_alice.get(reverse("studies"))

    assert len(for_three) == len(for_one)
