"""The workers' end of the queue.

    celery -A workers.app worker -Q gpu --pool solo       pictures and heat maps; one per GPU
    celery -A workers.app worker -Q cpu --pool solo -B    files, housekeeping, the clock; one

`--pool solo`: a task runs in the process that holds the model. A forked child could not use a GPU
its parent has touched, and every child would hold a model of its own. More workers are more
processes. `-B` belongs to one worker only: two clocks would do everything twice, which is harmless
but noise.
"""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
# Before torch is loaded: where other programs run too, threads that wait by spinning keep those
# they wait for from running. Measured on two busy cores: 28 s instead of 0.5 s for two pictures.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Before the tasks are imported: they import models, and models need the registry of apps.
django.setup()

from celery.signals import worker_init  # noqa: E402
from django.conf import settings  # noqa: E402

from annotator import queue  # noqa: E402
from annotator.queue import app  # noqa: E402

_SECONDS_BETWEEN_ROUNDS = 30.0
_HOUR = 3600.0


def _every(seconds: float, task: str) -> dict[str, object]:
    # Without an expiry, rounds pile up while the worker is down, and are then all run at once.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app.conf.update(
    imports=(
        "workers.analysis",
        "workers.drawn",
        "workers.elsewhere",
        "workers.experiments",
        "workers.generation",
        "workers.housekeeping",
        "workers.language",
        "workers.snapshots",
    ),
    beat_schedule={
        "resend-stuck": _every(_SECONDS_BETWEEN_ROUNDS, queue.RESEND_STUCK),
        "expire-assignments": _every(_SECONDS_BETWEEN_ROUNDS, queue.EXPIRE_ASSIGNMENTS),
        "drop-old": _every(_HOUR, queue.DROP_OLD),
        "measure-tables": _every(_HOUR, queue.MEASURE_TABLES),
    },
    # A lost connection must not kill a picture half made: it is recorded under its claim, and a
    # message that comes twice finds nothing to claim.
    worker_cancel_long_running_tasks_on_connection_loss=False,
)
if settings.BROKER_DIR is not None:
    # Where a trial keeps everything else, not in whatever folder the worker was started from.
    app.conf.beat_schedule_filename = str(settings.BROKER_DIR / "beat-schedule")


@worker_init.connect
def _speak_in_one_voice(**_: object) -> None:
    """The log is the worker's; the libraries' progress bars would overwrite it."""
    from daam_engine.models import silence_libraries

    silence_libraries()
