"""Ratings made elsewhere: how fast a table is imported and analysed, and in how much memory.

    .venv/bin/python benchmarks/imports.py [--quick]

A CSV of 100,000 and of 1,000,000 ratings (`--quick`: without the last), three of each task by some
of 2,000 workers, in six groups, goes the way of an upload: read for the preview, imported, analysed
(what the CPU worker does, called here), shown, taken away. `page_s` is the slowest of the pages
before and after; peaks are megabytes above the idle process. Beside it `pandas` and `krippendorff`
read the same file and compute alpha alone, without intervals, groups or a word on what they left
out. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# Not this folder: its statistics.py would stand in for the standard library's.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.results_page import peak_megabytes, timed

_BY_HAND = """
import json, pathlib, re, sys, time
import krippendorff, pandas

def peak():  # of this process; what getrusage tells begins with its parent's
    return int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])

idle = peak()
start = time.perf_counter()
table = pandas.read_csv(sys.argv[1]).drop_duplicates(["task", "worker"], keep="last")
read = time.perf_counter() - start
counts = pandas.crosstab(table.task, table.label).to_numpy()
alpha = krippendorff.alpha(value_counts=counts, level_of_measurement="ordinal")
print(json.dumps([read, time.perf_counter() - start, (peak() - idle) / 1024, alpha]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="without the larger table")
    sizes = [100_000] if parser.parse_args().quick else [100_000, 1_000_000]
    with tempfile.TemporaryDirectory(prefix="imports-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "LOG_LEVEL": "WARNING",
        }
        run(sizes, Path(folder) / "ratings.csv")


def run(sizes: list[int], path: Path) -> None:
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = User.objects.create_superuser("alice")
    figures: dict[str, Any] = {"load": round(os.getloadavg()[0], 1)}
    print(f"load average {figures['load']}")
    print("  ratings    MB | read rows/s  import | analyse   (CPU) | page, slowest |   CSV rows/s")
    for size in sizes:
        write_table(path, size)
        found = measure(user, path.read_bytes()) | by_hand(path)
        print(
            f"{size:9,} {found['mb']:5.0f} | {found['read_rows_s']:11,.0f} "
            f"{found['import_s']:6.1f}s | "
            f"{found['analyse_s']:6.1f}s {found['analyse_cpu_s']:6.1f}s | "
            f"{found['page_s']:12.3f}s | {found['csv_rows_s']:12,.0f}"
        )
        print(
            f"{'peak MB':>15} | {found['read_peak_mb']:19.0f} | {found['analyse_peak_mb']:15.0f} |"
            f" by hand: read {found['hand_read_s']:.1f} s, alpha {found['hand_s']:.1f} s,"
            f" {found['hand_peak_mb']:.0f} MB"
        )
        assert abs(found.pop("alpha") - found.pop("hand_alpha")) < 1e-9
        sys.stdout.flush()
        figures |= {name: round(value, 3) for name, value in found.items()} | {"ratings": size}
    print(json.dumps(figures))


def write_table(path: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    task = np.repeat(np.arange(size // 3), 3)
    worker = rng.integers(0, 2000, len(task))
    felt = rng.normal(3.4, 0.8, size // 3)[task] + rng.normal(0, 0.8, len(task))
    score = np.clip(np.round(felt), 1, 5).astype(int)
    columns = zip(task.tolist(), worker.tolist(), score.tolist(), strict=True)
    with path.open("w") as file:
        file.write("task,worker,label,group\n")
        file.writelines(f"item-{t},A{w:05}WORKER,{s},group-{t % 6}\n" for t, w, s in columns)


def measure(user: Any, content: bytes) -> dict[str, float]:
    from django.test import Client
    from django.urls import reverse

    from annotator.domain import analyses
    from annotator.domain.elsewhere import files
    from annotator.domain.elsewhere.choices import Choices
    from annotator.models import Analysis

    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    client.get(reverse("imports"))  # templates and connections
    idle = peak_megabytes()
    kept = files.keep_file(user=user, name="Old", file_name="old.csv", content=content)
    address = reverse("import", args=[kept.pk])
    waiting, _ = timed(lambda: client.get(address))
    files.look(kept)
    kept.refresh_from_db()
    files.choose(imported=kept, choices=Choices(keep_last=True))
    read, _ = timed(lambda: files.look(kept))
    preview, _ = timed(lambda: client.get(address))
    kept.refresh_from_db()
    files.request_import(imported=kept)
    imported, _ = timed(lambda: files.store(kept))
    read_peak = peak_megabytes() - idle

    address = reverse("import-results", args=[kept.pk])
    asked, _ = timed(lambda: client.get(address))
    analysis = Analysis.objects.select_related("imported").get(imported=kept)
    cpu = time.process_time()
    analyse, _ = timed(lambda: analyses.run(analysis))
    analyse_cpu = time.process_time() - cpu
    analyse_peak = peak_megabytes() - idle
    shown, _ = timed(lambda: client.get(address))
    results = analyses.state_of_import(imported=analysis.imported).results()
    assert results is not None
    export = reverse("import-export", args=[kept.pk])
    taken, lines = timed(lambda: sum(p.count(b"\n") for p in client.get(export).streaming_content))
    return {
        "mb": len(content) / 1024**2,
        "read_rows_s": content.count(b"\n") / read,
        "import_s": imported,
        "read_peak_mb": read_peak,
        "analyse_s": analyse,
        "analyse_cpu_s": analyse_cpu,
        "analyse_peak_mb": analyse_peak,
        "page_s": max(waiting, preview, asked, shown),
        "csv_rows_s": lines / taken,
        "alpha": results.overall.alpha.value,
    }


def by_hand(path: Path) -> dict[str, float]:
    found = subprocess.run(
        [sys.executable, "-c", _BY_HAND, str(path)], check=True, capture_output=True
    )
    names = ("hand_read_s", "hand_s", "hand_peak_mb", "hand_alpha")
    return dict(zip(names, json.loads(found.stdout), strict=True))


if __name__ == "__main__":
    main()
