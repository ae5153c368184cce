from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import load_file, save

from daam_engine import GenerationSettings, MapsFileError, generate
from daam_engine.store import encode_maps, read_maps


def test_stored_maps_come_back(loaded, tmp_path):
    (generated,) = generate(loaded, ["a red dog, 🚀"], [0], GenerationSettings(steps=1))
    path = tmp_path / "maps.safetensors"
    path.write_bytes(encode_maps(generated))
    stored = read_maps(path)
    assert_array_equal(stored.soft, generated.stack())
    assert_array_equal(load_file(path)["soft"], stored.soft)
    assert (stored.prompt, stored.words) == ("a red dog, 🚀", generated.parsed)
    assert (stored.image_size, stored.n_maps) == ((32, 32), 12)
    assert stored.truncated == generated.truncated


@pytest.mark.parametrize("content", [b"", b"not safetensors", save({"soft": np.zeros((1, 2, 2))})])
def test_other_files_are_refused(content, tmp_path):
    path = tmp_path / "maps.safetensors"
    path.write_bytes(content)
    with pytest.raises(MapsFileError, match="generate the image again"):
        read_maps(path)


def test_other_formats_are_refused(loaded, tmp_path):
    (generated,) = generate(loaded, ["dog"], [0], GenerationSettings(steps=1))
    path = tmp_path / "maps.safetensors"
    path.write_bytes(encode_maps(generated).replace(b"daam-maps/1", b"daam-maps/9"))
    with pytest.raises(MapsFileError, match="format daam-maps/1"):
        read_maps(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(MapsFileError):
        read_maps(tmp_path / "nowhere.safetensors")
