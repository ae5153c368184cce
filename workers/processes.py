"""Processes started together and stopped together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

# A batch of pictures is finished within this time; a longer one is made again at the next start.
STOP_SECONDS = 15.0


class ProcessEndedError(Exception):
    """A process that should run on has ended."""


@dataclass(frozen=True)
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Family:
    """Children, each the head of a process group with a log of its own; none outlives `with`."""

    logs: Path
    environment: dict[str, str] = field(default_factory=dict)
    _children: list[_Child] = field(default_factory=list)

    def __enter__(self) -> Family:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, command: list[str], folder: Path) -> None:
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                command,
                cwd=folder,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C in the terminal reaches us alone, and we reach whatever
                # the child has started.
                start_new_session=True,
            )
        self._children.append(_Child(name, process, log))

    def check(self) -> None:
        """Raises `ProcessEndedError`, with the end of its log, where one has ended by itself."""
        for child in self._children:
            status = child.process.poll()
            if status is not None:
                lines = child.log.read_text(errors="replace").splitlines()[-15:]
                raise ProcessEndedError(
                    "\n".join([*lines, f"The {child.name} ended ({status}); see {child.log}."])
                )

    def stop(self) -> None:
        """Ask all to finish what they are at, wait, and end those that do not."""
        for child in self._children:
            _signal(child, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, end - time.monotonic()))
            _signal(child, signal.SIGKILL)
            child.process.wait()
        self._children.clear()


def _signal(child: _Child, number: signal.Signals) -> None:
    """To the whole group: it may have members left though its head has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, number)
