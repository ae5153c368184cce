"""The table people read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Result = Mapping[str, Any]


def print_side_by_side(title: str, results: Sequence[Result]) -> None:
    """One column per tracer; every tracer was held against its own process's untraced runs."""
    print(f"\n{title}")
    print(f"{'':46}" + "".join(f"{result['tracer']:>26}" for result in results))
    for name, value in _ROWS:
        print(f"{name:<46}" + "".join(f"{value(result):>26}" for result in results))


def print_bundled(found: Result) -> None:
    print(f"\nBundled model, 4 prompts × {found['steps']} steps, {found['rounds']} paired rounds")
    print(f"{'overhead of a step':<46}{found['overhead']:>25.1%}")
    print(f"{'held per image, MB':<46}{found['held_mb_per_image']:>25.3f}")
    print(f"{'maps of all words per image, ms':<46}{found['aggregation_ms_per_image']:>25.1f}")
    for name, value in found.items():
        if name.startswith("images_per_s"):
            print(f"{'traced ' + name.replace('_', ' '):<46}{value:>25.2f}")


def _per_operation(kind: str) -> Callable[[Result], str]:
    def text(result: Result) -> str:
        extra, whole = result["extra_operations"][kind], result["untraced_operations"][kind]
        return f"{extra:+d} of {whole}" + (f" ({extra / whole:+.0%})" if whole else "")

    return text


def _overhead(result: Result) -> str:
    overheads = result["step_overheads"]
    return f"{np.median(overheads):+.1%} ({min(overheads):+.1%}…{max(overheads):+.1%})"


def _extra(result: Result) -> str:
    low, high = result["extra_ms_quartiles"]
    return f"{result['extra_ms']:.1f} ({low:.1f}…{high:.1f})"


_ROWS: tuple[tuple[str, Callable[[Result], str]], ...] = (
    ("untraced step, s", lambda found: f"{found['untraced_step_s']:.3f}"),
    ("overhead of whole steps (range)", _overhead),
    ("extra ms in the traced layers (quartiles)", _extra),
    ("the same as a share of the step", lambda found: f"{found['share_of_step']:+.2%}"),
    ("kernels added per step", _per_operation("kernels")),
    ("view operations added per step", _per_operation("views")),
    ("waits for the device added per step", _per_operation("waits")),
    ("held per image after 2 steps, MB", lambda found: f"{found['held_mb_few_steps']:.2f}"),
    ("held per image after 6 steps, MB", lambda found: f"{found['held_mb_many_steps']:.2f}"),
    ("global and word maps, 64 × 64, ms", lambda found: f"{found['aggregation_ms']:.1f}"),
    (
        "word maps at the image's size, ms",
        lambda found: f"{found['aggregation_at_image_size_ms']:.1f}",
    ),
    (
        "graphs of 4 steps when compiled (untraced: 1)",
        lambda found: str(found["graphs"][found["tracer"]])[:20],
    ),
)
