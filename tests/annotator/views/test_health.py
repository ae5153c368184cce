from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.utils import OperationalError
from django.test import Client


def no_database(*args: Any) -> None:
    raise OperationalError("could not connect to host db-7 as annotator")


def test_a_process_that_answers_is_alive_without_a_database() -> None:
    with connection.execute_wrapper(no_database):
        response = Client().get("/health/live")

    assert (response.status_code, response.content) == (200, b"ok")


def test_a_site_with_its_database_is_ready(db: None) -> None:
    response = Client().get("/health/ready")

    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response.headers["Cache-Control"]


def test_a_site_without_its_database_is_not_ready_and_says_so(db: None) -> None:
    with connection.execute_wrapper(no_database):
        response = Client().get("/health/ready")

    assert response.status_code == 503
    assert response.content == b"The database does not answer."
