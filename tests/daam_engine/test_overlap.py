from __future__ import annotations

import math

import pytest
import torch

from daam_engine.overlap import iod, ioh, iou

DEPENDENT = [[True, True], [False, False]]
HEAD = [[True, False], [True, True]]
EMPTY = [[False, False], [False, False]]


def test_overlaps_by_hand():
    a, b = torch.tensor(DEPENDENT), torch.tensor(HEAD)
    assert (iou(a, b), iod(a, b), ioh(a, b)) == (1 / 4, 1 / 2, 1 / 3)


def test_overlap_with_nothing_is_none_and_of_nothing_undefined():
    assert iou(DEPENDENT, EMPTY) == iod(DEPENDENT, EMPTY) == ioh(EMPTY, HEAD) == 0
    assert all(math.isnan(value) for value in (iou(EMPTY, EMPTY), iod(EMPTY, HEAD)))
    assert math.isnan(ioh(HEAD, EMPTY))


@pytest.mark.parametrize("other", [[[True, True]], [[0.5, 0.2], [0.1, 0.9]]])
def test_masks_of_other_shapes_or_types_are_refused(other):
    with pytest.raises(ValueError, match="booleans of one shape"):
        iou(DEPENDENT, other)
