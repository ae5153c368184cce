from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from annotator.domain.design import studies
from annotator.domain.material import generations, prompts
from annotator.domain.monitoring import overview
from annotator.domain.monitoring.overview import NextStep, Share
from annotator.domain.monitoring.strata import strata
from annotator.enums import PartOfSpeech, UploadStatus
from annotator.models import Generation, Prompt, PromptUpload, Rating, Study
from tests import factories

# -- the next step -------------------------------------------------------------------------------


def step(study: Study) -> NextStep:
    study.refresh_from_db()
    return overview.overview(study=study).next_step


def queue_one(study: Study, seed: int = 0) -> Generation:
    prompt = factories.make_prompt(study, seed=seed)
    generations.request_generations(study=study, prompts=[prompt])
    return prompt.generations.get()


def fail_one(study: Study, seed: int = 0) -> None:
    (generation,) = generations.claim(keys=[queue_one(study, seed).pk])
    generations.fail(generation=generation, reason="No such model.")


def test_the_next_step_follows_a_study_from_its_upload_to_its_export(alice: User) -> None:
    study = factories.make_study(alice, ratings_per_item=1, items_per_part_of_speech=1)
    steps = [step(study)]
    upload = prompts.keep_upload(study=study, user=alice, file_name="a.txt", content=b"a cat")
    steps.append(step(study))
    upload.delete()
    queued = queue_one(study)
    steps.append(step(study))
    queued.delete()
    factories.make_generation(factories.make_prompt(study, seed=1))
    steps.append(step(study))
    studies.open_study(study=study, user=alice)
    studies.invite(study=study)
    steps.append(step(study))
    rater = factories.make_rater(study)
    steps.append(step(study))
    studies.pause_study(study=study, user=alice)
    steps.append(step(study))
    studies.open_study(study=study, user=alice)
    rater.refresh_from_db()
    factories.rate(rater, count=3)
    steps.append(step(study))
    studies.close_study(study=study, user=alice)
    steps.append(step(study))

    assert steps == [
        NextStep.UPLOAD,
        NextStep.IMPORT,
        NextStep.WAIT_FOR_PICTURES,
        NextStep.OPEN,
        NextStep.INVITE,
        NextStep.WATCH,
        NextStep.RESUME,
        NextStep.CLOSE,
        NextStep.EXPORT,
    ]


def test_failed_pictures_are_retried_before_the_study_is_opened(alice: User) -> None:
    study = factories.make_study(alice)
    fail_one(study)
    assert step(study) == NextStep.RETRY

    factories.make_generation(factories.make_prompt(study, seed=1))
    assert step(study) == NextStep.RETRY


def test_an_imported_file_waits_for_nobody(alice: User) -> None:
    study = factories.make_study(alice)
    prompts.keep_upload(study=study, user=alice, file_name="a.txt", content=b"a cat")
    PromptUpload.objects.update(status=UploadStatus.IMPORTED)

    assert step(study) == NextStep.UPLOAD


# -- workers that do not answer ------------------------------------------------------------------


def test_a_queue_nobody_works_on_is_noticed(alice: User) -> None:
    study = factories.make_study(alice)
    queue_one(study)
    since = timezone.now() - timedelta(minutes=2)
    study.generations.update(touched_at=since)

    assert overview.overview(study=study).silent_since == since


def test_a_queue_that_has_just_been_filled_is_not_silent(alice: User) -> None:
    study = factories.make_study(alice)
    queue_one(study)

    assert overview.overview(study=study).silent_since is None


@pytest.mark.parametrize(("minutes", "silent"), [(5, False), (11, True)])
def test_a_worker_at_another_study_answers_until_it_is_taken_for_dead(
    alice: User, bob: User, minutes: int, silent: bool
) -> None:
    study, other = factories.make_study(alice), factories.make_study(bob)
    queue_one(study)
    generations.claim(keys=[queue_one(other).pk])
    Generation.objects.update(touched_at=timezone.now() - timedelta(minutes=minutes))

    assert (overview.overview(study=study).silent_since is not None) == silent


def test_a_picture_just_finished_shows_that_a_worker_is_there(alice: User) -> None:
    study = factories.make_study(alice)
    queue_one(study)
    study.generations.update(touched_at=timezone.now() - timedelta(minutes=5))
    factories.make_generation(factories.make_prompt(study, seed=1))

    assert overview.overview(study=study).silent_since is None


@pytest.mark.parametrize(
    ("status", "seconds", "silent"),
    [
        (UploadStatus.INSPECTING, 30, True),
        (UploadStatus.INSPECTING, 5, False),
        (UploadStatus.IMPORTING, 30, True),
        (UploadStatus.READY, 30, False),
    ],
)
def test_an_upload_nobody_reads_is_noticed(
    alice: User, status: UploadStatus, seconds: int, silent: bool
) -> None:
    upload = PromptUpload(status=status, touched_at=timezone.now() - timedelta(seconds=seconds))

    assert overview.is_silent(upload) == silent


# -- ratings -------------------------------------------------------------------------------------


def test_shares_count_answers_and_opt_outs_by_part_of_speech_in_report_order(alice: User) -> None:
    study = factories.make_open_study(
        alice, prompts=1, parts_of_speech=["ADJ", "NOUN"], ratings_per_item=3
    )
    factories.rate(factories.make_rater(study), 4, count=2)
    factories.rate(factories.make_rater(study), None, opt_out="word_too_abstract", count=2)

    assert overview.part_shares(strata(study=study)) == [
        Share(2, 3, PartOfSpeech.NOUN),
        Share(2, 3, PartOfSpeech.ADJ),
    ]
    assert overview.overview(study=study).rating == Share(4, 6)


def test_a_share_is_complete_only_when_nothing_is_missing() -> None:
    assert [Share(0, 0).percent, Share(999, 1000).percent, Share(5, 5).percent] == [0, 99, 100]


def test_raters_are_present_while_they_draw_or_answer(alice: User) -> None:
    study = factories.make_open_study(alice)
    factories.rate(factories.make_rater(study))
    factories.rate(factories.make_rater(study), count=2)
    now = timezone.now()

    assert overview.raters_present(study=study, at=now) == 2
    assert overview.raters_present(study=study, at=now + timedelta(minutes=6)) == 0


def test_the_end_continues_the_pace_of_the_last_hour(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=4, ratings_per_item=1)  # 12 ratings wanted
    factories.rate(factories.make_rater(study), count=3)
    now = timezone.now()
    Rating.objects.update(submitted_at=now - timedelta(minutes=30))

    # 3 in 30 minutes: the other 9 take 90.
    assert overview.overview(study=study, at=now).ends_at == now + timedelta(minutes=90)

    studies.pause_study(study=study, user=alice)
    study.refresh_from_db()
    assert overview.overview(study=study, at=now).ends_at is None


def test_without_a_pace_no_end_is_promised(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=4, ratings_per_item=1)
    assert overview.overview(study=study).ends_at is None

    factories.rate(factories.make_rater(study), count=3)
    later = timezone.now() + timedelta(hours=2)
    assert overview.overview(study=study, at=later).ends_at is None


# -- lists ---------------------------------------------------------------------------------------


def test_counts_of_one_study_are_not_mixed_with_another(alice: User) -> None:
    small = factories.make_open_study(alice, prompts=1, name="small")
    factories.rate(factories.make_rater(small), count=2)
    large = factories.make_open_study(alice, prompts=3, name="large")
    factories.make_study(alice, name="empty")

    found: Any = overview.with_counts(Study.objects.order_by("pk"))

    counts = [(s.name, s.prompt_count, s.ratings_given, s.ratings_wanted) for s in found]
    assert counts == [("small", 1, 2, 6), ("large", 3, 0, 18), ("empty", 0, 0, 0)]
    assert large.items.count() == 9


def test_prompts_are_counted_once_however_many_models_paint_them(alice: User) -> None:
    models = [{"name": "small"}, {"name": "large", "model": "org/large"}]
    study = factories.make_study(alice, conditions=models)
    first, second = (factories.make_prompt(study, seed=seed) for seed in range(2))
    twin = factories.make_prompt(study, seed=2)
    Prompt.objects.filter(pk=twin.pk).update(control_of=first)
    for prompt in (first, second, twin):
        factories.make_generation(prompt)

    (batch,) = overview.batches(study=study)
    assert batch.prompt_count == 2
    found: Any = overview.with_counts(Study.objects.all()).get()
    assert (found.prompt_count, found.picture_count) == (2, 6)


def test_a_raters_row_counts_current_answers_and_takes_the_median_time(alice: User) -> None:
    study = factories.make_open_study(alice)
    rater, idle = factories.make_rater(study), factories.make_rater(study)
    factories.rate(rater, count=2)
    factories.rate(rater, None, opt_out="image_too_poor")
    for rating, milliseconds in zip(Rating.objects.order_by("pk"), (1000, 9000, None), strict=True):
        Rating.objects.filter(pk=rating.pk).update(reaction_ms=milliseconds)
    replaced = Rating.objects.order_by("pk")[0]
    Rating.objects.filter(pk=replaced.pk).update(is_current=False)

    busy_row, idle_row = overview.rater_rows([rater, idle])

    assert (busy_row.ratings, busy_row.opt_outs, busy_row.median_seconds) == (2, 1, 9.0)
    assert (idle_row.ratings, idle_row.median_seconds, idle_row.last_at) == (0, None, None)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps statistics by itself")
def test_who_is_there_is_found_by_time_and_not_among_all_answers(alice: User) -> None:
    study = factories.make_study(alice)
    plan = Rating.objects.lately_in_study(study, timezone.now()).explain()
    assert "ratings_by_time" in plan
    by_study = Rating.objects.in_study(study).filter(submitted_at__gte=timezone.now())
    assert "ratings_by_time" not in by_study.explain(), "then the plain filter would do"
