from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Count, F
from django.utils import timezone

from annotator.domain.design.studies import pause_study
from annotator.domain.simulation.crowd import CAREFUL, SPEEDING, STRAIGHT_LINING, recruit
from annotator.domain.simulation.run import simulate_raters
from annotator.errors import WrongStatus
from annotator.models import Rating, Study
from tests import factories

SENTENCE = (
    ("the", "DET", "det", 1),
    ("circle", "NOUN", "nsubj", 2),
    ("rolls", "VERB", "ROOT", 2),
    (".", "PUNCT", "punct", 2),
)


def make_study(owner: User, pictures: int = 8) -> Study:
    study = factories.make_open_study(
        owner,
        prompts=pictures,
        parts_of_speech=["NOUN", "VERB", "ADJ"],
        items_per_part_of_speech=pictures,
        ratings_per_item=3,
    )
    return study


def answers(study: Study) -> list[Any]:
    """Everything about the answers that is not a key or a moment."""
    return list(
        Rating.objects.in_study(study)
        .order_by("assignment__item__position", "assignment__slot")
        .values_list(
            "assignment__item__position", "assignment__trial", "score", "opt_out", "reaction_ms"
        )
    )


def test_the_same_seed_gives_the_same_answers_and_another_seed_others(alice: User) -> None:
    first, second, third = (make_study(alice, pictures=4) for _ in range(3))
    assert simulate_raters(study=first, raters=5, seed=3) == 36
    simulate_raters(study=second, raters=5, seed=3)
    simulate_raters(study=third, raters=5, seed=4)
    assert answers(first) == answers(second)
    assert answers(first) != answers(third)


def test_every_item_gets_what_it_wants_and_no_more(alice: User) -> None:
    study = make_study(alice, pictures=3)
    made = simulate_raters(study=study, raters=9, seed=1)
    per_item = study.items.annotate(n=Count("assignments__ratings"))
    assert {item.n for item in per_item} == {study.ratings_per_item}
    assert made == study.items.count() * study.ratings_per_item
    assert simulate_raters(study=study, raters=2, seed=2) == 0


def test_no_rater_answers_more_than_the_study_allows(alice: User) -> None:
    study = make_study(alice)
    Study.objects.filter(pk=study.pk).update(items_per_rater=5)
    study.refresh_from_db()
    assert simulate_raters(study=study, raters=2, seed=1) == 10


def test_answers_are_marked_as_simulated_and_claim_to_have_seen_nothing(alice: User) -> None:
    study = make_study(alice, pictures=2)
    simulate_raters(study=study, raters=3, seed=1)
    ratings = Rating.objects.in_study(study)
    assert set(
        ratings.values_list(
            "assignment__rater__simulated", "input_method", "colour_map", "opacity_final"
        )
    ) == {(True, "simulated", "", None)}


def test_times_are_in_order_and_not_in_the_future(alice: User) -> None:
    study = make_study(alice, pictures=2)
    simulate_raters(study=study, raters=4, seed=1)
    in_order = Rating.objects.filter(
        assignment__rater__consented_at__lte=F("assignment__drawn_at"),
        assignment__drawn_at__lt=F("painted_at"),
        painted_at__lt=F("submitted_at"),
        submitted_at__lt=timezone.now(),
    )
    assert in_order.count() == Rating.objects.count() == 18


def test_raters_work_side_by_side(alice: User) -> None:
    study = make_study(alice)
    simulate_raters(study=study, raters=6, seed=1)
    done = Counter(Rating.objects.values_list("assignment__rater", flat=True))
    assert sorted(done.values()) == [12] * 6


def test_progress_is_told_after_every_answer(alice: User) -> None:
    told: list[int] = []
    study = make_study(alice, pictures=1)
    simulate_raters(study=study, raters=1, seed=1, on_progress=told.append)
    assert told == [1, 2, 3]


def test_a_study_that_is_not_open_takes_none(alice: User) -> None:
    study = make_study(alice, pictures=1)
    pause_study(study=study, user=alice)
    study.refresh_from_db()
    with pytest.raises(WrongStatus, match="Open the study first"):
        simulate_raters(study=study, raters=1, seed=1)


@pytest.mark.parametrize("shares", [(1.0,), (1, 1, 1, 1, -1), (0, 0, 0, 0, 0)])
def test_shares_that_make_no_crowd_are_refused(alice: User, shares: tuple[float, ...]) -> None:
    study = make_study(alice, pictures=1)
    with pytest.raises(ValueError, match="Give 5 shares"):
        simulate_raters(study=study, raters=1, seed=1, shares=shares)


def test_straight_lining_raters_give_one_score(alice: User) -> None:
    study = make_study(alice)
    simulate_raters(study=study, raters=1, seed=1, shares=(0, 0, 1, 0, 0))
    assert len(set(Rating.objects.values_list("score", flat=True))) == 1
    assert not Rating.objects.exclude(opt_out="").exists()


def test_habits_are_recruited_by_their_shares() -> None:
    habits = Counter(recruit(7, number, (3, 0, 0, 1, 0)).habit.name for number in range(400))
    assert set(habits) == {CAREFUL.name, SPEEDING.name}
    assert 270 < habits[CAREFUL.name] < 330
    assert recruit(7, 0, (0, 0, 1, 0, 0)).habit is STRAIGHT_LINING


def test_content_words_score_higher_than_function_words(alice: User) -> None:
    study = factories.make_study(
        alice, parts_of_speech=["NOUN", "PUNCT"], items_per_part_of_speech=12
    )
    for seed in range(12):
        factories.make_generation(factories.make_prompt(study, seed=seed, sentence=SENTENCE))
    factories.studies.open_study(study=study, user=alice)
    simulate_raters(study=study, raters=6, seed=1, shares=(1, 0, 0, 0, 0))
    given = Rating.objects.in_study(study)
    nouns = given.filter(assignment__item__pos="NOUN")
    marks = given.filter(assignment__item__pos="PUNCT")
    assert mean(nouns) - mean(marks) > 1
    assert marks.exclude(opt_out="").count() > 3 * nouns.exclude(opt_out="").count()


def mean(ratings: Any) -> float:
    scores = list(ratings.filter(score__isnull=False).values_list("score", flat=True))
    return sum(scores) / len(scores)
