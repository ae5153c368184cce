"""A tiny Stable Diffusion pipeline in the key layout its authors' checkpoints have.

The inverse of what diffusers' `from_single_file` does, for two UNet levels of one layer each.
"""

from __future__ import annotations

import re

from diffusers import StableDiffusionPipeline
from torch import Tensor

_UNET = {
    r"^time_embedding\.linear_1": "time_embed.0",
    r"^time_embedding\.linear_2": "time_embed.2",
    r"^conv_in": "input_blocks.0.0",
    r"^conv_norm_out": "out.0",
    r"^conv_out": "out.2",
    r"^down_blocks\.0\.resnets\.0": "input_blocks.1.0",
    r"^down_blocks\.0\.attentions\.0": "input_blocks.1.1",
    r"^down_blocks\.0\.downsamplers\.0\.conv": "input_blocks.2.0.op",
    r"^down_blocks\.1\.resnets\.0": "input_blocks.3.0",
    r"^down_blocks\.1\.attentions\.0": "input_blocks.3.1",
    r"^mid_block\.resnets\.0": "middle_block.0",
    r"^mid_block\.attentions\.0": "middle_block.1",
    r"^mid_block\.resnets\.1": "middle_block.2",
    r"^up_blocks\.0\.resnets\.(\d)": r"output_blocks.\1.0",
    r"^up_blocks\.0\.attentions\.(\d)": r"output_blocks.\1.1",
    r"^up_blocks\.0\.upsamplers\.0": "output_blocks.1.2",
    r"^up_blocks\.1\.resnets\.0": "output_blocks.2.0",
    r"^up_blocks\.1\.resnets\.1": "output_blocks.3.0",
    r"^up_blocks\.1\.attentions\.0": "output_blocks.2.1",
    r"^up_blocks\.1\.attentions\.1": "output_blocks.3.1",
}
_UNET_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_VAE = {
    r"down_blocks\.(\d)\.resnets": r"down.\1.block",
    r"down_blocks\.(\d)\.downsamplers\.0": r"down.\1.downsample",
    r"mid_block\.resnets\.0": "mid.block_1",
    r"mid_block\.resnets\.1": "mid.block_2",
    r"mid_block\.attentions\.0\.group_norm": "mid.attn_1.norm",
    r"mid_block\.attentions\.0\.to_out\.0": "mid.attn_1.proj_out",
    r"mid_block\.attentions\.0\.to_([qkv])": r"mid.attn_1.\1",
    r"conv_norm_out": "norm_out",
    r"conv_shortcut": "nin_shortcut",
}


def original_layout(pipeline: StableDiffusionPipeline) -> dict[str, Tensor]:
    """Every weight of UNet, VAE and text encoder under its original name, in its original shape."""
    weights = {}
    for name, weight in pipeline.unet.state_dict().items():
        weights[f"model.diffusion_model.{_unet_name(name)}"] = weight
    n_levels = len(pipeline.vae.config.up_block_types)
    for name, weight in pipeline.vae.state_dict().items():
        original = _vae_name(name, n_levels)
        is_attention = ".attn_1." in original and weight.ndim == 2
        # Linear layers were convolutions over one pixel.
        weights[f"first_stage_model.{original}"] = (
            weight[:, :, None, None].contiguous() if is_attention else weight
        )
    for name, weight in pipeline.text_encoder.state_dict().items():
        bare = name.removeprefix("text_model.")
        weights[f"cond_stage_model.transformer.text_model.{bare}"] = weight
    return {name: weight.clone() for name, weight in weights.items()}


def _unet_name(name: str) -> str:
    if ".resnets." in name:
        for ours, original in _UNET_RESNET.items():
            name = name.replace(ours, original)
    return _renamed(name, _UNET)


def _vae_name(name: str, n_levels: int) -> str:
    def up(found: re.Match[str]) -> str:
        return f"up.{n_levels - 1 - int(found[1])}"

    name = re.sub(r"up_blocks\.(\d)", up, name)
    name = name.replace(".resnets.", ".block.") if ".up." in name else name
    return _renamed(name.replace("upsamplers.0", "upsample"), _VAE)


def _renamed(name: str, patterns: dict[str, str]) -> str:
    for pattern, replacement in patterns.items():
        name = re.sub(pattern, replacement, name)
    return name
