"""The paper's equation and its published code disagree a little: which is nearer the truth?

    .venv/bin/python benchmarks/modes.py [--quick]

Held-out captions of single objects are drawn by the bundled model, and the maps of noun and colour
word compared with the object's region in the picture: for both modes on the same pictures, by both
rules that make a hard map, at the paper's three τ. Intervals are 95 % percentiles of a bootstrap
over pictures of the paired difference. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# This folder's `statistics.py` would stand in for the standard library's.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from torch import Tensor

from benchmarks.bundled_model import BATCH, said
from daam_engine import EngineError, HeatMaps, load_pipeline, parse, published, trace
from daam_engine.bundled import check, scenes
from daam_engine.hard_maps import hard, hard_min_max
from daam_engine.models import LoadedPipeline, silence_libraries
from daam_engine.overlap import iou

TAUS = (0.3, 0.4, 0.5)
RULES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "of the maximum": hard,
    "between minimum and maximum": hard_min_max,
}
RESAMPLES = 10_000
STEPS = 30
GRID = 96  # the published code's for models of this size, though it would skip all their layers
Settings = dict[tuple[str, float], tuple[float, float]]  # (rule, τ): IoU of paper, published


@dataclass(frozen=True)
class Pictured:
    """A scene that was drawn, and the maps of one picture under both modes."""

    scene: scenes.Scene
    region: np.ndarray
    paper: HeatMaps
    published: HeatMaps


def draw(loaded: LoadedPipeline, captions: int) -> Iterator[Pictured]:
    """Pictures in which something can be found."""
    drawn = scenes.draw_scenes(np.random.default_rng(2026), captions, held_out=True, kind="single")
    pipeline = loaded.pipeline
    for start in range(0, captions, BATCH):
        batch = drawn[start : start + BATCH]
        seeds = range(start, start + len(batch))
        with trace(pipeline, by=("layer", "head")) as traced:
            images = pipeline(
                [scene.caption for scene in batch],
                num_inference_steps=STEPS,
                guidance_scale=loaded.default_guidance,
                generator=[torch.Generator().manual_seed(seed) for seed in seeds],
            ).images
        for scene, image, maps in zip(batch, images, traced.heat_maps(), strict=True):
            if found := check.find_things(np.asarray(image)):
                region = max((thing.mask for thing in found), key=np.sum)
                yield Pictured(scene, region, maps, published.clamped_mean(maps, GRID))


def overlaps(picture: Pictured, role: str) -> Settings:
    """Of the map of the word in this role; none where the caption has no such word."""
    words = parse(picture.scene.caption)
    index = next((w.index for w in words if w.text == said(picture.scene, role)), None)
    if index is None:
        return {}
    softs = [maps.words(words)[index].soft for maps in (picture.paper, picture.published)]
    return {
        (rule, tau): tuple(iou(cut(soft, tau), picture.region) for soft in softs)
        for rule, cut in RULES.items()
        for tau in TAUS
    }


def moved(picture: Pictured) -> float:
    """How far the clamp moves the maps of this picture, at most, as a share of the maximum."""
    (grid,) = picture.published.sums
    n_maps = sum(len(part.sums) for part in picture.paper.parts)
    theirs = picture.published.soft(grid)
    return float((picture.paper.soft(grid) / n_maps - theirs).abs().max() / theirs.max())


def compare(pairs: np.ndarray) -> dict[str, float]:
    """Means of (picture, mode), and the interval of the second's lead over the first."""
    difference = pairs[:, 1] - pairs[:, 0]
    draws = np.random.default_rng(0).integers(len(pairs), size=(RESAMPLES, len(pairs)))
    low, high = np.percentile(difference[draws].mean(axis=1), (2.5, 97.5))
    paper, code = pairs.mean(axis=0)
    return {
        "paper": float(paper),
        "published": float(code),
        "difference": float(difference.mean()),
        "low": float(low),
        "high": float(high),
        "n": len(pairs),
    }


def report(found: dict[str, list[Settings]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    print("mIoU with the region of the object     paper  published   published − paper")
    for role, pictures in found.items():
        for rule, tau in pictures[0]:
            row = compare(np.array([settings[rule, tau] for settings in pictures]))
            rows.append({"word": role, "rule": rule, "tau": tau} | row)
            print(
                f"{role:<7} τ = {tau} {rule:<27}{row['paper']:7.3f}{row['published']:9.3f}"
                f"   {row['difference']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]"
                f"   n = {row['n']}"
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Which mode's maps are nearer the truth?")
    parser.add_argument("--quick", action="store_true", help="40 captions instead of 200")
    options = parser.parse_args()
    torch.set_num_threads(1)
    silence_libraries()
    try:
        loaded = load_pipeline()
    except EngineError as error:
        raise SystemExit(str(error)) from error
    found: dict[str, list[Settings]] = {"noun": [], "colour": []}
    shifts = []
    for picture in draw(loaded, 40 if options.quick else 200):
        shifts.append(moved(picture))
        for role, pictures in found.items():
            if settings := overlaps(picture, role):
                pictures.append(settings)
    rows = report(found)
    share = float(np.median(shifts))
    print(f"The clamp moves maps by up to {share:.1%} of their maximum (median of the pictures)")
    print(json.dumps({"moved": share, "rows": rows}))


if __name__ == "__main__":
    main()
