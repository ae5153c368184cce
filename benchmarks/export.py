"""How fast ratings leave, how soon they begin to, and how much memory that takes.

    .venv/bin/python benchmarks/export.py [--quick] [--sizes 10000,…] [--formats csv,…]
    .venv/bin/python -m tests.services COMMAND    runs it on PostgreSQL

A database of its own (SQLite in a temporary folder; the one `DATABASE_URL` names, where it is set,
which then keeps the studies) with studies of 10,000, 100,000 and 1,000,000 ratings: 3 per item, 4
words per picture, 50 raters at a time who answer 60 items each. Each export runs in a process of
its own and throws away what it gets. Claims: `rows_per_second`, by the clock and by the processor's
time, `first_byte_seconds` (the first row, not the header) and `peak_mb_above_idle`. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # and not this folder

SIZES = (10_000, 100_000, 1_000_000)
PER_ITEM, WORDS, AT_A_TIME, PER_RATER = 3, 4, 50, 60
# Rivals on a machine like the one this was written on, 30,000 ratings each, in ratings per second.
RIVALS = {"Label Studio 1.23.2": 586, "doccano 1.8.4": 826, "Potato 2.12.1": 19_481}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="no more than 10,000 ratings")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--formats", default="csv,jsonl,parquet")
    parser.add_argument("--export", nargs=2, metavar=("STUDY", "FORMAT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        print(json.dumps(export(int(options.export[0]), options.export[1])))
        return
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "PYTHONPATH": str(ROOT),
        }
        sizes = tuple(map(int, options.sizes.split(",")))
        run(sizes[:1] if options.quick else sizes, options.formats.split(","))


def run(sizes: tuple[int, ...], formats: list[str]) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    print(f"{connection.vendor}; rivals, rows/s: {RIVALS}")
    print("format     ratings  rows/s   rows/CPU s  first row s  peak MB above idle  file MB")
    measured = []
    for size in sizes:
        study = fill(size)
        for name in formats:
            found = measure(study, name)
            measured.append({"format": name, "ratings": size, **found})
            print(
                f"{name:8} {size:9,} {found['rows_per_second']:8,.0f} "
                f"{found['rows_per_cpu_second']:10,.0f} {found['first_byte_seconds']:12.3f} "
                f"{found['peak_mb_above_idle']:19.0f} {found['file_mb']:8.1f}"
            )
    print(json.dumps({"database": connection.vendor, "exports": measured}))


def measure(study: int, name: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--export", str(study), name]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(out.splitlines()[-1]))


def export(study: int, name: str) -> dict[str, float]:
    import django

    django.setup()
    from annotator.domain.export import tables
    from annotator.models import Study

    table = tables(study=Study.objects.get(pk=study))["ratings"]
    rows, idle = table.count(), peak_mb()
    start, cpu, first, size = time.perf_counter(), time.process_time(), 0.0, 0
    for number, piece in enumerate(table.pieces(name)):
        size += len(piece)
        # Of CSV, the first piece is the header.
        if number == (name == "csv"):
            first = time.perf_counter() - start
    seconds = time.perf_counter() - start
    return {
        "rows_per_second": rows / seconds,
        "rows_per_cpu_second": rows / (time.process_time() - cpu),
        "first_byte_seconds": first,
        "peak_mb_above_idle": peak_mb() - idle,
        "file_mb": size / 1e6,
    }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# -- a study -------------------------------------------------------------------------------------

DIALECTS = {
    "sqlite": {
        "id": "printf('%032x', {tag} * 1000000000 + n)",
        "at": "strftime('%Y-%m-%d %H:%M:%S.123456', '2026-03-01', (n + {later}) || ' seconds')",
        "true": "1",
        "false": "0",
    },
    "postgresql": {
        "id": "lpad(to_hex({tag} * 1000000000::bigint + n), 32, '0')::uuid",
        "at": "timestamptz '2026-03-01 00:00:00.123456Z' + (n + {later}) * interval '1 second'",
        "true": "true",
        "false": "false",
    },
}


def fill(ratings: int) -> int:
    """A study with so many ratings, by the database's own arithmetic. Returns its key."""
    from django.contrib.auth.models import User
    from django.db import connection, transaction

    from annotator.models import Invitation, PromptBatch, Study

    user, _ = User.objects.get_or_create(username="benchmark")
    study = Study.objects.create(owner=user, name=f"{ratings} ratings", ratings_per_item=PER_ITEM)
    batch = PromptBatch.objects.create(study=study, file_name="prompts.csv", sha256="0" * 64)
    invitation = Invitation.objects.create(study=study)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements(cursor, ratings, study.pk, batch.pk, invitation.pk):
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return int(study.pk)


def statements(cursor: Any, ratings: int, study: int, batch: int, invitation: int) -> Any:
    from django.db import connection

    words = -(-ratings // PER_ITEM)
    prompts, raters = -(-words // WORDS), -(-ratings // (AT_A_TIME * PER_RATER)) * AT_A_TIME
    dialect = DIALECTS[connection.vendor]

    def first(table: str) -> int:
        cursor.execute(f"SELECT coalesce(max(id), 0) + 1 FROM annotator_{table}")  # noqa: S608
        return int(cursor.fetchone()[0])

    firsts = {t: first(t) for t in ("prompt", "word", "generation", "heatmap", "item", "rater")}
    firsts |= {"assignment": first("assignment"), "rating": first("rating")}

    def insert(table: str, count: int, **values: str) -> str:
        from django.apps import apps

        model = apps.get_model("annotator", table)
        row = defaults(model, dialect) | {"id": f"{firsts[table]} + n"} | values
        row = {name: value for name, value in row.items() if value is not None}
        numbers = (
            "WITH RECURSIVE numbers(n) AS "  # noqa: S608
            f"(SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count - 1})"
        )
        named = ", ".join(f'"{name}"' for name in row)
        chosen = ", ".join(row.values())
        target = f"INSERT INTO annotator_{table} ({named})"
        return f"{target} {numbers} SELECT {chosen} FROM numbers"  # noqa: S608

    public = lambda tag: dialect["id"].format(tag=study * 10 + tag)  # noqa: E731
    at = lambda later: dialect["at"].format(later=later)  # noqa: E731
    pos = "substr('ADJ NOUNVERBADV ', 1 + 4 * (n % 4), 4)"
    yield insert(
        "prompt",
        prompts,
        study_id=f"{study}",
        batch_id=f"{batch}",
        line="n + 1",
        text="'a small red circle above a large blue square, number ' || n || ', painted'",
        seed="n",
    )
    yield insert(
        "word",
        words,
        prompt_id=f"{firsts['prompt']} + n / {WORDS}",
        index=f"n % {WORDS}",
        text="substr('red  smallblue large', 1 + 5 * (n % 4), 5)",
        lemma="substr('red  smallblue large', 1 + 5 * (n % 4), 5)",
        start="0",
        end="5",
        pos=f"trim({pos})",
        dependency="'amod'",
        head_index="0",
    )
    yield insert(
        "generation",
        prompts,
        study_id=f"{study}",
        prompt_id=f"{firsts['prompt']} + n",
        status="'done'",
        width="512",
        height="512",
        provenance=(
            '(\'{"model": "stabilityai/stable-diffusion-2-base", "seed": \' || n || '
            '\', "scheduler": "DDIMScheduler", "steps": 30, "guidance": 7.5, '
            '"engine_version": "0.1.0", "normalisation": "none"}\')'
            + ("::jsonb" if connection.vendor == "postgresql" else "")
        ),
        touched_at=at(0),
    )
    yield insert(
        "heatmap",
        words,
        public_id=public(1),
        generation_id=f"{firsts['generation']} + n / {WORDS}",
        word_id=f"{firsts['word']} + n",
        row=f"n % {WORDS}",
        peak="0.5",
        floor="0.1",
    )
    yield insert(
        "item",
        words,
        public_id=public(2),
        study_id=f"{study}",
        heat_map_id=f"{firsts['heatmap']} + n",
        kind="'real'",
        pos=f"trim({pos})",
        position="n",
        ratings_wanted=f"{PER_ITEM}",
        free_slots="0",
    )
    yield insert(
        "rater",
        raters,
        public_id=public(3),
        study_id=f"{study}",
        invitation_id=f"{invitation}",
        pseudonym=f"substr('{study:02}' || (1000000 + n), 1, 12)",
        number="n",
        consented_at=at(0),
        consent_text="''",
        phase="'rating'",
    )
    group = AT_A_TIME * PER_RATER
    yield insert(
        "assignment",
        ratings,
        public_id=public(4),
        # A step that meets every item once in `words` steps, far from the one before.
        item_id=f"{firsts['item']} + (CAST(n AS bigint) * 7919) % {words}",
        rater_id=f"{firsts['rater']} + n / {group} * {AT_A_TIME} + n % {AT_A_TIME}",
        status="'submitted'",
        purpose="'rating'",
        slot=f"n / {words}",
        slots=f"{PER_ITEM}",
        trial=f"n % {group} / {AT_A_TIME}",
        drawn_at=at(0),
        deadline=at(1800),
    )
    yield insert(
        "rating",
        ratings,
        assignment_id=f"{firsts['assignment']} + n",
        answer_id=public(5),
        is_current=dialect["true"],
        score="CASE WHEN n % 20 > 0 THEN 1 + (n % 7919) % 5 END",
        opt_out="CASE WHEN n % 20 = 0 THEN 'image_too_poor' ELSE '' END",
        painted_at=at(1),
        submitted_at=at(5),
        reaction_ms="1000 + n % 4000",
        opacity_initial="0.8",
        opacity_final="(50 + n % 51) / 100.0",
        map_toggles="n % 3",
        colour_map="'turbo'",
        contour_tau="0.4",
        picture_width="560",
        picture_height="560",
        viewport_width="1280",
        viewport_height=f"800 + (n / {group}) % 9",
        pixel_ratio="1.5",
        pinch_zoom="1.0",
        side_by_side=dialect["true"],
        language="'en'",
        input_method="'keyboard'",
    )


def defaults(model: Any, dialect: dict[str, str]) -> dict[str, Any]:
    """SQL for the columns whose model has a plain default."""
    found = {}
    for field in model._meta.concrete_fields:
        if field.null or field.primary_key or field.generated:
            continue
        default = field.get_default()
        if isinstance(default, bool):
            found[field.column] = dialect["true" if default else "false"]
        elif isinstance(default, int):
            found[field.column] = str(default)
        elif isinstance(default, str):
            found[field.column] = f"'{default}'"
        elif default == {}:
            found[field.column] = "'{}'"
    return found


if __name__ == "__main__":
    main()
