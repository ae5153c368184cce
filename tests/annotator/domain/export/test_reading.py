"""Batches fetched while others are used: the same ones, and no thread is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from annotator.domain.export.reading import read_ahead


def numbers(taken: list[int], upto: int = 5) -> Iterator[int]:
    for number in range(upto):
        taken.append(number)
        yield number


@pytest.mark.parametrize("upto", [0, 1, 2, 5])
def test_what_is_read_ahead_is_the_same(upto: int) -> None:
    assert list(read_ahead(numbers([], upto))) == list(range(upto))


def test_one_is_read_ahead_and_none_once_nobody_wants_more() -> None:
    threads, taken = threading.active_count(), list[int]()
    ahead = read_ahead(numbers(taken))
    assert [next(ahead), next(ahead)] == [0, 1]
    ahead.close()
    assert taken == [0, 1, 2]
    assert threading.active_count() == threads


def test_a_query_begins_on_the_callers_own_connection() -> None:
    threads = list[int]()

    def numbers() -> Iterator[int]:
        threads.append(threading.get_ident())
        yield 0

    assert list(read_ahead(numbers())) == [0]
    assert threads == [threading.get_ident()]


def test_a_failure_ahead_is_raised_in_its_turn() -> None:
    def failing() -> Iterator[int]:
        yield 0
        yield 1
        raise ConnectionError("the server is gone")

    ahead = read_ahead(failing())
    assert [next(ahead), next(ahead)] == [0, 1]
    with pytest.raises(ConnectionError):
        next(ahead)
