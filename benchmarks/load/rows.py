"""Rows by the million, made by the database itself from their numbers.

Bulk inserts of objects take minutes for a million rows, nearly all of it in Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Sql(str):
    """An expression of `i`, the row's number from 0."""


def insert(model: Any, count: int, **values: Any) -> None:
    """So many rows. A value is a constant, or an expression of the row's number `i`: a `Sql`, and
    for a field of whole numbers any text.
    """
    from django.db import connection

    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and not field.generated
    ]
    given = {field: _value(field, values) for field in fields}
    sql = [value.replace("%", "%%") if isinstance(value, Sql) else "%s" for value in given.values()]
    constants = [value for value in given.values() if not isinstance(value, Sql)]
    key = model._meta.pk
    quoted = ", ".join(connection.ops.quote_name(field.column) for field in (key, *fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({quoted}) "  # noqa: S608
            "WITH RECURSIVE numbers(i) AS "
            "(SELECT CAST(0 AS bigint) UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < %s) "
            f"SELECT {next_key(model)} + i, {', '.join(sql)} FROM numbers",
            [count, *constants],
        )


def _value(field: Any, values: dict[str, Any]) -> Any:
    """SQL for the field of row `i`, or a constant as the database takes it."""
    from django.db import connection, models
    from django.utils import timezone

    if field.unique and isinstance(field, models.UUIDField):
        postgres = connection.vendor == "postgresql"
        return Sql("gen_random_uuid()" if postgres else "lower(hex(randomblob(16)))")
    value = values[field.attname] if field.attname in values else field.get_default()
    if isinstance(value, Sql):
        return value
    if isinstance(value, str) and isinstance(field, models.IntegerField | models.ForeignKey):
        return Sql(value)
    if value is None and isinstance(field, models.DateTimeField) and not field.null:
        value = timezone.now()
    return field.get_db_prep_save(value, connection)


def case(choices: Iterable[Any]) -> Sql:
    """One after the other, over and over."""
    options = list(choices)
    quoted = [f"'{option}'" if isinstance(option, str) else str(option) for option in options]
    arms = " ".join(f"WHEN {number} THEN {option}" for number, option in enumerate(quoted))
    return Sql(f"CASE i % {len(options)} {arms} END")


def next_key(model: Any) -> int:
    from django.db.models import Max

    return (model.objects.aggregate(last=Max("pk"))["last"] or 0) + 1


def settle() -> None:
    """What a database does by itself some minutes after so many new rows; and its own numbers."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    models = list(apps.get_app_config("annotator").get_models())
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
