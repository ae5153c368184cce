"""Controls stand beside the results and never in them; so do repeats, gold and excluded raters."""

import math

import pytest
from django.contrib.auth.models import User
from django.db.models import Avg
from django.utils import timezone

from annotator import statistics
from annotator.domain.results.computing import compute
from annotator.domain.results.filters import Filter
from annotator.domain.results.resampling import HOW, rng
from annotator.domain.results.summary import Results
from annotator.enums import AssignmentPurpose, ItemKind
from annotator.models import Rater, Rating, Study
from annotator.statistics import Arm
from tests.annotator.answers import give, make_control, make_rated_study

NOUNS = [[4, 5, 4], [3, 3, 5], [5, 4, 4], [5, 5, 3]]


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice, {"NOUN": NOUNS})


def of(study: Study, *, everybody: bool = False) -> Results:
    return compute(study=study, filter=Filter(everybody=everybody))


def test_controls_change_nothing_in_the_results_of_real_maps(study: Study) -> None:
    before = of(study)

    make_control(study, ItemKind.BLANK, [[1, 1, 1], [1, 2, 1]])

    after = of(study)
    assert (after.overall, after.by_pos) == (before.overall, before.by_pos)


def test_each_control_is_compared_with_the_real_maps(study: Study) -> None:
    make_control(study, ItemKind.BLANK, [[1, 1, 1], [1, 2, "word_too_abstract"]])
    make_control(study, ItemKind.SHUFFLED_WORD, [[2, 4, 3]])

    shuffled, blank = of(study).comparisons

    assert (shuffled.kind, blank.kind) == (ItemKind.SHUFFLED_WORD, ItemKind.BLANK)
    assert blank.mos.value == pytest.approx(6 / 5)
    assert blank.contrast.difference.value == pytest.approx(50 / 12 - 6 / 5)
    assert (blank.n_items, blank.n_opt_outs, blank.contrast.difference.n) == (2, 1, 6)
    assert blank.verdict == "above"
    assert (math.isnan(shuffled.contrast.difference.low), shuffled.verdict) == (True, "")


def test_a_control_is_compared_with_the_real_maps_of_its_own_conditions(study: Study) -> None:
    """What asks for an absent word is there under conditions that sum everything only."""
    make_control(study, ItemKind.ABSENT_WORD, [[1, 1, 1], [1, 2, 3]])
    first, second, *others = study.items.filter(kind=ItemKind.REAL, n_scores=3)
    study.items.filter(pk__in=[one.pk for one in others]).update(condition="late")

    (absent,) = of(study).comparisons

    scores = Rating.objects.filter(assignment__item__in=[first, second])
    real = scores.aggregate(mean=Avg("score"))["mean"]
    assert absent.contrast.difference.value == pytest.approx(real - 9 / 6)
    assert absent.contrast.difference.n == 4


def test_the_difference_is_that_of_the_statistics_with_the_named_seed(study: Study) -> None:
    make_control(study, ItemKind.RANDOM_BLOB, [[1, 3, 1], [2, 2, 4], [3, 1, 1]])

    (blob,) = of(study).comparisons

    real = Arm([sum(row) for row in NOUNS], [3, 3, 3, 3])
    control = Arm([5, 8, 5], [3, 3, 3])
    expected = statistics.contrasts({"real": real, "blob": control}, rng=rng(), how=HOW)
    assert blob.contrast == expected["real", "blob"]


def test_a_study_without_controls_compares_nothing(study: Study) -> None:
    assert of(study).comparisons == ()


def test_repeats_and_gold_checks_are_in_no_result(study: Study) -> None:
    before = of(study).overall
    item, rater = study.items.filter(pos="NOUN").order_by("position")[0], study.raters.all()[0]

    give(item, rater, 1, AssignmentPurpose.REPEAT)
    give(item, rater, 1, AssignmentPurpose.GOLD)

    assert of(study).overall == before


def test_an_excluded_rater_is_left_out_everywhere_and_can_be_seen_again(study: Study) -> None:
    make_control(study, ItemKind.BLANK, [[1, 1, 5], [1, 2, 5]])
    before = of(study)
    last = study.raters.order_by("number").last()
    assert last is not None

    Rater.objects.filter(pk=last.pk).update(excluded_at=timezone.now())

    without = of(study)
    assert without.overall.mos.value == pytest.approx(34 / 8)
    assert without.overall.n_raters == 2
    assert without.comparisons[0].mos.value == pytest.approx(5 / 4)
    assert without.n_excluded == 6
    everybody = of(study, everybody=True)
    assert (everybody.overall, everybody.comparisons) == (before.overall, before.comparisons)
    Rater.objects.filter(pk=last.pk).update(excluded_at=None)
    assert of(study).overall == before.overall
