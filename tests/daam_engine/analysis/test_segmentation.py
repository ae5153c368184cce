from __future__ import annotations

import math

import torch

from daam_engine.analysis.segmentation import Pair, mean_iou, shuffled_iou, whole_image_iou

LEFT = Pair(torch.tensor([[1.0, 0.0]]), torch.tensor([[True, False]]))
RIGHT = Pair(torch.tensor([[0.0, 1.0]]), torch.tensor([[False, True]]))
BROAD = Pair(torch.tensor([[1.0, 0.9]]), torch.tensor([[True, False]]))


def test_mean_iou_with_its_interval_by_hand():
    # IoU 1, 1 and 1/2; sd = √(1/12), so 1.96 standard errors are 1.96 / 6.
    score = mean_iou([LEFT, RIGHT, BROAD])
    assert math.isclose(score.value, 5 / 6)
    assert math.isclose(score.high - score.value, 1.96 / 6)
    assert math.isclose(score.value - score.low, 1.96 / 6)
    assert score.n == 3


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


def test_a_pair_without_a_partner_is_left_out():
    wide = Pair(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[True, False, False]]))
    assert shuffled_iou([LEFT, RIGHT, wide]).n == 2
    assert math.isnan(shuffled_iou([wide]).value)
