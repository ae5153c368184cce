import math
import uuid
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from annotator import statistics
from annotator.domain.rating import assignments
from annotator.domain.rating.assignments import Answer
from annotator.domain.results.computing import compute
from annotator.domain.results.filters import Filter
from annotator.domain.results.resampling import BOOTSTRAP_SEED, RESAMPLES
from annotator.domain.results.summary import Results, describe
from annotator.models import Rating, Study
from annotator.statistics import Estimate
from tests import factories
from tests.annotator.answers import make_rated_study


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


def of(study: Study, *parts: str) -> Results:
    return compute(study=study, filter=Filter(pos=parts))


def test_counts_ratings_items_raters_scores_and_opt_outs(study: Study) -> None:
    overall = of(study).overall
    assert overall.n_ratings == 9
    assert (overall.n_scores, overall.n_opt_outs) == (7, 2)
    assert overall.n_items == 4
    assert overall.n_raters == 3
    assert overall.scores == (0, 1, 2, 2, 2)
    assert overall.opt_outs == (1, 1)


def test_the_mean_opinion_score_is_the_mean_of_all_scores(study: Study) -> None:
    found = of(study)
    assert found.overall.mos.value == pytest.approx(26 / 7)
    assert [(row.pos, row.mos.value, row.mos.n) for row in found.by_pos] == [
        ("NOUN", 4.0, 6),
        ("VERB", 2.0, 1),
    ]


def test_alpha_is_what_the_formula_gives_by_hand(study: Study) -> None:
    # Pairable: {4, 5, 4} and {3, 3}. Observed 4.5, expected 22.5 (Krippendorff 2011, ordinal).
    alpha = of(study).overall.alpha
    assert alpha.value == pytest.approx(0.8)
    assert alpha.n == 5


def test_numbers_are_those_of_the_statistics_with_the_named_seed(alice: User) -> None:
    nouns = [[4, 5, 3], [3, 1, 2], [5, 5, 4], [1, 2, 2]]
    verbs = [[2, 5, 5], [3, 4, 3], [1, 1, 2], [4, 3]]
    overall = of(make_rated_study(alice, {"NOUN": nouns, "VERB": verbs})).overall
    counts = np.array([[row.count(score) for score in range(1, 6)] for row in nouns + verbs])
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    assert overall.mos == statistics.mean_opinion_score(
        counts @ np.arange(1, 6), counts.sum(axis=1), rng=rng, n=RESAMPLES
    )
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    interval = statistics.alpha_interval_from_counts(counts, range(1, 6), n=RESAMPLES, rng=rng)
    assert (overall.alpha.low, overall.alpha.high) == interval


def test_a_part_of_speech_has_the_same_numbers_alone_and_among_others(study: Study) -> None:
    assert of(study, "NOUN").by_pos[0] == of(study).by_pos[0]
    assert of(study, "NOUN").overall.n_ratings == 7


def test_raters_are_counted_once_though_they_rate_several_parts_of_speech(study: Study) -> None:
    found = of(study)
    assert [row.n_raters for row in found.by_pos] == [3, 2]
    assert found.overall.n_raters == 3


def test_a_filter_that_leaves_nothing_gives_zeros_and_words(study: Study) -> None:
    found = of(study, "ADJ")
    assert found.by_pos == ()
    assert found.overall.n_ratings == 0
    assert math.isnan(found.overall.mos.value)
    assert found.overall.mos_note == "not defined: nobody has given a score yet"


def test_only_the_last_revision_counts_and_the_earlier_ones_are_kept(alice: User) -> None:
    study = factories.make_open_study(alice)
    (assignment,) = assignments.draw(rater=factories.make_rater(study), count=1)
    for score in (1, 2, 5):
        answer = Answer(answer_id=uuid.uuid4(), score=score)
        assignments.submit_rating(assignment=assignment, answer=answer)
    assert of(study).overall.scores == (0, 0, 0, 0, 1)
    assert list(Rating.objects.order_by("pk").values_list("score", flat=True)) == [1, 2, 5]


def test_ratings_of_another_study_are_not_counted(study: Study, alice: User) -> None:
    make_rated_study(alice, {"NOUN": [[1, 1, 1]]})
    assert of(study).overall.n_ratings == 9


@pytest.mark.parametrize(
    ("answers", "mos_note", "alpha_note"),
    [
        ([], "not defined: nobody has given a score yet", "not defined: no item has two scores"),
        (
            [["image_too_poor", "image_too_poor"]],
            "not defined: nobody has given a score yet",
            "not defined: no item has two scores",
        ),
        (
            [[4]],
            "no interval: only one item has a score",
            "not defined: no item has two scores",
        ),
        (
            [[4, 4], [4, 4]],
            "",
            "not defined: all scores are the same, so agreement cannot be told from habit",
        ),
        (
            [[4, 5]],
            "no interval: only one item has a score",
            "no interval: only one item has two scores",
        ),
        ([[4, 4], [4, 5]], "", "no interval: the scores of 2 items vary too little"),
        ([[4, 4], [4, 5], [1, 2], [3, 3]], "", ""),
    ],
)
def test_what_is_undefined_is_said_in_words(
    alice: User, answers: list[Any], mos_note: str, alpha_note: str
) -> None:
    overall = of(make_rated_study(alice, {"NOUN": answers})).overall
    assert (overall.mos_note, overall.alpha_note) == (mos_note, alpha_note)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(3.914, 3.7, 4.125, 9), "3.91 [3.70, 4.12]"),
        (Estimate(-0.03, -0.59, 0.48, 9), "−0.03 [−0.59, 0.48]"),
        (Estimate(3.0, math.nan, math.nan, 1), "3.00 (no interval)"),
        (Estimate(math.nan, math.nan, math.nan, 0), "not defined"),
    ],
)
def test_estimates_are_written_with_their_interval(estimate: Estimate, text: str) -> None:
    assert describe(estimate) == text
