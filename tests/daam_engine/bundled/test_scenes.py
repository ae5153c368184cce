import numpy as np
import pytest

from daam_engine.bundled import drawing, scenes
from daam_engine.bundled.scenes import Scene, draw_scene, draw_scenes


def scene_of(kind: str, seed: int = 0) -> Scene:
    return draw_scene(np.random.default_rng(seed), kind=kind)


def test_the_same_seed_draws_the_same_scene() -> None:
    one, same, other = scene_of("pair", 3), scene_of("pair", 3), scene_of("pair", 4)

    np.testing.assert_array_equal(one.image, same.image)
    assert one.caption == same.caption
    assert one.caption != other.caption


@pytest.mark.parametrize(("kind", "things"), [("single", {1}), ("pair", {2}), ("triple", {3})])
def test_a_kind_has_its_number_of_things(kind: str, things: set[int]) -> None:
    assert {len(scene_of(kind, seed).things) for seed in range(10)} == things


def test_words_spell_the_caption_in_order() -> None:
    for seed in range(50):
        scene = draw_scene(np.random.default_rng(seed))
        spelled = " ".join(word.text for word in scene.words)
        assert spelled.replace(" ,", ",").replace(" .", ".") == scene.caption


def test_numerals_name_how_many_there_are_and_cover_them_all() -> None:
    for seed in range(10):
        scene = scene_of("numbered", seed)
        numeral = scene.words[0]
        assert scenes.NUMERALS[numeral.text] == len(scene.things)
        noun = next(word for word in scene.words if word.role == "noun")
        np.testing.assert_array_equal(numeral.mask, noun.mask)


def test_a_colour_words_region_has_that_colour() -> None:
    for seed in range(20):
        scene = scene_of("single", seed)
        for word in scene.words:
            if word.role == "colour":
                inside = np.median(scene.image[word.mask], axis=0)
                assert np.abs(inside - drawing.COLOURS[word.text]).max() <= 110


def test_words_without_a_place_have_no_region() -> None:
    placeless = {"determiner", "adposition", "conjunction", "punctuation", "place"}
    for seed in range(100):
        for word in draw_scene(np.random.default_rng(seed)).words:
            assert (word.mask is None) == (word.role in placeless)


def test_background_and_things_share_no_pixel() -> None:
    for seed in range(100):
        scene = draw_scene(np.random.default_rng(seed))
        grounds = [w.mask for w in scene.words if w.role == "background"]
        nouns = [w.mask for w in scene.words if w.role == "noun"]
        assert not any((ground & noun).any() for ground in grounds for noun in nouns)


def test_the_split_is_by_caption_whatever_the_full_stop() -> None:
    rng = np.random.default_rng(0)
    kept_out = {s.caption.rstrip(".") for s in draw_scenes(rng, 60, held_out=True)}
    trained_on = {s.caption.rstrip(".") for s in draw_scenes(rng, 300, held_out=False)}

    assert not kept_out & trained_on


def test_captions_cover_the_parts_of_speech() -> None:
    rng = np.random.default_rng(1)
    roles = {word.role for _ in range(200) for word in draw_scene(rng).words}

    assert roles == {
        "adposition", "adverb", "background", "colour", "conjunction", "determiner", "noun",
        "numeral", "place", "punctuation", "size", "texture", "verb",
    }  # fmt: skip
