from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotator.domain.material import generations
from annotator.domain.material.generations import RecordedMap, Recording
from annotator.enums import GenerationStatus
from annotator.models import Generation, Study
from tests import factories

RECORDING = Recording(
    image_file="pictures/a.webp",
    maps_file="maps/a.safetensors",
    width=128,
    height=96,
    seconds=1.5,
    heat_maps=[RecordedMap(word_index=2, row=0, peak=9.5, floor=0.5)],
    truncated_words=[4],
    provenance={"model": "bundled"},
)


@pytest.fixture
def study(alice: User) -> Study:
    study = factories.make_study(alice)
    prompts = [factories.make_prompt(study, seed=seed) for seed in range(3)]
    generations.request_generations(study=study, prompts=prompts)
    return study


def keys(study: Study) -> list[int]:
    return list(study.generations.order_by("pk").values_list("pk", flat=True))


def statuses(study: Study) -> list[str]:
    return list(study.generations.order_by("pk").values_list("status", flat=True))


def test_asking_twice_makes_one_generation_per_prompt(study: Study) -> None:
    generations.request_generations(study=study, prompts=list(study.prompts.all()))

    assert statuses(study) == ["queued"] * 3


def test_a_claim_is_for_one_worker_alone(study: Study) -> None:
    mine = generations.claim(keys=keys(study)[:2])
    theirs = generations.claim(keys=keys(study))

    assert [g.pk for g in mine] == keys(study)[:2]
    assert [g.pk for g in theirs] == keys(study)[2:]
    assert generations.claim(keys=keys(study)) == []


def test_a_recording_makes_heat_maps_and_marks_truncated_words(study: Study) -> None:
    (generation,) = generations.claim(keys=keys(study)[:1])

    assert generations.record(generation=generation, recording=RECORDING)

    stored = Generation.objects.get(pk=generation.pk)
    (heat_map,) = stored.heat_maps.all()
    assert (stored.status, stored.width, stored.height) == (GenerationStatus.DONE, 128, 96)
    assert (heat_map.word.text, heat_map.row, heat_map.peak) == ("circle", 0, 9.5)
    truncated = stored.prompt.words.filter(truncated=True)
    assert [word.text for word in truncated] == ["quickly"]


def test_a_worker_that_lost_its_claim_records_nothing(study: Study) -> None:
    (slow,) = generations.claim(keys=keys(study)[:1])
    generations.resend_stuck(at=timezone.now() + timedelta(hours=1))
    (quick,) = generations.claim(keys=keys(study)[:1])
    assert generations.record(generation=quick, recording=RECORDING)

    assert not generations.record(generation=slow, recording=RECORDING)

    assert quick.heat_maps.count() == 1


def test_a_failure_keeps_its_reason_until_the_retry(study: Study) -> None:
    (generation,) = generations.claim(keys=keys(study)[:1])
    generations.fail(generation=generation, reason="The prompt is too long.")
    generation.refresh_from_db()
    assert (generation.status, generation.error) == ("failed", "The prompt is too long.")

    assert generations.retry_failed(study=study) == 1

    generation.refresh_from_db()
    assert (generation.status, generation.error) == ("queued", "")


def test_what_nobody_touched_for_long_is_queued_again(study: Study) -> None:
    generations.claim(keys=keys(study)[:1])
    soon, late = timezone.now(), timezone.now() + generations.STUCK_AFTER * 2

    assert generations.resend_stuck(at=soon) == 0
    assert generations.resend_stuck(at=late) == 3

    assert statuses(study) == ["queued"] * 3


def test_a_sign_of_life_keeps_a_claim(study: Study) -> None:
    (generation,) = generations.claim(keys=keys(study)[:1])
    Generation.objects.update(touched_at=timezone.now() - generations.STUCK_AFTER * 2)

    generations.touch(generations=[generation])
    generations.resend_stuck()

    assert statuses(study) == ["running", "queued", "queued"]


def test_a_prompt_that_keeps_killing_its_worker_is_given_up(study: Study) -> None:
    for _ in range(generations.MOST_ATTEMPTS):
        generations.claim(keys=keys(study)[:1])
        generations.resend_stuck(at=timezone.now() + generations.STUCK_AFTER * 2)

    generation = study.generations.order_by("pk")[0]
    assert generation.status == GenerationStatus.FAILED
    assert "stopped 3 times" in generation.error


def test_progress_counts_and_tells_the_time_left(study: Study) -> None:
    (generation,) = generations.claim(keys=keys(study)[:1])
    generations.record(generation=generation, recording=RECORDING)
    stored = Generation.objects.get(pk=generation.pk)
    assert stored.finished_at is not None

    seen = generations.progress(study=study, at=stored.finished_at + timedelta(seconds=0.5))

    assert (seen.queued, seen.running, seen.done, seen.failed) == (2, 0, 1, 0)
    assert seen.per_minute == pytest.approx(30.0)
    assert seen.seconds_left == pytest.approx(4.0)


def test_progress_before_the_first_picture_knows_no_time_left(study: Study) -> None:
    assert generations.progress(study=study).seconds_left is None
