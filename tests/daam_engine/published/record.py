"""Record what the published package says about `CASES`; see README.md for its environment.

PYTHONPATH=. PUBLISHED_PYTHON -m tests.daam_engine.published.record
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import daam
import numpy as np

from tests.daam_engine.published.cases import CASES, Case, build, run, thinned

RECORDING = Path(__file__).with_name("maps.npz")
LIBRARIES = ("daam", "diffusers", "torch", "transformers")


def record(case: Case) -> dict[str, np.ndarray]:
    pipeline = build(case)
    with daam.trace(pipeline) as traced:
        image = run(pipeline, case)
        maps = traced.compute_global_heat_map()
    words = {word: maps.compute_word_heat_map(word).heatmap for word in case.words}
    return {
        f"{case.name}/tokens": thinned(maps.heat_maps),  # (token, height, width)
        f"{case.name}/image": image[::8, ::8].numpy(),
        **{f"{case.name}/word/{word}": thinned(found) for word, found in words.items()},
    }


def main() -> None:
    arrays: dict[str, np.ndarray] = {
        "versions": np.array([f"{name} {version(name)}" for name in LIBRARIES])
    }
    for case in CASES:
        arrays |= record(case)
    np.savez_compressed(RECORDING, **arrays)
    for name, array in arrays.items():
        print(name, array.shape, array.tolist() if name == "versions" else array.max())


if __name__ == "__main__":
    main()
