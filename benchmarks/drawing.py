"""Whether drawing the next item stays cheap in a study of a million items, however much is rated.

    .venv/bin/python benchmarks/drawing.py [--quick] [--items N …] [--rated SHARE …]
    .venv/bin/python -m tests.services COMMAND    runs it on PostgreSQL

Times `domain.rating.assignments.draw` itself, one item at a time with an answer after each, as
raters do who come one after the other: no network and no queue. "plain" has real maps of nouns;
"rich" has four strata, controls, gold items and repeats, one in ten each; "compared" is plain with
conditions, under one of which a rater meets a word. Claims: `draw_ms_median`, by size, share rated
and kind of study. `load` is the machine's load average. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `tests`; and not this folder

from benchmarks.load import study  # noqa: E402

RATERS = 8
DRAWS_PER_RATER = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="10,000 items only")
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rated", type=float, nargs="+", default=[0.0, 0.9])
    options = parser.parse_args()
    heads = ("items", "rated", "study", "draw ms", "p95", "CPU ms", "load")
    print("".join(f"{head:>10}" for head in heads))
    figures = [
        measure(items, rated, kind)
        for items in ([10_000] if options.quick else options.items)
        for rated in options.rated
        for kind in ("plain", "rich", "compared")
    ]
    print(json.dumps({"draws": figures}))


def measure(items: int, rated: float, kind: str) -> dict[str, Any]:
    """In a process of its own: a database of its own needs settings of its own."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        with tempfile.TemporaryDirectory(prefix="drawing-") as folder, os.fdopen(write, "w") as out:
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "annotator.settings",
                "ANNOTATOR_TRIAL_DIR": folder,
                "LOG_LEVEL": "WARNING",
            }
            json.dump(_measure(items, rated, kind), out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        figures = dict(json.load(answer))
    os.waitpid(child, 0)
    print(
        "".join(
            f"{figure:>10,}" if isinstance(figure, int) else f"{figure:>10}"
            for figure in figures.values()
        ),
        flush=True,
    )
    return figures


def _measure(items: int, rated: float, kind: str) -> dict[str, Any]:
    import django

    django.setup()
    from tests import factories

    made = study.make_study(items, study.RICH if kind == "rich" else study.PLAIN, rated)
    if kind == "compared":
        made.conditions = [{"name": "one"}, {"name": "other", "heads": [0]}]
        made.save(update_fields=["conditions"])
    draw_and_answer(factories.make_rater(made))  # a warm-up
    times = [one for _ in range(RATERS) for one in draw_and_answer(factories.make_rater(made))]
    wall, cpu = (1000 * np.array(column) for column in zip(*times, strict=True))
    return {
        "items": items,
        "rated": rated,
        "study": kind,
        "draw_ms_median": round(float(np.median(wall)), 2),
        "draw_ms_p95": round(float(np.percentile(wall, 95)), 2),
        "draw_cpu_ms_median": round(float(np.median(cpu)), 2),
        "load": round(os.getloadavg()[0], 1),
    }


def draw_and_answer(rater: Any) -> list[tuple[float, float]]:
    """Seconds each draw took, on the clock and of this process's CPU."""
    from annotator.domain.rating import assignments

    times = []
    for _ in range(DRAWS_PER_RATER):
        began, used = time.perf_counter(), time.process_time()
        (assignment,) = assignments.draw(rater=rater, count=1)
        times.append((time.perf_counter() - began, time.process_time() - used))
        answer = assignments.Answer(answer_id=uuid.uuid4(), score=3)
        assignments.submit_rating(assignment=assignment, answer=answer)
    return times


if __name__ == "__main__":
    main()
