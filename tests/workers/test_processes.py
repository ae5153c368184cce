"""Processes started together end together."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from workers.processes import Family, ProcessEndedError

SLEEP = "import time; time.sleep(600)"
# A parent that dies and leaves its child behind; the child's number is in the log.
ORPHAN = (
    "import subprocess, sys; "
    f"print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid, flush=True)"
)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def is_running(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(processes: list[int]) -> None:
    """Killed processes that are not our own children are gone a moment later."""
    end = time.monotonic() + 30
    while any(map(is_running, processes)):
        assert time.monotonic() < end, processes
        time.sleep(0.05)


def number_in(log: Path) -> int:
    while not log.read_text():
        time.sleep(0.05)
    return int(log.read_text())


def wait_for_end(family: Family) -> str:
    for _ in range(600):
        try:
            family.check()
        except ProcessEndedError as error:
            return str(error)
        time.sleep(0.05)
    raise AssertionError("The process runs on.")


def test_a_process_that_ends_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Family(tmp_path / "logs") as family:
        family.start("sleeper", python(SLEEP), tmp_path)
        family.check()
        family.start("site", python("print('the port is taken'); raise SystemExit(3)"), tmp_path)
        message = wait_for_end(family)
    assert message.splitlines()[0] == "the port is taken"
    assert "The site ended (3)" in message


def test_nothing_outlives_the_family(tmp_path: Path) -> None:
    with Family(tmp_path) as family:
        family.start(
            "sleeper", python(f"import os; print(os.getpid(), flush=True); {SLEEP}"), tmp_path
        )
        family.start("parent", python(ORPHAN), tmp_path)
        wait_for_end(family)
        processes = [number_in(tmp_path / name) for name in ("sleeper.log", "parent.log")]
        assert all(map(is_running, processes))
    wait_until_gone(processes)


def test_children_have_the_environment_they_are_given(tmp_path: Path) -> None:
    with Family(tmp_path, {"ANNOTATOR_TRIAL_DIR": "here"}) as family:
        code = "import os; print(os.environ['ANNOTATOR_TRIAL_DIR'], 'PATH' in os.environ)"
        family.start("child", python(code), tmp_path)
        wait_for_end(family)
    assert (tmp_path / "child.log").read_text() == f"here {'PATH' in os.environ}\n"
