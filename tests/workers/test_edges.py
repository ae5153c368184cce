"""Where the workers meet the queue and the rest: names, imports, the one broad `except`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from annotator import queue
from annotator.errors import UploadRefused
from workers.edge import attempt
from workers.pace import at_most_every

ROOT = Path(settings.BASE_DIR)


def test_the_tasks_that_exist_are_those_the_queue_names() -> None:
    queue.app.loader.import_default_modules()
    registered = {name for name in queue.app.tasks if not name.startswith("celery.")}
    named = {
        value for value in vars(queue).values() if isinstance(value, str) and "workers." in value
    }
    assert registered == named


def test_the_clock_starts_tasks_that_exist() -> None:
    queue.app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in queue.app.conf.beat_schedule.values()}
    assert scheduled <= set(queue.app.tasks)


@pytest.mark.parametrize("module", ["annotator.urls", "annotator.domain.material.prompts"])
def test_the_site_starts_without_the_engine(module: str) -> None:
    code = (
        f"import sys, django; django.setup(); import {module}; "
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert "annotator" in loaded
    assert loaded.isdisjoint({"torch", "spacy", "diffusers", "transformers", "daam_engine"})


def test_there_is_one_broad_except() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for package in ("annotator", "daam_engine", "workers")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    ]
    assert found == ["workers/edge.py"]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(
        isinstance(node, ast.Name) and node.id in ("Exception", "BaseException")
        for node in ast.walk(handler.type)
    )


def _raise(error: BaseException) -> None:
    raise error


def test_what_goes_well_has_no_reason() -> None:
    assert attempt(lambda: "anything") is None


def test_our_own_errors_are_shown_as_they_stand() -> None:
    assert attempt(lambda: _raise(UploadRefused("Save it as UTF-8."))) == "Save it as UTF-8."


def test_unexpected_errors_are_named_on_one_line() -> None:
    reason = attempt(lambda: _raise(ValueError("first line\nsecond line")))
    assert reason is not None
    assert reason.startswith("Something unexpected happened (ValueError: first line).")
    assert "second" not in reason


def test_being_told_to_stop_is_no_failure() -> None:
    with pytest.raises(KeyboardInterrupt):
        attempt(lambda: _raise(KeyboardInterrupt()))


def test_reports_come_at_once_and_then_at_most_so_often() -> None:
    calls: list[int] = []
    seldom, always = at_most_every(3600, calls.append), at_most_every(0, calls.append)
    for number in (1, 2):
        seldom(number)
    for number in (3, 4):
        always(number)
    assert calls == [1, 3, 4]
