"""Does the bundled model draw what captions say, and do its heat maps lie where the words are?

    .venv/bin/python benchmarks/bundled_model.py [--quick]

Held-out captions of single objects are drawn; colour, shape and region of each object are read off
the generated picture by arithmetic (`daam_engine/bundled/check.py`). The maps of its noun and its
colour word are cut at τ = 0.4 of their maximum and compared with that region, beside two controls:
a mask of the whole picture, and the map of another word of the same caption.

Nouns are given together and by kind: those that say how a thing looks inside (*sun*, *tree*) and
those that name its outline alone (*circle*). The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# This folder's `statistics.py` would stand in for the standard library's.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from daam_engine import Generated, GenerationSettings, generate, load_pipeline
from daam_engine.analysis.intervals import Estimate
from daam_engine.analysis.segmentation import Pair, mean_iou, whole_image_iou
from daam_engine.bundled import check, scenes

BATCH = 20
TAU = 0.4


@dataclass
class Tally:
    """What was seen so far: shares of captions, and pairs of maps and regions by role."""

    captions: int = 0
    colour: int = 0
    shape: int = 0
    both: int = 0
    pairs: dict[str, list[Pair]] = field(default_factory=dict)

    def add(self, scene: scenes.Scene, generated: Generated) -> None:
        self.captions += 1
        found = check.find_things(np.asarray(generated.image))
        if not found:
            return
        thing = max(found, key=lambda one: one.mask.sum())
        colour = thing.colour in scene.possible_colours
        shape = scene.things[0].shape == thing.shape
        self.colour += colour
        self.shape += shape
        self.both += colour and shape
        for role, pair in pairs(scene, generated, thing.mask):
            self.pairs.setdefault(role, []).append(pair)


def said(scene: scenes.Scene, role: str) -> str:
    return next((word.text for word in scene.words if word.role == role), "")


def pairs(
    scene: scenes.Scene, generated: Generated, region: np.ndarray
) -> Iterator[tuple[str, Pair]]:
    """The maps of the noun and the colour with the region, and another word's in their stead."""
    maps = {word.word.text: word.soft for word in generated.words if word.soft is not None}
    elsewhere = [
        word.text
        for word in scene.words
        if word.role not in ("noun", "colour") and word.text in maps
    ]
    truth = torch.from_numpy(region)
    for role in ("noun", "colour"):
        word = said(scene, role)
        if word in maps:
            yield role, Pair(maps[word], truth)
            if role == "noun":
                kind = "object_noun" if word in scenes.OBJECTS else "shape_noun"
                yield kind, Pair(maps[word], truth)
            if elsewhere:
                yield "shuffled", Pair(maps[elsewhere[-1]], truth)


def draw(captions: int, steps: int) -> Tally:
    loaded = load_pipeline("bundled")
    drawn = scenes.draw_scenes(np.random.default_rng(2026), captions, held_out=True, kind="single")
    tally, begun = Tally(), time.monotonic()
    for start in range(0, captions, BATCH):
        batch = drawn[start : start + BATCH]
        made = generate(
            loaded,
            [scene.caption for scene in batch],
            list(range(start, start + len(batch))),
            GenerationSettings(steps=steps),
            batch_size=BATCH,  # a third faster on a CPU
        )
        for scene, generated in zip(batch, made, strict=True):
            tally.add(scene, generated)
        pace = tally.captions / (time.monotonic() - begun)
        print(
            f"\r{tally.captions} of {captions} pictures, {pace:.1f} per second", end="", flush=True
        )
    print()
    return tally


def row(name: str, found: Estimate) -> str:
    return f"{name:<34} {found.value:6.3f}   n = {found.n}"


def report(tally: Tally) -> dict[str, float]:
    noun, colour = tally.pairs["noun"], tally.pairs["colour"]
    overlaps: dict[str, Estimate] = {
        "noun_miou": mean_iou(noun, TAU),
        "object_noun_miou": mean_iou(tally.pairs["object_noun"], TAU),
        "shape_noun_miou": mean_iou(tally.pairs["shape_noun"], TAU),
        "colour_miou": mean_iou(colour, TAU),
        "shuffled_miou": mean_iou(tally.pairs["shuffled"], TAU),
        "whole_image_miou": whole_image_iou([*noun, *colour]),
    }
    shares = {
        "correct_object_share": tally.both / tally.captions,
        "colour_share": tally.colour / tally.captions,
        "shape_share": tally.shape / tally.captions,
    }
    print_table(shares, overlaps, tally.captions)
    return shares | {name: found.value for name, found in overlaps.items()}


def print_table(shares: dict[str, float], overlaps: dict[str, Estimate], captions: int) -> None:
    print(f"\n{captions} held-out captions of single objects")
    for name, share in shares.items():
        print(f"{name:<34} {share:6.3f}   n = {captions}")
    print(f"\nHeat maps against regions in the generated pictures, τ = {TAU} of the maximum")
    for name, found in overlaps.items():
        print(row(name, found))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="40 captions instead of 200")
    options = parser.parse_args(arguments)
    figures = report(draw(40 if options.quick else 200, steps=30))
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
