from __future__ import annotations

from types import SimpleNamespace

import pytest
from torch import nn

from daam_engine import Layer, UnsupportedModelError, register_locator
from daam_engine.locate import _families, denoiser_of, locate
from tests.daam_engine.families import build_unet


def test_layers_of_down_and_up_blocks_with_their_downsampling():
    unet = build_unet(
        block_out_channels=(8, 16, 16),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    )
    found = [(layer.block, layer.downsampling) for layer in locate(unet)]
    assert found == [("down", 1), ("down", 2), ("up", 2), ("up", 2), ("up", 1), ("up", 1)]


def test_located_modules_are_those_their_names_say():
    unet = build_unet()
    layers = locate(unet, mid_block=True)
    assert [layer.block for layer in layers] == ["down", "down", "mid", "up", "up", "up", "up"]
    for layer in layers:
        assert unet.get_submodule(layer.name) is layer.module
        assert layer.name.endswith("attn2")


def test_resolution_rounds_up_as_strided_convolutions_do():
    layer = Layer("x", "down", 4, nn.Identity())
    assert layer.resolution((9, 16)) == (3, 4)


def test_unknown_denoiser_says_how_to_register_a_locator(monkeypatch):
    class Unheard(nn.Module):
        pass

    with pytest.raises(UnsupportedModelError, match=r'@daam_engine.register_locator\("Unheard"\)'):
        locate(Unheard())
    monkeypatch.setattr("daam_engine.locate._families", dict(_families))
    layer = Layer("attention", "up", 1, nn.Identity())
    register_locator("Unheard")(lambda _denoiser: [layer])
    assert locate(Unheard()) == (layer,)


def test_a_pipeline_without_a_denoiser_is_refused():
    with pytest.raises(UnsupportedModelError, match="unet, transformer"):
        denoiser_of(SimpleNamespace())
