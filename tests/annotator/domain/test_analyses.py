"""Numbers are stored for every process; those of a large study come from a worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotator import queue
from annotator.domain import analyses
from annotator.domain.analyses import State, Unfiltered
from annotator.domain.browse.words import WordTable, table
from annotator.domain.monitoring.overview import overview
from annotator.domain.results.computing import compute
from annotator.domain.results.data_version import fixed_version
from annotator.domain.results.filters import Filter
from annotator.domain.results.stored_numbers import from_json, to_json
from annotator.domain.results.summary import Results
from annotator.enums import AnalysisStatus, ItemKind, PayPer
from annotator.models import Analysis, Rating, Study
from tests import factories
from tests.annotator.answers import give, make_control, make_rated_study


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Messages to workers; every study counts as large."""
    messages: list[tuple[Any, ...]] = []
    monkeypatch.setattr(queue, "enqueue", lambda *message: messages.append(message))
    monkeypatch.setattr(analyses, "AT_ONCE", 0)
    return messages


def look(study: Study, **times: Any) -> State:
    return analyses.state(study=study, filter=Filter(), **times)


def one_more(study: Study) -> None:
    give(study.items.filter(pos="ADJ")[0], study.raters.all()[0], 1)


def work(key: int) -> None:
    claimed = analyses.claim(key)
    assert claimed is not None
    analyses.run(claimed)


def test_what_is_stored_is_what_was_computed(study: Study) -> None:
    make_control(study, ItemKind.BLANK, [[1, 1, 2], [1, 2, 1]])
    found = compute(study=study, filter=Filter())
    # repr: nan is not equal to itself.
    assert repr(from_json(Results, to_json(found))) == repr(found)
    chosen = Filter(pos=("NOUN",), since=timezone.now().date(), raters=("a", "b"))
    assert from_json(Filter, to_json(chosen)) == chosen


def test_a_small_study_is_computed_at_once_and_once_per_state(
    study: Study, django_assert_num_queries: Any
) -> None:
    first = look(study)
    assert first.is_current
    with django_assert_num_queries(2):  # data version, analysis
        assert look(study).is_current
    one_more(study)
    results = look(study).results()
    assert results is not None
    assert results.overall.n_ratings == 10
    assert Analysis.objects.count() == 1


def test_a_large_study_is_computed_by_a_worker(study: Study, sent: list[Any]) -> None:
    waiting = look(study)
    assert (waiting.is_waiting, waiting.results()) == (True, None)
    assert sent == [(queue.ANALYSE, waiting.analysis.pk)]
    assert look(study).is_waiting
    assert len(sent) == 1
    work(waiting.analysis.pk)
    done = look(study)
    assert (done.is_current, done.is_waiting) == (True, False)
    assert repr(done.results()) == repr(compute(study=study, filter=Filter()))


def test_the_last_numbers_stay_while_newer_ones_are_computed(study: Study, sent: list[Any]) -> None:
    key = look(study).analysis.pk
    work(key)
    one_more(study)
    resting = look(study)
    assert (resting.is_current, resting.is_waiting, len(sent)) == (False, False, 1)
    later = look(study, at=timezone.now() + timedelta(minutes=1))
    assert (later.is_waiting, len(sent)) == (True, 2)
    results = later.results()
    assert results is not None
    assert results.overall.n_ratings == 9


def test_one_message_is_worked_on_once(study: Study, sent: list[Any]) -> None:
    key = look(study).analysis.pk
    work(key)
    assert analyses.claim(key) is None


def test_a_failure_is_told_and_tried_again_later(study: Study, sent: list[Any]) -> None:
    analysis = look(study).analysis
    analyses.fail(analysis=analysis, reason="The disk is full.")
    failed = look(study)
    assert (failed.is_waiting, failed.analysis.error) == (False, "The disk is full.")
    assert look(study, at=timezone.now() + timedelta(minutes=1)).is_waiting


def test_a_worker_that_is_silent_is_said_and_its_message_sent_again(
    study: Study, sent: list[Any]
) -> None:
    analysis = look(study).analysis
    assert not look(study).is_silent
    long_ago = timezone.now() - analyses.STUCK_AFTER * 2
    Analysis.objects.update(touched_at=long_ago, status=AnalysisStatus.RUNNING)
    assert look(study).is_silent
    assert analyses.resend_stuck() == 1
    assert sent[1:] == [(queue.ANALYSE, analysis.pk)]
    work(analysis.pk)


def test_progress_is_news(study: Study, sent: list[Any]) -> None:
    before = look(study)
    analyses.record_progress(before.analysis, 3, 9)
    after = look(study)
    assert before.etag != after.etag
    assert (after.analysis.steps_done, after.analysis.steps_total) == (3, 9)


def test_every_step_is_reported(study: Study) -> None:
    told: list[tuple[int, int]] = []
    compute(study=study, filter=Filter(), report=lambda *step: told.append(step))
    assert told == [(step, 10) for step in range(1, 11)]


def test_numbers_nobody_looked_at_for_long_are_forgotten(study: Study) -> None:
    look(study)
    assert analyses.drop_old() == 0
    assert analyses.drop_old(at=timezone.now() + analyses.KEPT_FOR * 2) == 1


def test_everything_that_changes_numbers_changes_the_version(study: Study) -> None:
    versions = [str(look(study).version)]
    one_more(study)
    versions.append(str(look(study).version))
    study.raters.filter(pk=study.raters.all()[0].pk).update(excluded_at=timezone.now())
    versions.append(str(look(study).version))
    study.raters.update(excluded_at=None)
    study.raters.all()[0].delete()
    versions.append(str(look(study).version))
    assert len(set(versions)) == len(versions)


def test_numbers_in_the_form_of_an_earlier_release_are_computed_again(
    study: Study, sent: list[Any]
) -> None:
    work(look(study).analysis.pk)
    Analysis.objects.update(version="1-9-3-0-0-0", results={"kind": "real"})
    later = look(study, at=timezone.now() + timedelta(minutes=1))
    assert (later.results(), later.is_waiting) == (None, True)


def test_the_raters_figures_of_a_large_study_are_a_workers(
    study: Study, sent: list[tuple[Any, ...]]
) -> None:
    Study.objects.filter(pk=study.pk).update(pay_amount=2, pay_per=PayPer.HOUR)
    study.refresh_from_db()
    Rating.objects.filter(assignment__rater=study.raters.all()[0]).update(reaction_ms=3_600_000)
    before = overview(study=study)
    assert (before.flags, before.cost) == (None, None)
    ((_task, key),) = sent
    work(key)

    after = overview(study=study)
    assert after.flags == ()
    assert after.cost is not None
    assert after.cost.spent == pytest.approx(2 * (4 + 5 * 4.75 / 3600))


def test_the_table_of_words_is_stored_until_there_are_ratings_or_pictures(
    study: Study, sent: list[tuple[Any, ...]]
) -> None:
    def words() -> WordTable | None:
        return analyses.state_of(Unfiltered.WORDS, study=study).words()

    assert words() is None
    ((_task, key),) = sent
    work(key)
    assert repr(words()) == repr(table(study=study))  # nan is not equal to itself

    later = timezone.now() + analyses.KEPT_FOR
    factories.make_generation(factories.make_prompt(study, seed=99))
    assert analyses.state_of(Unfiltered.WORDS, study=study, at=later).is_waiting


@pytest.mark.parametrize(
    ("answers", "raters", "expected"), [(50, 101, True), (51, 101, False), (2_000, 2, True)]
)
def test_masks_are_compared_at_once_where_they_make_few_pairs(
    answers: int, raters: int, expected: bool
) -> None:
    study = Study(ratings_per_item=raters)
    analysis = Analysis(study=study, filter_key=Unfiltered.MASKS)
    assert analyses._is_small(analysis, fixed_version(answers)) is expected
