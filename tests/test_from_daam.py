"""Every line of code in the migration guide runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

from daam_engine.cli import main

GUIDE = (Path(__file__).parents[1] / "docs" / "from-daam.md").read_text(encoding="utf-8")
IN_PYTHON, IN_A_SHELL = GUIDE.split("From a shell:")


def right_column(text: str) -> list[str]:
    """The code that the cells of a table's second column begin with."""
    return re.findall(r"^\|[^|\n]*\| `([^`\n]+)`", text, flags=re.MULTILINE)[1:]


def test_the_guides_python_runs_and_gives_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (preamble,) = re.findall(r"```python\n(.*?)```", IN_PYTHON, flags=re.DOTALL)
    lines = right_column(IN_PYTHON)
    assert len(lines) > 20
    names: dict[str, object] = {}
    for code in [preamble, *lines]:
        exec(code, names)  # noqa: S102
    assert names["circle"].word.text == "circle"
    assert names["second"].word.start == names["prompt"].index("a blue")
    assert not torch.equal(names["coarse"].soft, names["one"].soft)
    assert np.array_equal(names["stored"].soft, names["generated"].stack())
    assert {path.name for path in tmp_path.iterdir()} == {
        "again.png", "image.png", "maps.safetensors", "sheet.png",
    }  # fmt: skip


def test_the_guides_commands_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("prompts.txt").write_text("a red circle\na blue square\n")
    commands = [line for line in right_column(IN_A_SHELL) if line.startswith("python")]
    assert len(commands) == 4
    for line in commands:
        python, module, package, *arguments = shlex.split(line)
        assert (python, module, package) == ("python", "-m", "daam_engine")
        assert main(arguments) == 0
    assert Path("several/002-a-blue-square/sheet.png").exists()


@pytest.mark.parametrize("name", re.findall(r"`(daam_engine(?:\.\w+)+)`", GUIDE))
def test_the_modules_that_the_guide_names_exist(name):
    __import__(name)
