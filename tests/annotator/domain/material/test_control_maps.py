import numpy as np
import pytest

from annotator.domain.material import control_maps

Map = np.ndarray


@pytest.fixture
def real() -> Map:
    """A map with a peak in a corner, not square."""
    y, x = np.mgrid[0:24, 0:32]
    return np.exp(-((y - 4) ** 2 + (x - 5) ** 2) / 40).astype(np.float16)


def test_a_blank_map_is_nothing_in_the_same_size_and_type(real: Map) -> None:
    blank = control_maps.blank(real)

    assert (blank.shape, blank.dtype) == (real.shape, real.dtype)
    assert not blank.any()


@pytest.mark.parametrize("threshold", [0.1, 0.4, 0.8])
def test_a_blob_has_the_area_of_the_real_map_at_every_threshold(
    real: Map, threshold: float
) -> None:
    blob = control_maps.random_blob(real, np.random.default_rng(1))

    assert np.sum(blob > threshold) == np.sum(real > threshold)
    assert (blob.shape, blob.dtype) == (real.shape, real.dtype)


def test_a_blob_is_somewhere_else_for_every_word(real: Map) -> None:
    peaks = {
        int(control_maps.random_blob(real, np.random.default_rng(seed)).argmax())
        for seed in range(30)
    }

    assert len(peaks) > 20


def test_a_blob_can_be_made_again(real: Map) -> None:
    one, other = (control_maps.random_blob(real, np.random.default_rng(5)) for _ in range(2))

    np.testing.assert_array_equal(one, other)


def test_a_blob_hangs_together(real: Map) -> None:
    """Its brightest tenth lies near its peak, unlike noise with the same values."""
    for seed in range(10):
        blob = control_maps.random_blob(real, np.random.default_rng(seed)).astype(float)
        y, x = np.unravel_index(np.argsort(blob, axis=None)[-blob.size // 10 :], blob.shape)

        assert np.hypot(y.std(), x.std()) < 0.75 * np.hypot(24, 32) / np.sqrt(12)
