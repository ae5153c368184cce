"""The engine as a package of its own: `pip install ./daam_engine`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "daam_engine"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Where the wheel was unpacked; built from a copy, since building litters."""
    folder = tmp_path_factory.mktemp("package")
    litter = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    shutil.copytree(ENGINE, folder / "source", ignore=litter)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*build, "--disable-pip-version-check", "-q", "-w", folder, folder / "source"],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("daam_engine-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_the_package_holds_every_file_of_the_engine(installed):
    def files(folder: Path) -> set[str]:
        found = (path for path in folder.rglob("*") if path.is_file())
        return {
            path.relative_to(folder).as_posix() for path in found if "__pycache__" not in path.parts
        }

    assert files(ENGINE) - files(installed / "daam_engine") == {
        "bundled/README.md",
        "pyproject.toml",
    }


def test_the_package_works_alone(installed, tmp_path):
    probe = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); import daam_engine.cli;"
        f"assert daam_engine.__file__.startswith({str(installed)!r});"
        "sys.exit(daam_engine.cli.main(['info', '--json']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["pipeline"] == "StableDiffusionPipeline"


def test_both_packages_ask_for_the_same_versions():
    whole, engine = (
        tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for folder in (ENGINE.parent, ENGINE)
    )
    assert set(engine["dependencies"]) <= set(whole["dependencies"])
    assert engine["optional-dependencies"].items() <= whole["optional-dependencies"].items()
    assert engine["requires-python"] == whole["requires-python"]
