from __future__ import annotations

import threading

import pytest

from workers.pace import at_most_every, signs_of_life


def test_what_costs_something_is_passed_over_until_it_is_due():
    told = []
    report = at_most_every(3600.0, told.append)
    report(1)
    report(2)
    assert told == [1]


def test_signs_of_life_are_given_while_work_goes_on_and_end_with_it():
    beats = threading.Semaphore(0)

    def work() -> None:
        with signs_of_life(beats.release, 0.001):
            assert beats.acquire(timeout=10)
            assert beats.acquire(timeout=10)
            raise RuntimeError("the work")

    with pytest.raises(RuntimeError, match="the work"):
        work()
    while beats.acquire(blocking=False):
        pass
    assert not beats.acquire(timeout=0.05)  # nobody beats any more
