"""The Python of docs/exports.md runs as it stands, in a folder with the files it names."""

import re
from pathlib import Path
from typing import Any

import pandas
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from annotator.domain import export
from annotator.domain.results.computing import compute
from annotator.domain.results.filters import Filter
from annotator.models import Study
from tests.annotator.answers import make_rated_study

GUIDE = Path(__file__).parent.parent / "docs" / "exports.md"


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


def test_the_guides_python_runs(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    files = {"ratings.csv": "", "ratings.parquet": "", "ratings-crowdkit.csv": "crowdkit"}
    for name, shape in (files | {"ratings-matrix.csv": "matrix"}).items():
        table = export.find(study=study, name="ratings", shape=shape)
        Path(name).write_bytes(b"".join(table.pieces(name.rpartition(".")[2])))
    call_command("export", study.pk, "dataset", "--only", "dataset")
    names: dict[str, Any] = {}
    snippets = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.S)
    for snippet in snippets:
        exec(snippet, names)  # noqa: S102
    assert len(snippets) == 5
    page = compute(study=study, filter=Filter())
    assert names["alpha"] == pytest.approx(page.overall.alpha.value)
    assert names["opinion"].loc["NOUN", "count"] == 6
    assert str(names["typed"].submitted_at.dtype) == "datetime64[ms, UTC]"
    assert set(names["winners"].index) == set(names["answers"].task)
    assert names["heat_map"].size == (32, 32)


def test_a_folder_holds_everything_with_its_sums(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    call_command("export", study.pk, folder)
    assert {path.name for path in folder.iterdir()} >= {
        "ratings.csv",
        "raters.csv",
        "study.toml",
        "codebook.csv",
        "SHA256SUMS",
        "pictures",
        "items",
        "heat_maps",
    }
    listed = [line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()]
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(listed) == sorted(
        str(path.relative_to(folder)) for path in written if path.name != "SHA256SUMS"
    )
    assert len(pandas.read_csv(folder / "ratings.csv")) == 9
    with pytest.raises(CommandError, match="is not empty"):
        call_command("export", study.pk, folder)
