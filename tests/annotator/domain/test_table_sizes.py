import pytest
from django.contrib.auth.models import User
from django.db import connection

from annotator.domain import table_sizes
from annotator.domain.table_sizes import refresh
from annotator.models import Assignment
from tests.annotator.answers import make_rated_study


def test_a_table_is_measured_once_it_has_grown_fourfold(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_sizes, "WORTH_KNOWING", 5)
    assert not refresh()
    for _ in range(5):  # rows that are gone are not counted, whatever number the next one has
        make_rated_study(alice)
    Assignment.objects.all().delete()
    make_rated_study(alice, {"NOUN": [[4, 5, 4], [3, 3, 5]]})
    assert [refresh(), refresh()] == [connection.vendor == "sqlite", False]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE sqlite_stat1 SET stat = '1 1'")
        assert refresh()


def test_small_tables_are_left_as_they_are(alice: User) -> None:
    make_rated_study(alice)
    assert not refresh()
