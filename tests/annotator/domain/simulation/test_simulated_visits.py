"""Simulated raters who go through a study over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from annotator.domain.simulation.crowd import HABITS
from annotator.domain.simulation.visits import visit_study
from annotator.enums import Phase
from annotator.models import PracticeAnswer, Procedure, QuestionnaireResponse, Rating, Study
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

AGE = {"name": "age", "type": "number", "text": "How old are you?", "minimum": 18}
SCREEN = {"name": "screen", "type": "choice", "text": "On what?", "choices": ["phone", "computer"]}


@pytest.fixture
def study(alice: User, transactional_db: None) -> Study:
    return factories.make_open_study(alice, prompts=2, ratings_per_item=5, items_per_session=3)


def only(name: str) -> tuple[float, ...]:
    return tuple(float(habit.name == name) for habit in HABITS)


def test_they_go_through_every_phase(study: Study, live_server: LiveServer) -> None:
    factories.make_example(study, Phase.TRAINING, right=4)
    factories.make_example(study, Phase.QUALIFICATION, right="image_too_poor")
    Procedure.objects.create(study=study, questionnaire=[AGE, SCREEN])
    given = visit_study(study=study, site=live_server.url, raters=3, seed=1, shares=only("careful"))

    assert given == Rating.objects.count() == 3 * 6
    assert PracticeAnswer.objects.count() == 3 * 2
    answers = QuestionnaireResponse.objects.values_list("answers", flat=True)
    assert list(answers) == [{"age": 18.0, "screen": "phone"}] * 3
    assert set(study.raters.values_list("phase", "simulated")) == {(Phase.FINISHED, True)}


@pytest.mark.parametrize("habit", ["straight-lining", "speeding", "adversarial"])
def test_who_does_not_judge_as_they_see_is_screened_out(
    study: Study, live_server: LiveServer, habit: str
) -> None:
    for right in (1, 5, 1, 5):
        factories.make_example(study, Phase.QUALIFICATION, right=right)
    given = visit_study(study=study, site=live_server.url, raters=2, seed=1, shares=only(habit))

    assert given == 0
    assert set(study.raters.values_list("phase", flat=True)) == {Phase.SCREENED_OUT}


def test_the_command_takes_them_to_a_site(
    study: Study, live_server: LiveServer, capsys: Any
) -> None:
    call_command("simulate_raters", str(study.pk), raters=2, seed=3, site=live_server.url)

    assert capsys.readouterr().out == "2 simulated raters gave 12 ratings.\n"


def test_a_site_that_is_not_there_is_said_so(study: Study) -> None:
    with pytest.raises(CommandError, match="refused"):
        call_command("simulate_raters", str(study.pk), raters=1, site="http://127.0.0.1:9")
