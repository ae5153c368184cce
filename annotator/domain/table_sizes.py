"""What SQLite knows of how large its tables are, by which it plans its queries.

It learns that from `ANALYZE` alone. PostgreSQL sees to it by itself.
"""

from __future__ import annotations

from django.db import connection

from annotator.models import Assignment

# While tables are small, any plan will do. ANALYZE takes some three seconds of a million ratings,
# in which raters wait: it comes as often as the table has grown to four times its size.
WORTH_KNOWING = 10_000
_GROWTH = 4


def refresh() -> bool:
    """Count anew where a study has grown far beyond what was counted. Tells whether it was."""
    if connection.vendor != "sqlite":
        return False
    now = Assignment.objects.count()
    if now < WORTH_KNOWING or now < _GROWTH * _known():
        return False
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return True


def _known() -> int:
    """Rows of the table when it was counted last; 0 if it never was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
        if cursor.fetchone() is None:
            return 0
        cursor.execute(
            "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = %s",
            [Assignment._meta.db_table],
        )
        return int(cursor.fetchone()[0] or 0)
