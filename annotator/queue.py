"""The work queue, and how to put work on it. Names tasks; imports none.

The row is the truth and the message only a nudge: a row is `queued` in the transaction that asks
for it, the message is sent once that transaction is on disk, and housekeeping sends again whatever
is stuck. Losing every message loses nothing.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from django.conf import settings
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")

GPU_QUEUE = "gpu"
CPU_QUEUE = "cpu"

GENERATE = "workers.generation.generate"
INSPECT_UPLOAD = "workers.language.inspect_upload"
IMPORT_UPLOAD = "workers.language.import_upload"
READ_RATINGS = "workers.elsewhere.read_ratings"
STORE_RATINGS = "workers.elsewhere.store_ratings"
RUN_EXPERIMENT = "workers.experiments.run_experiment"
COMPARE_MASKS = "workers.drawn.compare_masks"
ANALYSE = "workers.analysis.analyse"
EXCLUDE_FLAGGED = "workers.flag_exclusions.exclude_flagged"
WRITE_SNAPSHOT = "workers.snapshots.write_snapshot"
RESEND_STUCK = "workers.housekeeping.resend_stuck"
EXPIRE_ASSIGNMENTS = "workers.housekeeping.expire_assignments"
DROP_OLD = "workers.housekeeping.drop_old"
MEASURE_TABLES = "workers.housekeeping.measure_tables"

app = Celery("annotator")
app.conf.update(
    broker_url=settings.BROKER_URL,
    # Rows hold results; a result backend would be a second truth.
    task_ignore_result=True,
    task_default_queue=CPU_QUEUE,
    task_routes={name: {"queue": GPU_QUEUE} for name in (GENERATE, RUN_EXPERIMENT)},
    # A message is gone only when its work is done, so a killed worker's message comes back.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # Prefetching would let one worker sit on messages that another could be working on.
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    worker_hijack_root_logger=False,
)
if settings.BROKER_DIR is not None:
    folder = settings.BROKER_DIR
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    app.conf.broker_transport_options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
    }


def enqueue(task: str, *arguments: Any) -> None:
    """Send a task once the current transaction is committed; at once where there is none.

    A broker that cannot be reached is not the caller's problem: the row stays queued and
    housekeeping sends again.
    """
    transaction.on_commit(lambda: app.send_task(task, args=arguments), robust=True)
