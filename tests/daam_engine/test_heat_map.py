from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import interpolate
from torch.testing import assert_close

from daam_engine import HeatMaps, InvalidRequestError, Word, WordHeatMap
from daam_engine.accumulate import Part
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
        parts=(
            Part(torch.rand(1, 3, 2, 3, generator=generator), count=5),
            Part(torch.rand(1, 3, 4, 6, generator=generator), count=7),
        ),
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
    coarse = maps.select(resolutions=[(2, 3)])
    assert_close(coarse.soft(), resize(maps.sums[2, 3], (16, 24)))
    assert coarse.n_maps == 5
    assert maps.soft(size=(5, 7)).shape == (3, 5, 7)
    with pytest.raises(InvalidRequestError, match=r"resolutions: \(2, 3\), \(4, 6\)"):
        maps.select(resolutions=[(8, 8)])


def test_a_word_of_several_tokens_is_their_mean_or_on_request_their_sum(maps):
    dogs, dog, _eel = maps.words(WORDS)
    assert (dogs.token_indices, dog.token_indices) == ((0, 1), (2,))
    assert_close(dogs.soft, maps.soft()[:2].mean(dim=0))
    assert_close(dog.soft, maps.soft()[2])
    summed, alone, _eel = maps.words(WORDS, merge="sum")
    assert_close(summed.soft, maps.soft()[:2].sum(dim=0))
    assert_close(alone.soft, dog.soft)


def test_normalised_maps_are_shares_of_all_words_without_markers(maps):
    marker = replace(maps.tokens[0], start=0, end=0)
    marked = replace(maps, tokens=(marker, *maps.tokens[1:]))
    soft = marked.soft()
    total = soft[1] + soft[2]  # of the two tokens that are no markers
    assert_close(marked.soft(normalised=True), soft / total)
    _dogs, dog, _eel = marked.words(WORDS, normalised=True)
    assert_close(dog.soft, soft[2] / total)


@pytest.fixture
def apart() -> HeatMaps:
    """One token on one pixel: layers "a" and "b", two heads, two steps; values 1, 2, 4, … 128."""
    token = Token(0, "dog", 0, 3)
    values = iter(2.0**power for power in range(8))
    return HeatMaps(
        prompt="dog",
        tokens=(token,),
        text_tokens=(token,),
        parts=tuple(
            Part(
                torch.tensor([next(values), next(values)]).reshape(2, 1, 1, 1),
                count=1,
                layer=layer,
                step=step,
                heads=(0, 1),
            )
            for layer in "ab"
            for step in (0, 1)
        ),
        image_size=(1, 1),
    )


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, 255),
        ({"layers": ["a"]}, 1 + 2 + 4 + 8),
        ({"steps": [1]}, 4 + 8 + 64 + 128),
        ({"heads": [0]}, 1 + 4 + 16 + 64),
        ({"layers": ["b"], "steps": [0], "heads": [1]}, 32),
    ],
)
def test_layers_heads_and_steps_can_be_chosen(apart, choice, expected):
    chosen = apart.select(**choice)
    assert chosen.soft().item() == expected
    assert chosen.n_maps == bin(expected).count("1")


def test_choices_can_be_made_one_after_the_other(apart):
    chosen = apart.select(heads=[1]).select(steps=[0]).select(layers=["a"])
    assert chosen.soft().item() == 2
    assert (chosen.layers, chosen.steps) == (("a",), (0,))


def test_axes_that_were_not_kept_apart_cannot_be_chosen(maps, apart):
    for axis in ("layers", "heads", "steps"):
        with pytest.raises(InvalidRequestError, match=r'trace with `by=\["'):
            maps.select(**{axis: [0]})
    with pytest.raises(InvalidRequestError, match="these steps: 0, 1"):
        apart.select(steps=[7])
    with pytest.raises(InvalidRequestError, match="these encoders: clip"):
        maps.words(WORDS, encoder="t5")


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


@pytest.mark.parametrize("size", [(64, 64), (48, 96), (7, 5), (1, 1)])
def test_upsampling_is_torchs_bicubic_interpolation(size):
    maps = torch.rand(3, 16, 24)
    expected = interpolate(maps[None], size=size, mode="bicubic", align_corners=False)[0]
    assert_close(resize(maps, size), expected, atol=1e-5, rtol=1e-5)
