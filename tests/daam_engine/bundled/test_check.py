import numpy as np
import pytest

from daam_engine.bundled import check, scenes


@pytest.mark.parametrize("seed", range(40))
def test_what_was_drawn_is_found(seed: int) -> None:
    scene = scenes.draw_scene(np.random.default_rng(seed), kind="single")
    (thing,) = scene.things

    found = check.find_things(scene.image)[0]

    assert (found.colour, found.shape) == (thing.colour, thing.shape)
    noun = next(word for word in scene.words if word.role == "noun")
    assert noun.mask is not None
    assert (found.mask & noun.mask).sum() / (found.mask | noun.mask).sum() > 0.85


def test_both_things_of_a_pair_are_found_apart() -> None:
    scene = scenes.draw_scene(np.random.default_rng(11), kind="pair")

    found = check.find_things(scene.image)

    assert sorted((f.colour, f.shape) for f in found) == sorted(
        (t.colour, t.shape) for t in scene.things
    )


def test_an_empty_picture_has_nothing_in_it() -> None:
    assert check.find_things(np.full((64, 64, 3), 200, np.uint8)) == []
