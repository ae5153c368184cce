from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from annotator.domain.material.pictures import _grey


@pytest.mark.parametrize(
    ("values", "grey", "floor"),
    [
        ([[1.0, 2.0], [3.0, 5.0]], [[0, 64], [128, 255]], 0.2),
        ([[3.0, 3.0]], [[0, 0]], 1.0),  # hot everywhere: all of it is its hard map
        ([[0.0, 0.0]], [[0, 0]], 0.0),  # blank: nothing is, whatever the threshold
    ],
)
def test_a_map_is_told_by_its_grey_picture_and_its_floor(values, grey, floor):
    found = _grey(np.array(values, dtype=np.float16))
    assert np.asarray(Image.open(BytesIO(found.png))).tolist() == grey
    assert found.floor == pytest.approx(floor)
