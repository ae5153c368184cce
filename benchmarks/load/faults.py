"""What goes wrong in mid-load, and what of the ratings came of it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Collection
from typing import Any

EVERY_SECONDS = 3


def kill_now_and_then(site: Any, end: float) -> list[str]:
    """Every three seconds, kill -9: a server process or, on PostgreSQL, one of the database's."""
    from django.db import connection

    killed: list[str] = []
    while time.monotonic() + EVERY_SECONDS < end:
        time.sleep(EVERY_SECONDS)
        if connection.vendor == "postgresql" and len(killed) % 2:
            os.kill(_a_backend(), signal.SIGKILL)
            killed.append("database")
        elif len(workers := site.processes()) > 1:
            os.kill(random.choice(workers[1:]), signal.SIGKILL)  # noqa: S311
            killed.append("web")
    return killed


def _a_backend() -> int:
    """The number of a process of the database that serves the site."""
    from django.db import connection

    # One killed process takes every connection along, also the one kept from last time.
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
        )
        return int(cursor.fetchone()[0])


def count_faults(study: Any, acknowledged: Collection[str]) -> dict[str, int]:
    """`lost`: acknowledged, but not stored; `doubled`: stored twice; `over_assigned`: items with
    more ratings than wanted, given or promised."""
    from django.db import connection

    from annotator.enums import HOLDING
    from annotator.models import Assignment, Rating

    connection.close()
    ratings = list(Rating.objects.in_study(study).values_list("answer_id", "assignment_id"))
    stored = {str(answer_id) for answer_id, _ in ratings}
    planned = Assignment.objects.for_rating().filter(item__study=study, status__in=HOLDING)
    per_item = Counter(planned.values_list("item_id", flat=True))
    return {
        "lost": len(set(acknowledged) - stored),
        "doubled": len(ratings) - len({assignment for _, assignment in ratings}),
        "over_assigned": sum(count > study.ratings_per_item for count in per_item.values()),
    }
