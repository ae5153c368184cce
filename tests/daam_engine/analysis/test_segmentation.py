from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from daam_engine.analysis.segmentation import (
    Pair,
    mean_iou,
    random_box,
    random_box_iou,
    shuffled_iou,
    sweep,
    whole_image_iou,
)

LEFT = Pair(torch.tensor([[1.0, 0.0]]), torch.tensor([[True, False]]))
RIGHT = Pair(torch.tensor([[0.0, 1.0]]), torch.tensor([[False, True]]))
BROAD = Pair(torch.tensor([[1.0, 0.9]]), torch.tensor([[True, False]]))


def test_mean_iou_with_its_interval_by_hand():
    score = mean_iou([LEFT, RIGHT, BROAD])  # IoU 1, 1 and 1/2
    assert math.isclose(score.value, 5 / 6)
    assert score.n == 3
    # All three drawn are the half one in 1 of 27 resamples: more than 2.5 % of them.
    assert (score.low, score.high) == (0.5, 1.0)


def test_pairs_of_one_picture_are_drawn_together():
    pairs = [replace(LEFT, picture=1), replace(BROAD, picture=1), replace(RIGHT, picture=2)]
    score = mean_iou(pairs)
    assert (score.low, score.high) == (0.75, 1.0)


def test_a_sweep_by_either_rule():
    raised = Pair(torch.tensor([[1.0, 0.6, 0.5]]), torch.tensor([[True, False, False]]))
    # τ · max keeps all three pixels; stretched to [0, 1] first they are 1, 0.2 and 0.
    assert [(tau, found.value) for tau, found in sweep([raised], (0.3, 0.55))] == [
        (0.3, 1 / 3), (0.55, 1 / 2),
    ]  # fmt: skip
    assert [found.value for _, found in sweep([raised], (0.1, 0.3), "min-max")] == [1 / 2, 1.0]


def test_random_boxes_are_seeded_and_inside_the_picture():
    boxes = [random_box(np.random.default_rng(seed), (4, 6)) for seed in range(200)]
    assert all(1 <= box.sum() <= 24 for box in boxes)
    assert all(box.any(0).sum() * box.any(1).sum() == box.sum() for box in boxes)
    assert random_box_iou([LEFT, RIGHT], seed=1) == random_box_iou([LEFT, RIGHT], seed=1)
    # One row of two pixels: left, right, or (half the time) both.
    many = random_box_iou([LEFT] * 2000)
    assert math.isclose(many.value, 1 / 4 + 1 / 4, abs_tol=0.03)


def test_tau_decides_what_is_hot():
    assert mean_iou([BROAD], tau=0.95).value == 1.0


def test_baselines_know_nothing_of_the_word():
    assert whole_image_iou([LEFT, RIGHT]).value == 0.5
    assert shuffled_iou([LEFT, RIGHT]).value == 0.0


def test_shuffling_never_gives_a_pair_its_own_truth():
    pairs = [
        Pair(truth.float(), truth)
        for truth in torch.nn.functional.one_hot(torch.arange(5)).bool()[:, None]
    ]
    assert [shuffled_iou(pairs, seed=seed).value for seed in range(20)] == [0.0] * 20


def test_shuffling_never_pairs_two_nouns_of_one_picture():
    # Only those of one picture have a truth that overlaps the other's map.
    both = torch.tensor([[1.0, 1.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    pairs = [Pair(soft, soft > 0, picture) for picture, soft in enumerate(both) for _ in range(3)]
    assert [shuffled_iou(pairs, seed=seed).value for seed in range(20)] == [0.0] * 20
    assert math.isnan(shuffled_iou(pairs[:3]).value)


def test_a_pair_without_a_partner_is_left_out():
    wide = Pair(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[True, False, False]]))
    assert shuffled_iou([LEFT, RIGHT, wide]).n == 2
    assert math.isnan(shuffled_iou([wide]).value)
