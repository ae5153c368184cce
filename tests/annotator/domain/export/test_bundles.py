import hashlib
import io
import os
import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pyarrow.parquet
from django.conf import settings
from django.contrib.auth.models import User
from PIL import Image
from safetensors.numpy import load

from annotator.domain import export
from annotator.domain.export.bundles import Entry, to_folder, to_zip
from annotator.domain.material import pictures
from annotator.enums import ItemKind
from annotator.models import Study
from tests.annotator.answers import make_control, make_rated_study


def opened(entries: Iterator[Entry]) -> ZipFile:
    return ZipFile(io.BytesIO(b"".join(to_zip(entries))))


def test_an_archive_begins_before_its_files_are_read() -> None:
    read: list[str] = []

    def entries() -> Iterator[Entry]:
        for name in ("a.txt", "b.png"):
            read.append(name)
            yield Entry(name, [b"one", b"two"])

    pieces = to_zip(entries())
    next(pieces)
    assert read == ["a.txt"]
    archive = ZipFile(io.BytesIO(b"".join(to_zip(entries()))))
    assert archive.testzip() is None
    assert [(one.filename, one.compress_type) for one in archive.infolist()] == [
        ("a.txt", 8),
        ("b.png", 0),
        ("SHA256SUMS", 8),
    ]


def test_an_archive_is_never_in_memory() -> None:
    def peak(n: int) -> int:
        tracemalloc.start()
        for _ in to_zip(Entry(f"{i}.png", [os.urandom(100_000)]) for i in range(n)):
            pass
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    assert peak(60) < 1.3 * peak(10)


def test_sums_are_checked_by_the_usual_program(tmp_path: Path) -> None:
    entries = [Entry("a.txt", [b"one"]), Entry("gone.webp", None), Entry("deep/b.png", [b""])]
    assert [path.name for path in to_folder(entries, tmp_path)] == [
        "a.txt",
        "b.png",
        "MISSING.txt",
        "SHA256SUMS",
    ]
    assert (tmp_path / "MISSING.txt").read_text() == "gone.webp\n"
    check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "a.txt").write_text("two")
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 1


def test_pictures_and_maps_are_as_stored_and_as_shown(alice: User) -> None:
    study = make_rated_study(alice)
    make_control(study, ItemKind.BLANK, [[1]])
    archive = opened(export.picture_entries(study=study))
    made = study.generations.earliest("pk")
    stored = Path(settings.MEDIA_ROOT, made.image_file).read_bytes()
    assert archive.read(f"pictures/{made.pk}.webp") == stored
    soft = load(archive.read(f"heat_maps/{made.pk}.safetensors"))["soft"]
    item = study.items.filter(heat_map__generation=made).earliest("pk")
    numbers = np.load(io.BytesIO(archive.read(f"items/{item.pk}.npy")))
    assert numbers.dtype == np.float16
    np.testing.assert_array_equal(numbers, soft[item.heat_map.row])
    assert archive.read(f"items/{item.pk}.png") == pictures.grey_item_map(item).png
    names = set(archive.namelist())
    assert {f"items/{key}.png" for key in study.items.values_list("pk", flat=True)} <= names
    assert {"items.csv", "words.csv", "codebook.csv", "SHA256SUMS"} <= names
    listed = archive.read("SHA256SUMS").decode().splitlines()
    assert f"{hashlib.sha256(stored).hexdigest()}  pictures/{made.pk}.webp" in listed


def test_what_is_lost_on_the_disk_is_listed_and_ends_nothing(alice: User) -> None:
    study = make_rated_study(alice)
    first, second, *_ = study.generations.order_by("pk")
    Path(settings.MEDIA_ROOT, first.image_file).unlink()
    Path(settings.MEDIA_ROOT, second.maps_file).write_bytes(b"damaged")
    archive = opened(export.picture_entries(study=study))
    of_second = study.items.filter(heat_map__generation=second).order_by("pk")
    assert archive.read("MISSING.txt").decode().splitlines() == [
        f"pictures/{first.pk}.webp",
        *(f"items/{item.pk}.{kind}" for item in of_second for kind in ("png", "npy")),
    ]
    assert f"pictures/{second.pk}.webp" in archive.namelist()


def load_dataset(folder: Path, name: str, cache: Path) -> Any:
    import datasets

    return datasets.load_dataset(str(folder), name, split="train", cache_dir=str(cache))


def test_the_dataset_is_read_by_datasets(alice: User, tmp_path: Path) -> None:
    study = make_rated_study(alice)
    Study.objects.filter(pk=study.pk).update(name='a: "b" # 🎨\n- c')
    study.refresh_from_db()
    lost = study.generations.earliest("pk")
    Path(settings.MEDIA_ROOT, lost.image_file).unlink()
    folder = tmp_path / "dataset"
    for _ in to_folder(export.dataset_entries(study=study), folder):
        pass
    ratings = load_dataset(folder, "ratings", tmp_path / "cache")
    of = export.tables(study=study)["ratings"]
    assert ratings.column_names == [column.name for column in of.columns]
    assert ratings["rating_id"][:] == [row[0] for row in of.rows()]
    items = load_dataset(folder, "items", tmp_path / "cache")
    item = study.items.earliest("pk")
    assert isinstance(items[0]["heat_map"], Image.Image)
    shown = Image.open(io.BytesIO(pictures.grey_item_map(item).png))
    np.testing.assert_array_equal(np.asarray(items[0]["heat_map"]), np.asarray(shown))
    prompts = load_dataset(folder, "prompts", tmp_path / "cache")
    pictured = [row["image"] is not None for row in prompts]
    assert pictured == [row["image_id"] != lost.pk for row in prompts]


def test_an_empty_study_has_empty_tables(alice: User, tmp_path: Path) -> None:
    """`datasets` itself reads no empty split."""
    study = Study.objects.create(owner=alice, name="empty")
    archive = opened(export.dataset_entries(study=study))
    ratings = pyarrow.parquet.read_table(io.BytesIO(archive.read("data/ratings.parquet")))
    assert (ratings.num_rows, ratings.column_names[0]) == (0, "rating_id")
    assert opened(export.picture_entries(study=study)).testzip() is None
