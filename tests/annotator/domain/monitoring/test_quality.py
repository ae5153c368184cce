"""Flags tell what is unusual; a person decides, and can take it back."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotator.domain.monitoring import quality
from annotator.domain.results.computing import compute
from annotator.domain.results.filters import Filter
from annotator.domain.simulation import run as simulation
from annotator.domain.simulation.crowd import HABITS
from annotator.enums import AssignmentPurpose, Flag, ItemKind
from annotator.models import Item, Rater, Rating, Study
from tests import factories
from tests.annotator.answers import give


@pytest.fixture
def study(alice: User) -> Study:
    """Forty-eight items of sixteen pictures."""
    return factories.make_open_study(
        alice, prompts=16, items_per_part_of_speech=16, ratings_per_item=5
    )


def answers(study: Study, scores: Sequence[int], **fields: Any) -> Rater:
    """A new rater with these scores for the study's first items."""
    rater = factories.make_rater(study)
    for item, score in zip(study.items.order_by("position"), scores, strict=False):
        rating = give(item, rater, score)
        Rating.objects.filter(pk=rating.pk).update(**fields)
    return rater


def flags(rater: Rater) -> list[Flag]:
    (found,) = quality.quality_of([rater])
    return [measure.flag for measure in found.flags]


def measure(rater: Rater, flag: Flag) -> tuple[float, int]:
    (found,) = quality.quality_of([rater])
    (one,) = [measure for measure in found.measures if measure.flag == flag]
    return one.value, one.n


VARIED = [1, 3, 5, 4, 2, 4, 3, 5, 4, 2, 3, 4, 5, 1, 2, 3, 4, 5]


def test_varied_answers_at_a_human_pace_raise_nothing(study: Study) -> None:
    assert flags(answers(study, VARIED)) == []


def test_time_out_of_sight_is_no_time_to_look(study: Study) -> None:
    quick = answers(study, VARIED, reaction_ms=5000, hidden_ms=4500)
    slow = answers(study, VARIED, reaction_ms=5000, hidden_ms=100)

    assert flags(quick) == [Flag.TOO_FAST]
    assert flags(slow) == []


def test_always_the_same_answer_is_flagged_from_fifteen_on(study: Study) -> None:
    assert flags(answers(study, [4] * 15)) == [Flag.STRAIGHT_LINING]
    assert flags(answers(study, [4] * 14)) == []
    assert flags(answers(study, [4] * 13 + [3] * 2)) == []


def test_gold_outside_what_is_accepted_is_flagged(study: Study) -> None:
    rater = factories.make_rater(study)
    for number, answer in enumerate((1, 5, "word_too_abstract")):
        heat_map = study.generations.all()[number].heat_maps.exclude(items__study=study)[0]
        gold = Item.objects.create(
            study=study,
            heat_map=heat_map,
            kind=ItemKind.GOLD,
            pos="DET",
            accepted_low=1,
            accepted_high=2,
            ratings_wanted=0,
            free_slots=0,
        )
        give(gold, rater, answer, AssignmentPurpose.GOLD)

    assert measure(rater, Flag.FAILED_GOLD) == (2 / 3, 3)
    assert flags(rater) == [Flag.FAILED_GOLD]


def test_who_scores_controls_as_high_as_real_maps_is_flagged(study: Study) -> None:
    study.items.filter(position__in=(0, 1, 2)).update(kind=ItemKind.BLANK)

    fooled, careful = answers(study, [5, 5, 4, 4, 5, 3]), answers(study, [1, 1, 2, 4, 5, 3])

    assert measure(fooled, Flag.FAILED_CONTROLS) == (pytest.approx(4 - 14 / 3), 3)
    assert flags(fooled) == [Flag.FAILED_CONTROLS]
    assert flags(careful) == []


def test_distance_from_the_others_leaves_ones_own_score_out(study: Study) -> None:
    for _ in range(2):
        answers(study, [5, 4] * 5)
    odd = answers(study, [1, 2] * 5)

    assert measure(odd, Flag.LOW_AGREEMENT) == (3.0, 10)
    assert flags(odd) == [Flag.LOW_AGREEMENT]


def test_distance_from_oneself_is_measured_on_repeats(study: Study) -> None:
    rater = answers(study, VARIED)
    items = study.items.order_by("position")
    for item, score in zip(items[:5], (3, 5, 3, 2, 4), strict=True):
        give(item, rater, score, AssignmentPurpose.REPEAT)
    assert flags(rater) == []
    give(items[5], rater, 2, AssignmentPurpose.REPEAT)

    assert measure(rater, Flag.SELF_DISAGREEMENT) == (2.0, 6)
    assert flags(rater) == [Flag.SELF_DISAGREEMENT]


def test_self_agreement_is_the_share_of_repeats_with_the_same_score(study: Study) -> None:
    for second in ((1, 3), (1, 4)):
        rater = answers(study, VARIED[:2])
        for item, score in zip(study.items.order_by("position")[:2], second, strict=True):
            give(item, rater, score, AssignmentPurpose.REPEAT)

    found = quality.rater_figures(study=study).self_agreement

    assert (found.value, found.n) == (3 / 4, 4)
    assert 0.5 <= found.low <= found.high <= 1


def test_the_five_habits_are_told_apart_by_their_flags(alice: User) -> None:
    study = factories.make_open_study(
        alice,
        prompts=7,
        items_per_part_of_speech=7,
        ratings_per_item=9,
        shuffled_word_percent=50,
        repeat_percent=20,
    )
    found: dict[str, set[Flag]] = {}
    # Careful raters first: the others are far from them, or not.
    for habit, raters in enumerate((4, 2, 1, 1, 1)):
        shares = tuple(float(number == habit) for number in range(len(HABITS)))
        before = set(study.raters.values_list("pk", flat=True))
        simulation.simulate_raters(study=study, raters=raters, seed=3, shares=shares)
        new = quality.quality_of(study.raters.exclude(pk__in=before))
        found[HABITS[habit].name] = {one.flag for rater in new for one in rater.flags}

    assert found["careful"] == set()
    assert found["noisy"] == {Flag.SELF_DISAGREEMENT}
    assert Flag.STRAIGHT_LINING in found["straight-lining"]
    assert Flag.TOO_FAST in found["speeding"]
    assert found["adversarial"] == {Flag.LOW_AGREEMENT, Flag.FAILED_CONTROLS}


# -- deciding ------------------------------------------------------------------------------------


def test_an_exclusion_has_a_reason_is_logged_and_can_be_taken_back(
    study: Study, alice: User
) -> None:
    rater = answers(study, VARIED)
    n = len(VARIED)

    quality.exclude(rater=rater, user=alice, reason="Told us so.")
    quality.exclude(rater=rater, user=alice, reason="Again.")

    rater.refresh_from_db()
    assert (rater.excluded_at is not None, rater.exclusion_reason) == (True, "Told us so.")
    assert Rating.objects.in_study(study).count() == n
    assert compute(study=study, filter=Filter()).overall.n_ratings == 0
    quality.include(rater=rater, user=alice)
    assert compute(study=study, filter=Filter()).overall.n_ratings == n
    assert [entry.text for entry in study.log.all()[:2]] == [
        f"Rater {rater.pseudonym} included again",
        f"Rater {rater.pseudonym} excluded: Told us so.",
    ]
