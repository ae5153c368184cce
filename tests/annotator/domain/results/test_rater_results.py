"""What is said of raters, and of ratings still needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from annotator import statistics
from annotator.domain.results.answers import NO_REPEATS, Answers, Category, KnownAnswers, Repeats
from annotator.domain.results.planning import outlook
from annotator.domain.results.rater_results import rater_results
from annotator.domain.results.scale import scale_from


def crowd(n_items: int) -> Answers:
    """Every item scored by three raters, of whom the last is severe; item 0 has an opt-out."""
    rng = np.random.default_rng(1)
    quality = rng.integers(3, 6, n_items)
    score = np.stack([quality, np.clip(quality + rng.integers(-1, 1, n_items), 1, 5), quality - 2])
    score = score.astype(np.float32)
    score[0, 0] = np.nan
    item, rater = np.tile(np.arange(n_items), 3), np.repeat(np.arange(3), n_items)
    same = Category.of(["x"] * n_items)
    return Answers(
        item=item.astype(np.int32),
        rater=rater.astype(np.int32),
        score=score.ravel(),
        opt_out=np.isnan(score.ravel()).astype(np.int8),
        submitted_at=np.zeros(3 * n_items, "datetime64[ms]"),
        item_keys=np.arange(n_items),
        prompt=np.arange(n_items, dtype=np.int32),
        judged=np.arange(n_items, dtype=np.int32),
        **dict.fromkeys(("pos", "kind", "condition", "word", "lemma", "batch", "model"), same),
        raters=("exact", "near", "severe"),
        simulated=np.array([False, False, True]),
    )


def test_who_scores_low_is_severe_and_hinders_agreement() -> None:
    found = rater_results(crowd(40), NO_REPEATS)
    by_name = {rater.name: rater for rater in found.raters}
    severe = by_name["severe"]
    assert max(found.raters, key=lambda rater: rater.severity) is severe
    assert severe.alpha_change > 0 > by_name["exact"].alpha_change
    assert (severe.simulated, severe.n_scores, by_name["exact"].n_opt_outs) == (True, 40, 1)
    assert found.n_raters == 3


def test_repeats_are_counted_with_their_rater() -> None:
    repeats = Repeats(np.array([0, 0, 2], np.int32), np.array([3, 4, 5.0]), np.array([3, 5, 5.0]))
    found = rater_results(crowd(10), repeats)
    assert {rater.name: (rater.repeats, rater.same) for rater in found.raters} == {
        "exact": (2, 1),
        "near": (0, 0),
        "severe": (1, 1),
    }
    measured = {one.name: one.estimate.value for one in found.self_agreement}
    a, b = repeats.first.astype(int), repeats.second.astype(int)
    assert measured == pytest.approx(
        {
            "exact": 2 / 3,
            "within_one": 1,
            "kappa_quadratic": cohen_kappa_score(a, b, weights="quadratic", labels=range(1, 6)),
        }
    )
    assert rater_results(crowd(10), NO_REPEATS).self_agreement == ()


def test_answers_are_right_where_they_are_the_known_ones() -> None:
    known = KnownAnswers(
        np.array([0, 0, 2, 2], np.int32), np.array([3, 4, 5, np.nan]), np.array([3, 5, 3, 5.0])
    )

    found = rater_results(crowd(10), NO_REPEATS, known)

    assert {rater.name: (rater.right, rater.known) for rater in found.raters} == {
        "exact": (1, 2),
        "near": (0, 0),
        "severe": (0, 2),
    }
    exact, within_one = found.accuracy
    assert (exact.name, exact.estimate.value, exact.estimate.n) == ("exact", 0.25, 4)
    # Raters are drawn anew: one who knows half, one who knows nothing.
    assert (exact.estimate.low, exact.estimate.high) == (0, 0.5)
    assert (within_one.name, within_one.estimate.value) == ("within_one", 0.5)


def test_one_rater_has_no_interval_and_is_told_why() -> None:
    known = KnownAnswers(np.array([1], np.int32), np.array([3.0]), np.array([3.0]))

    (exact, _) = rater_results(crowd(10), NO_REPEATS, known).accuracy

    assert exact.note == "no interval: only one rater has any"


def test_labels_without_an_order_are_counted_beside_those_of_the_others() -> None:
    names = scale_from(("cat", "dog", "fish", "cow", "ant"), ordered=False)

    found = rater_results(replace(crowd(40), scale=names), NO_REPEATS)

    # “severe” gives another label than the two others wherever those agree.
    by_name = {rater.name: rater for rater in found.raters}
    severe = by_name["severe"]
    assert severe.with_majority == 0
    assert 0 < severe.with_others < 40
    assert np.isnan(severe.mean)
    ordered = rater_results(crowd(40), NO_REPEATS).raters
    assert [rater.with_others for rater in ordered] == [0, 0, 0]


def test_goals_are_those_narrower_than_now_at_as_many_ratings_of_an_item() -> None:
    answers = crowd(60)
    found = outlook(answers)
    assert [goal.half_width for goal in found.goals] == [0.20, 0.10, 0.05]
    assert [goal.half_width for goal in outlook(crowd(400)).goals] == [0.05]
    plan = statistics.opinion_plan(answers.crossed, 0.2, per_item=[3])
    assert found.half_width == plan.width_now / 2
    assert (found.goals[1].more, found.goals[1].per_item) == (plan.needs[0].more, 3)


def test_without_scores_nothing_is_promised() -> None:
    nobody = crowd(4).of_items(np.zeros(4, dtype=bool))
    assert outlook(nobody).goals == ()
    assert rater_results(nobody, NO_REPEATS).raters == ()
