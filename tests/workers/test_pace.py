from __future__ import annotations

import threading

import pytest
from django.db import OperationalError

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


def test_a_database_that_does_not_answer_once_does_not_end_the_signs_of_life(caplog):
    tried = threading.Semaphore(0)

    def beat() -> None:
        tried.release()
        raise OperationalError("the server closed the connection")

    with signs_of_life(beat, 0.001):
        assert tried.acquire(timeout=10)
        assert tried.acquire(timeout=10)
    assert caplog.messages[0].startswith("A sign of life could not be given")


def test_what_hangs_gives_no_signs_of_life_in_the_end(monkeypatch):
    now, begun, beats = [0.0], threading.Event(), []
    monkeypatch.setattr("workers.pace.monotonic", lambda: now[0])

    def beat() -> None:
        begun.wait(10)
        beats.append(now[0])
        if now[0] == 25.0:
            progressed()
        now[0] += 25.0

    with signs_of_life(beat, 0.001, 60.0) as progressed:
        begun.set()
        (thread,) = (one for one in threading.enumerate() if one.name == "signs of life")
        thread.join(10)
    assert beats == [0.0, 25.0, 50.0, 75.0]  # and none 75 seconds after the progress at 25
