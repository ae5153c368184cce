"""What is said of raters, and of ratings still needed."""

from __future__ import annotations

import numpy as np
import pytest

from annotator import statistics
from annotator.domain.results.answers import NO_REPEATS, Answers, Category, Repeats
from annotator.domain.results.planning import outlook
from annotator.domain.results.rater_results import rater_results


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
    assert found.self_agreement.value == pytest.approx(2 / 3)
    assert np.isnan(rater_results(crowd(10), NO_REPEATS).self_agreement.value)


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
