from __future__ import annotations

import numpy as np
import pytest

from daam_engine.bundled.scenes import OBJECTS, Scene, draw_scene, draw_scenes
from daam_engine.bundled.truth import both_present, noun_masks
from daam_engine.overlap import iou


@pytest.mark.parametrize("kind", ["single", "pair"])
def test_what_is_found_in_a_drawing_is_where_it_was_drawn(kind):
    overlaps, nouns = [], 0
    for scene in draw_scenes(np.random.default_rng(1), 20, held_out=True, kind=kind):
        masks = noun_masks(scene, scene.image)
        nouns += sum(word.role == "noun" for word in scene.words)
        overlaps += [iou(mask, scene.words[index].mask) for index, mask in masks.items()]
    assert len(overlaps) > 0.8 * nouns
    assert np.median(overlaps) > 0.85


def test_a_thing_that_is_not_there_has_no_mask():
    scenes = draw_scenes(np.random.default_rng(2), 100, held_out=False, kind="single")
    by_noun = {scene.words[1].text: scene for scene in scenes if len(scene.words) == 2}
    sun, brick = by_noun["sun"], by_noun["brick"]
    assert list(noun_masks(sun, sun.image)) == [1]
    assert noun_masks(sun, brick.image) == {}


def test_two_things_alike_are_not_told_apart():
    rng = np.random.default_rng(0)
    pairs = (draw_scene(rng, kind="pair") for _ in range(2000))
    twins = next(
        scene
        for scene in pairs
        if len(set(nouns_of(scene)) & OBJECTS.keys()) == 1 and len(set(nouns_of(scene))) == 1
    )
    singles = (draw_scene(rng, kind="single") for _ in range(2000))
    one = next(
        scene
        for scene in singles
        if nouns_of(scene) == nouns_of(twins)[:1] and noun_masks(scene, scene.image)
    )
    assert noun_masks(twins, twins.image) == {}
    assert noun_masks(twins, one.image) == {}  # which of the two is it?


def test_both_things_must_be_there():
    scenes = draw_scenes(np.random.default_rng(6), 60, held_out=False, kind="pair")
    pairs = [scene for scene in scenes if set(nouns_of(scene)) <= OBJECTS.keys()]
    seen = [both_present(tuple(nouns_of(scene)), scene.image) for scene in pairs]
    assert np.mean(seen) > 0.7  # where things touch, an outline may not be read
    absent = [noun for noun in OBJECTS if all(noun not in nouns_of(scene) for scene in pairs[:4])]
    assert not any(both_present((nouns_of(s)[0], absent[0]), s.image) for s in pairs[:4])


def nouns_of(scene: Scene) -> list[str]:
    return [word.text for word in scene.words if word.role == "noun"]
