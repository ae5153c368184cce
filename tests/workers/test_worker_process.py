"""Real Celery worker processes on the session's broker and database, as in production."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from annotator.domain.material import generations, prompts
from annotator.enums import GenerationStatus, UploadStatus
from annotator.models import Generation, PromptUpload, Study
from tests.factories import make_prompt

# Loading torch and the model takes a busy machine a while.
PATIENCE_SECONDS = 240

pytestmark = [pytest.mark.django_db(transaction=True)]


def database_url() -> str:
    """The test database, as its address."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    login = f"{found['USER']}:{found['PASSWORD']}" if found["PASSWORD"] else found["USER"]
    return f"postgres://{login}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@contextmanager
def worker(queue: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "celery", "-A", "workers.app", "worker", "-Q", queue]
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--pool", "solo", "-n", f"{queue}-{os.getpid()}@test"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        alive = process.poll() is None and time.monotonic() < end
        assert alive, log.read_text()[-4000:]
        time.sleep(0.1)


def request_picture(study: Study) -> Generation:
    prompt = make_prompt(study)
    generations.request_generations(study=study, prompts=[prompt])
    return Generation.objects.get(prompt=prompt)


def test_an_upload_is_read_imported_and_made_by_two_workers(study: Study, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    upload = prompts.stage_upload(
        study=study,
        user=study.owner,
        file_name="prompts.txt",
        content=b"a red circle\na blue square\n\na green star\n",
    )

    def is_(status: UploadStatus) -> bool:
        return PromptUpload.objects.filter(pk=upload.pk, status=status).exists()

    with worker("cpu", log) as process:
        wait_until(lambda: is_(UploadStatus.READY), process, log)
        prompts.request_import(upload=upload, user=study.owner)
        wait_until(lambda: is_(UploadStatus.IMPORTED), process, log)
        # Its pictures are asked for after the import is in the database: let the task end.
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
    assert study.generations.queued().count() == 3
    with worker("gpu", log) as process:
        wait_until(lambda: study.generations.done().count() == 3, process, log)
    for made in study.generations.all():
        assert (Path(settings.MEDIA_ROOT) / made.image_file).is_file()
        assert made.heat_maps.count() == 3
        assert made.attempts == 1


def test_a_killed_worker_costs_only_time_and_a_stopped_one_finishes_what_it_is_at(
    study: Study, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    Study.objects.update(steps=1000)
    picture = request_picture(study)

    def is_(status: GenerationStatus) -> bool:
        return Generation.objects.filter(pk=picture.pk, status=status).exists()

    with worker("gpu", log) as process:
        wait_until(lambda: is_(GenerationStatus.RUNNING), process, log)
        process.kill()
    assert is_(GenerationStatus.RUNNING)
    Study.objects.update(steps=100)
    assert generations.resend_stuck(at=timezone.now() + 2 * generations.STUCK_AFTER) == 1
    assert is_(GenerationStatus.QUEUED)
    with worker("gpu", log) as process:
        wait_until(lambda: is_(GenerationStatus.RUNNING), process, log)
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
    picture.refresh_from_db()
    assert (picture.status, picture.attempts) == (GenerationStatus.DONE, 2)
    assert picture.heat_maps.count() == 5
    files = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert len(files) == 2
