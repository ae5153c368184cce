from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from daam_engine import HeatMaps, InvalidRequestError, Word, WordHeatMap
from daam_engine.heat_map import resize
from daam_engine.words import Token


def word(index: int, text: str, start: int) -> Word:
    return Word(index, text, start, start + len(text), text, "NOUN", "ROOT", index)


@pytest.fixture
def maps() -> HeatMaps:
    """ "dogs dog eel", of which "eel" is cut off: dog|s, dog, and no more."""
    pieces = [("dog", 0, 3), ("s", 3, 4), ("dog", 5, 8), ("eel", 9, 12)]
    tokens = tuple(Token(index, *piece) for index, piece in enumerate(pieces))
    generator = torch.Generator().manual_seed(0)
    return HeatMaps(
        prompt="dogs dog eel",
        tokens=tokens[:3],
        text_tokens=tokens,
        sums={
            (2, 3): torch.rand(3, 2, 3, generator=generator),
            (4, 6): torch.rand(3, 4, 6, generator=generator),
        },
        counts={(2, 3): 5, (4, 6): 7},
        image_size=(16, 24),
    )


WORDS = [word(0, "dogs", 0), word(1, "dog", 5), word(2, "eel", 9)]


def test_soft_maps_sum_the_upsampled_resolutions(maps):
    expected = resize(maps.sums[2, 3], (16, 24)) + resize(maps.sums[4, 6], (16, 24))
    assert_close(maps.soft(), expected)
    assert maps.n_maps == 12


def test_upsampling_the_sum_is_summing_the_upsampled():
    several = torch.rand(50, 4, 6)
    (upsampled_sum,) = resize(several.sum(dim=0, keepdim=True), (16, 24))
    assert_close(resize(several, (16, 24)).sum(dim=0), upsampled_sum)


def test_upsampling_is_bicubic_and_nothing_is_clamped():
    # Cubic convolution with a = −0.75; by hand: weights at distances 1.25, and 0.75 with 1.75.
    step = torch.tensor([[[0.0, 1.0]]])
    expected = torch.tensor([[[-0.10546875, 0.2265625, 0.7734375, 1.10546875]]])
    assert_close(resize(step, (1, 4)), expected)


def test_resolutions_and_size_can_be_chosen(maps):
    assert_close(maps.soft(resolutions=[(2, 3)]), resize(maps.sums[2, 3], (16, 24)))
    assert maps.soft(size=(5, 7)).shape == (3, 5, 7)
    with pytest.raises(InvalidRequestError, match=r"\(2, 3\), \(4, 6\)"):
        maps.soft(resolutions=[(8, 8)])


def test_a_word_of_several_tokens_is_their_mean(maps):
    dogs, dog, _eel = maps.words(WORDS)
    assert (dogs.token_indices, dog.token_indices) == ((0, 1), (2,))
    assert_close(dogs.soft, maps.soft()[:2].mean(dim=0))
    assert_close(dog.soft, maps.soft()[2])


def test_a_word_beyond_the_limit_is_reported_truncated(maps):
    *_, eel = maps.words(WORDS)
    assert eel.truncated
    assert eel.soft is None
    with pytest.raises(InvalidRequestError, match="“eel” has no heat map"):
        eel.hard(0.4)


def test_words_may_all_be_truncated(maps):
    (eel,) = maps.words(WORDS[2:])
    assert eel.truncated


def test_hard_rules_differ_where_the_map_has_a_floor():
    found = WordHeatMap(WORDS[0], torch.tensor([[2.0, 3.0, 4.0]]), False, (0,))
    assert found.hard(0.5).tolist() == [[True, True, True]]  # ≥ 0.5 · 4
    assert found.hard_min_max(0.5).tolist() == [[False, False, True]]  # > 2 + 0.5 · 2
