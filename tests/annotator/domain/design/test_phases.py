"""The way of a rater through a study's phases."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User

from annotator.domain.design import examples, phases, practice, studies
from annotator.domain.raters import recruitment
from annotator.domain.rating import assignments
from annotator.domain.rating.assignments import Answer
from annotator.enums import Phase
from annotator.errors import WrongPhase, WrongStatus
from annotator.models import Example, PracticeAnswer, Procedure, Rater, Rating, Study
from tests import factories


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice, prompts=1)


def join(study: Study) -> Rater:
    invitation = study.invitations.first()
    assert invitation is not None
    return recruitment.join_study(invitation=invitation, consent_text="I agree.")


def give(rater: Rater, example: Example, score: int = 4) -> PracticeAnswer:
    answer = Answer(answer_id=uuid.uuid4(), score=score)
    return practice.answer_example(rater=rater, example=example, answer=answer)


def test_a_study_has_the_phases_it_was_given(study: Study) -> None:
    assert phases.phases_of(study) == [Phase.INSTRUCTIONS, Phase.RATING, Phase.FINISHED]

    Procedure.objects.create(study=study, shows_instructions=False)
    factories.make_example(study, Phase.QUALIFICATION)
    factories.make_example(study, Phase.TRAINING)

    assert phases.phases_of(study) == [
        Phase.TRAINING,
        Phase.QUALIFICATION,
        Phase.RATING,
        Phase.FINISHED,
    ]


def test_a_rater_goes_through_the_phases_in_order(study: Study) -> None:
    example = factories.make_example(study, Phase.TRAINING)
    test = factories.make_example(study, Phase.QUALIFICATION)
    rater = join(study)
    seen = [phases.settle(rater=rater)]
    phases.finish_reading(rater=rater)
    seen.append(phases.settle(rater=rater))
    give(rater, example)
    seen.append(phases.settle(rater=rater))
    give(rater, test)
    seen.append(phases.settle(rater=rater))
    factories.rate(rater, count=3)
    seen.append(phases.settle(rater=rater))

    assert seen == [
        Phase.INSTRUCTIONS,
        Phase.TRAINING,
        Phase.QUALIFICATION,
        Phase.RATING,
        Phase.FINISHED,
    ]


def test_settling_twice_moves_once(study: Study) -> None:
    factories.make_example(study, Phase.TRAINING)
    rater = join(study)
    stale = Rater.objects.get(pk=rater.pk)
    phases.finish_reading(rater=rater)
    phases.finish_reading(rater=stale)

    assert Rater.objects.get(pk=rater.pk).phase == Phase.TRAINING


def test_who_is_in_a_phase_that_is_turned_off_goes_on(study: Study) -> None:
    example = factories.make_example(study, Phase.TRAINING)
    rater = factories.make_rater(study, Phase.TRAINING)
    example.delete()

    assert phases.settle(rater=rater) == Phase.RATING


def test_ratings_are_over_when_nothing_is_left_or_the_study_is_closed(study: Study) -> None:
    rater = factories.make_rater(study)
    factories.rate(rater, count=1)
    assert phases.settle(rater=rater) == Phase.RATING
    studies.pause_study(study=study, user=None)
    rater.study.refresh_from_db()
    assert phases.settle(rater=rater) == Phase.RATING

    studies.close_study(study=study, user=None)
    rater.study.refresh_from_db()
    assert phases.settle(rater=rater) == Phase.FINISHED


@pytest.mark.parametrize(
    ("where", "allowed"),
    [
        (Phase.INSTRUCTIONS, {Phase.INSTRUCTIONS}),
        (Phase.QUALIFICATION, {Phase.INSTRUCTIONS, Phase.QUALIFICATION}),
        (Phase.RATING, {Phase.INSTRUCTIONS, Phase.RATING}),
        (Phase.FINISHED, {Phase.INSTRUCTIONS, Phase.RATING, Phase.FINISHED}),
        (Phase.SCREENED_OUT, {Phase.SCREENED_OUT}),
    ],
)
def test_a_rater_may_enter_where_they_are_and_read_or_rate_again(
    study: Study, where: Phase, allowed: set[Phase]
) -> None:
    rater = factories.make_rater(study, where)

    assert {phase for phase in Phase if phases.may_enter(rater, phase)} == allowed


# -- training and qualification ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "opt_out", "right"),
    [(2, "", False), (3, "", True), (4, "", True), (5, "", False), (None, "image_too_poor", False)],
)
def test_an_answer_within_the_range_is_right(
    study: Study, score: int | None, opt_out: str, right: bool
) -> None:
    example = factories.make_example(study, Phase.TRAINING, lowest=3, highest=4)

    assert example.accepts(score, opt_out) is right


def test_an_opt_out_can_be_the_right_answer(study: Study) -> None:
    example = factories.make_example(study, right="image_too_poor")

    answers = [(None, "image_too_poor"), (None, "word_too_abstract"), (1, "")]
    assert [example.accepts(*answer) for answer in answers] == [True, False, False]


def test_practice_is_not_among_the_ratings(study: Study) -> None:
    example = factories.make_example(study)
    give(factories.make_rater(study, Phase.TRAINING), example)

    assert (PracticeAnswer.objects.count(), Rating.objects.count()) == (1, 0)


def test_the_first_answer_to_an_example_counts(study: Study) -> None:
    example = factories.make_example(study)
    rater = factories.make_rater(study, Phase.TRAINING)

    assert [give(rater, example, score).score for score in (2, 4)] == [2, 2]
    assert PracticeAnswer.objects.get().right is False


def test_an_example_of_another_phase_takes_no_answer(study: Study) -> None:
    example = factories.make_example(study, Phase.QUALIFICATION)

    with pytest.raises(WrongPhase):
        give(factories.make_rater(study, Phase.TRAINING), example)


def test_enough_right_answers_pass(study: Study) -> None:
    Procedure.objects.create(study=study, pass_mark=60, attempts=1)
    tests = [factories.make_example(study, Phase.QUALIFICATION) for _ in range(5)]
    outcomes = []
    for right in (2, 3):
        rater = factories.make_rater(study, Phase.QUALIFICATION)
        for number, example in enumerate(tests):
            give(rater, example, 4 if number < right else 1)
        outcomes.append(phases.settle(rater=rater))

    assert outcomes == [Phase.SCREENED_OUT, Phase.RATING]


def test_a_failed_attempt_leaves_as_many_as_the_study_grants(study: Study) -> None:
    Procedure.objects.create(study=study, attempts=3)
    example = factories.make_example(study, Phase.QUALIFICATION)
    rater = factories.make_rater(study, Phase.QUALIFICATION)
    left = []
    for _ in range(3):
        practice.try_again(rater=rater)
        rater.refresh_from_db()
        give(rater, example, 1)
        left.append((practice.outcome(rater=rater).attempts_left, phases.settle(rater=rater)))

    assert left == [
        (2, Phase.QUALIFICATION),
        (1, Phase.QUALIFICATION),
        (0, Phase.SCREENED_OUT),
    ]


def test_nobody_tries_again_before_having_failed(study: Study) -> None:
    factories.make_example(study, Phase.QUALIFICATION)
    rater = factories.make_rater(study, Phase.QUALIFICATION)
    practice.try_again(rater=rater)
    rater.refresh_from_db()

    assert rater.qualification_attempt == 0


# -- what a researcher may change ----------------------------------------------------------------


def test_examples_are_fixed_by_the_first_rating(study: Study, alice: User) -> None:
    example = factories.make_example(study)
    factories.rate(factories.make_rater(study))

    with pytest.raises(WrongStatus):
        examples.remove_example(example=example, user=alice)
    with pytest.raises(WrongStatus):
        examples.add_example(example=Example(study=study), user=alice)
    procedure = phases.procedure_of(study)
    with pytest.raises(WrongStatus, match="pass_mark"):
        examples.change_procedure(procedure=procedure, user=alice, changed=["pass_mark"])


def test_a_changed_consent_text_is_another_version(study: Study, alice: User) -> None:
    for text in ("One.", "Two."):
        study.consent_text = text
        studies.change_settings(study=study, user=alice, changed=["consent_text"])
    study.name = "Another name"
    studies.change_settings(study=study, user=alice, changed=["name"])

    assert Study.objects.get().consent_version == 3


def test_progress_counts_ratings_only(study: Study) -> None:
    example = factories.make_example(study)
    rater = factories.make_rater(study, Phase.TRAINING)
    give(rater, example)

    assert assignments.progress(rater).done == 0
