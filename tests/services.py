"""Run a command beside a PostgreSQL and a Redis of its own: `python -m tests.services COMMAND…`.

Both are real servers on free loopback ports with their data in a temporary folder; both are gone
when the command ends. Their addresses are in `DATABASE_URL` and `BROKER_URL`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str:
    """A server program, on the path or where Debian keeps the versions of PostgreSQL."""
    candidates = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, candidates), None)
    if found is None:
        sys.exit(f"{name} is not installed. Run `make system` as root, or install it by hand.")
    return found


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _wait(ready: Callable[[], bool], server: subprocess.Popen[bytes], name: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > end:
            sys.exit(f"{name} did not start.")
        time.sleep(0.05)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A fresh PostgreSQL cluster; yields its database address."""
    folder = Path(tempfile.mkdtemp(prefix="annotator-postgres-"))
    data, port = folder / "data", free_port()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    initdb = [_program("initdb"), "-D", str(data), "-U", "annotator", "--auth=trust", "-E", "UTF8"]
    subprocess.run(_as_postgres(initdb), check=True, stdout=subprocess.DEVNULL)
    # Durability is for data somebody wants to keep. And a table that is analysed between two tests
    # counts as empty in the next, whose rows are not committed: joins go row by row, for minutes.
    settings = (
        "fsync=off",
        "autovacuum=off",
        "max_connections=300",
        "listen_addresses=127.0.0.1",
    )
    options = [part for setting in settings for part in ("-c", setting)]
    command = [_program("postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), *options]
    server = subprocess.Popen(
        _as_postgres(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        ready = [_program("pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
        _wait(lambda: subprocess.run(ready, check=False).returncode == 0, server, "PostgreSQL")
        yield f"postgres://annotator@127.0.0.1:{port}/postgres"
    finally:
        _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A fresh Redis without persistence; yields its address."""
    port = free_port()
    command = [_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def answers() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    try:
        _wait(answers, server, "Redis")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        _stop(server)


def main() -> int:
    with postgres() as database, redis() as broker:
        environment = os.environ | {"DATABASE_URL": database, "BROKER_URL": broker}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
