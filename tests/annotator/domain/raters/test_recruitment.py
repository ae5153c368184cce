"""Links with quotas, panel identities, and the deletion of a rater's data."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from annotator.domain.design import practice, questionnaire, studies
from annotator.domain.raters import erasure, recruitment
from annotator.domain.raters.panels import Arrival
from annotator.domain.rating import assignments
from annotator.domain.rating.assignments import Answer
from annotator.enums import Panel, Phase
from annotator.errors import InvitationUsed
from annotator.models import (
    Assignment,
    Invitation,
    Participant,
    PracticeAnswer,
    QuestionnaireResponse,
    Rater,
    Rating,
    Study,
)
from tests import factories

ANNA = Arrival(panel=Panel.PROLIFIC, identifier="anna", panel_study="s", submission="one")


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice, prompts=1)


def join(invitation: Invitation, arrival: Arrival | None = None) -> Rater:
    return recruitment.join_study(invitation=invitation, consent_text="Yes.", arrival=arrival)


# -- links ---------------------------------------------------------------------------------------


def test_a_single_use_link_lets_in_one(study: Study) -> None:
    invitation = studies.invite(study=study, quota=1)
    join(invitation)

    with pytest.raises(InvitationUsed):
        join(invitation)
    invitation.refresh_from_db()
    assert (invitation.joined, invitation.left, invitation.raters.count()) == (1, 0, 1)


def test_the_database_holds_the_quota(study: Study) -> None:
    invitation = studies.invite(study=study, quota=2)

    with pytest.raises(IntegrityError):
        Invitation.objects.filter(pk=invitation.pk).update(joined=3)


def test_links_are_made_in_numbers_and_logged(study: Study, alice: User) -> None:
    made = recruitment.make_links(study=study, user=alice, note="course", quota=1, count=3)

    assert len({invitation.token for invitation in made}) == 3
    assert {(invitation.note, invitation.quota) for invitation in made} == {("course", 1)}
    assert study.log.latest("pk").text == "3 links made"


# -- panels --------------------------------------------------------------------------------------


def test_who_comes_from_a_panel_twice_is_one_rater_with_the_newer_submission(study: Study) -> None:
    first, second = (studies.invite(study=study) for _ in range(2))
    again = Arrival(panel=Panel.PROLIFIC, identifier="anna", panel_study="s", submission="two")

    assert join(first, ANNA) == join(second, again)
    assert Participant.objects.get().submission == "two"
    second.refresh_from_db()
    assert second.joined == 0


def test_one_person_is_one_rater_in_the_database_too(study: Study) -> None:
    join(studies.invite(study=study), ANNA)
    rater = factories.make_rater(study)

    with pytest.raises(IntegrityError):
        Participant.objects.create(
            rater=rater, study=study, panel=Panel.PROLIFIC, identifier="anna"
        )


# -- deletion ------------------------------------------------------------------------------------


def test_a_raters_data_are_gone_and_nobody_elses(study: Study) -> None:
    example = factories.make_example(study)
    gone = join(studies.invite(study=study), ANNA)
    gone.phase = Phase.TRAINING
    practice.answer_example(
        rater=gone, example=example, answer=Answer(answer_id=uuid.uuid4(), score=4)
    )
    questionnaire.record(rater=gone, answers={"age": 30})
    stays = factories.make_rater(study)
    for rater in (gone, stays):
        factories.rate(rater, count=2)
    receipt = erasure.erase(rater=gone)

    assert receipt.ratings == 2
    assert list(Rater.objects.all()) == [stays]
    assert Rating.objects.count() == Assignment.objects.count() == 2
    assert not any(
        model.objects.exists()  # type: ignore[attr-defined]
        for model in (Participant, PracticeAnswer, QuestionnaireResponse)
    )


def test_the_places_of_deleted_ratings_are_filled_by_others(study: Study) -> None:
    """Every item still gets exactly the ratings it wants."""
    gone = factories.make_rater(study)
    factories.rate(gone, count=2)
    assignments.draw(rater=gone, count=1)
    assignments.return_assignments(rater=gone)
    assignments.draw(rater=gone, count=1)
    erasure.erase(rater=gone)
    slots = study.items.values_list("free_slots", "ratings_wanted")
    assert all(free == wanted for free, wanted in slots)

    for _ in range(2):
        factories.rate(factories.make_rater(study), count=3)

    assert [item.assignments.submitted().count() for item in study.items.all()] == [2, 2, 2]


def test_the_log_tells_of_a_deletion_and_of_nobody(study: Study) -> None:
    gone = join(studies.invite(study=study), ANNA)
    factories.rate(gone, count=1)
    receipt = erasure.erase(rater=gone)
    entry = study.log.latest("pk")

    assert receipt.number in entry.text
    assert (entry.user, entry.detail) == (None, {"ratings": 1})
    for name in (gone.pseudonym, "anna", str(gone.public_id)):
        assert name not in entry.text
