"""The site as it is run: gunicorn processes of its own on a free loopback port."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Site:
    """Where it answers, and its first process."""

    address: str
    pid: int

    def processes(self) -> list[int]:
        """The server's first process and its workers."""
        return _family(self.pid)

    def cpu_seconds(self) -> float:
        """CPU time of the server and its workers so far, from /proc."""
        return sum(_cpu_ticks(pid) for pid in self.processes()) / _TICKS


@contextlib.contextmanager
def serve(*, workers: int = 2, threads: int = 4) -> Iterator[Site]:
    """Collect static files and serve with the settings of this process's environment."""
    _run(sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    port = free_port()
    bind = ("--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--keep-alive", "75")
    size = ("--workers", str(workers), "--threads", str(threads))
    command = [sys.executable, "-m", "gunicorn", "annotator.wsgi", *bind, *size]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        _wait(f"http://127.0.0.1:{port}/health/live", server)
        yield Site(f"http://127.0.0.1:{port}", server.pid)
    finally:
        server.terminate()
        server.wait(20)


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                sys.exit("The site did not start.")
            time.sleep(0.1)


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _cpu_ticks(pid: int) -> int:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(after_name[11]) + int(after_name[12])  # utime, stime
