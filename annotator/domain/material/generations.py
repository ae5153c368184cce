"""Pictures and heat maps: asked for, claimed by a worker, recorded or failed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from annotator import queue
from annotator.enums import GenerationStatus
from annotator.models import Generation, HeatMap, Prompt, Study, Word

# A batch of pictures that has not been heard of for this long has lost its message or its worker.
STUCK_AFTER = timedelta(minutes=10)
# A prompt that takes a worker down with it this often is not sent again.
MOST_ATTEMPTS = 3


@transaction.atomic
def request_generations(*, study: Study, prompts: Sequence[Prompt]) -> None:
    """One queued generation per prompt and model that paints it, unless it has one, and the
    messages that nudge the workers."""
    keys = [prompt.pk for prompt in prompts]
    for model in study.painters:
        Generation.objects.bulk_create(
            [Generation(study=study, prompt_id=key, model=model) for key in keys],
            ignore_conflicts=True,
            batch_size=500,
        )
        # A task has pictures of one model: a worker holds one at a time.
        queued = study.generations.queued().filter(prompt__in=keys, model=model)
        _send(list(queued.values_list("pk", flat=True)))


@transaction.atomic
def request_anew(*, study: Study) -> None:
    """Ask again for what is not painted yet: by other models, or for other maps.

    A worker that is at one of them has lost its claim, so that nothing comes of the old request.
    """
    study.generations.unfinished().delete()
    study.generations.failed().delete()
    request_generations(study=study, prompts=list(study.prompts.all()))


def _send(keys: Sequence[int]) -> None:
    size = settings.PROMPTS_PER_TASK
    for start in range(0, len(keys), size):
        queue.enqueue(queue.GENERATE, list(keys[start : start + size]))


def claim(*, keys: Sequence[int]) -> list[Generation]:
    """Take those that are still queued, for the caller alone. Empty: somebody else has them."""
    mark = uuid.uuid4()
    Generation.objects.queued().filter(pk__in=keys).update(
        status=GenerationStatus.RUNNING,
        claim=mark,
        attempts=F("attempts") + 1,
        touched_at=timezone.now(),
        error="",
    )
    return list(
        Generation.objects.filter(claim=mark).select_related("prompt", "study").order_by("pk")
    )


@dataclass(frozen=True)
class RecordedMap:
    """Where a word's map lies in the file, and the range of its raw values."""

    word_index: int
    row: int
    peak: float
    floor: float


@dataclass(frozen=True)
class Recording:
    """What a worker made of one prompt. Files are named below MEDIA_ROOT."""

    image_file: str
    maps_file: str
    width: int
    height: int
    seconds: float
    heat_maps: Sequence[RecordedMap]
    truncated_words: Sequence[int] = ()
    absent_word: str = ""
    absent_map_file: str = ""
    condition_files: dict[str, str] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def record(*, generation: Generation, recording: Recording) -> bool:
    """Store a finished picture under the claim it was made for. False: the claim was lost."""
    held = Generation.objects.filter(
        pk=generation.pk, claim=generation.claim, status=GenerationStatus.RUNNING
    )
    now = timezone.now()
    stored = held.update(
        status=GenerationStatus.DONE,
        touched_at=now,
        finished_at=now,
        seconds=recording.seconds,
        image_file=recording.image_file,
        maps_file=recording.maps_file,
        absent_word=recording.absent_word,
        absent_map_file=recording.absent_map_file,
        condition_files=recording.condition_files,
        width=recording.width,
        height=recording.height,
        provenance=recording.provenance,
    )
    if not stored:
        return False
    words = {word.index: word for word in Word.objects.filter(prompt=generation.prompt_id)}
    HeatMap.objects.bulk_create(
        HeatMap(
            generation=generation,
            word=words[recorded.word_index],
            row=recorded.row,
            peak=recorded.peak,
            floor=recorded.floor,
        )
        for recorded in recording.heat_maps
    )
    Word.objects.filter(prompt=generation.prompt_id, index__in=recording.truncated_words).update(
        truncated=True
    )
    return True


def touch(*, generations: Sequence[Generation]) -> None:
    """A sign of life: these are still being worked on."""
    for generation in generations:
        _held(generation).update(touched_at=timezone.now())


def fail(*, generation: Generation, reason: str) -> None:
    """The picture cannot be made; `reason` is a sentence for the study page."""
    _held(generation).update(
        status=GenerationStatus.FAILED, touched_at=timezone.now(), error=reason[:2000]
    )


def release(*, generation: Generation) -> None:
    """Give a claim back unused, to be sent again at once."""
    if _held(generation).update(
        status=GenerationStatus.QUEUED, claim=None, touched_at=timezone.now()
    ):
        _send([generation.pk])


def _held(generation: Generation) -> Any:
    return Generation.objects.filter(
        pk=generation.pk, claim=generation.claim, status=GenerationStatus.RUNNING
    )


@transaction.atomic
def retry_failed(*, study: Study) -> int:
    """Queue every failed picture once more. Returns how many."""
    keys = list(study.generations.failed().values_list("pk", flat=True))
    Generation.objects.filter(pk__in=keys).update(
        status=GenerationStatus.QUEUED, claim=None, attempts=0, error="", touched_at=timezone.now()
    )
    _send(keys)
    return len(keys)


@transaction.atomic
def resend_stuck(*, at: datetime | None = None) -> int:
    """Queue and send again what no worker has touched for long; give up on what keeps dying."""
    now = at or timezone.now()
    stuck = Generation.objects.stuck(now - STUCK_AFTER)
    stuck.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=GenerationStatus.FAILED,
        touched_at=now,
        error=f"The worker stopped {MOST_ATTEMPTS} times while making this picture. "
        "Look at the worker's log, then retry.",
    )
    keys = list(stuck.values_list("pk", flat=True)[:1000])
    Generation.objects.filter(pk__in=keys).update(
        status=GenerationStatus.QUEUED, claim=None, touched_at=now
    )
    _send(keys)
    return len(keys)


def first_picture(*, generation: Generation) -> Generation | None:
    """Of a second picture, made only for controls: the one by the same model that it belongs to."""
    return Generation.objects.filter(
        prompt=generation.prompt.control_of_id, model=generation.model
    ).first()


# -- progress ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GenerationProgress:
    """Counts, and the pace of the last minutes. `seconds_left` is None before the first is done."""

    queued: int
    running: int
    done: int
    failed: int
    per_minute: float
    seconds_left: float | None

    @property
    def total(self) -> int:
        return self.queued + self.running + self.done + self.failed

    @property
    def unfinished(self) -> int:
        return self.queued + self.running


_PACE_WINDOW = timedelta(minutes=3)


def progress(*, study: Study, at: datetime | None = None) -> GenerationProgress:
    now = at or timezone.now()
    counts: dict[str, Any] = study.generations.aggregate(
        queued=Count("pk", filter=Q(status=GenerationStatus.QUEUED)),
        running=Count("pk", filter=Q(status=GenerationStatus.RUNNING)),
        done=Count("pk", filter=Q(status=GenerationStatus.DONE)),
        failed=Count("pk", filter=Q(status=GenerationStatus.FAILED)),
    )
    recent = study.generations.done().filter(finished_at__gte=now - _PACE_WINDOW)
    first = recent.order_by("finished_at").first()
    pace = 0.0
    if first is not None and first.finished_at is not None:
        # From when the first of them was begun, so that one picture alone gives a pace too.
        begun = first.finished_at - timedelta(seconds=first.seconds or 0.0)
        pace = recent.count() / max(1.0, (now - begun).total_seconds()) * 60
    left = (counts["queued"] + counts["running"]) / pace * 60 if pace else None
    return GenerationProgress(per_minute=pace, seconds_left=left, **counts)
