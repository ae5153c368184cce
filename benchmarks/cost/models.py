"""Pipelines of true architecture and random weights: cost depends on shapes alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import diffusers
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

PROMPT = "a bright red bicycle leaning against an old brick wall at sunset"
WORDS = tuple(PROMPT.split())

# From the public configurations; "attention_head_dim" is the number of heads.
SD2_BASE: Mapping[str, Any] = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "attention_head_dim": (5, 10, 20, 20),
    "cross_attention_dim": 1024,
    "use_linear_projection": True,
}
SDXL: Mapping[str, Any] = {
    "sample_size": 128,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 1280 + 6 * 256,
}
# Stable Diffusion 2's geometry at a tenth of its width, to try the benchmark out.
NARROW: Mapping[str, Any] = {
    **SD2_BASE,
    "block_out_channels": (32, 64, 128, 128),
    "attention_head_dim": (1, 2, 4, 4),
    "cross_attention_dim": 64,
}
MODELS = ("narrow", "sd2-base", "sdxl")


def build(model: str, device: str, dtype: torch.dtype) -> Any:
    """A pipeline whose UNet is the model's; encoders and autoencoder are as small as can be."""
    diffusers.logging.set_verbosity_error()  # it warns of a cast that changes no cost
    torch.manual_seed(0)
    tokenizer = _tokenizer()
    parts: dict[str, Any] = {
        "vae": AutoencoderKL(
            block_out_channels=(4,) * 4,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            norm_num_groups=2,
        ),
        "tokenizer": tokenizer,
        "scheduler": DDIMScheduler(steps_offset=1),
        "feature_extractor": None,
    }
    with torch.device(device):
        if model == "sdxl":
            pipeline = StableDiffusionXLPipeline(
                unet=UNet2DConditionModel(**SDXL),
                text_encoder=CLIPTextModel(_text_config(tokenizer, 768)),
                text_encoder_2=CLIPTextModelWithProjection(_text_config(tokenizer, 1280)),
                tokenizer_2=tokenizer,
                add_watermarker=False,
                **parts,
            )
        else:
            config = SD2_BASE if model == "sd2-base" else NARROW
            pipeline = StableDiffusionPipeline(
                unet=UNet2DConditionModel(**config),
                text_encoder=CLIPTextModel(_text_config(tokenizer, config["cross_attention_dim"])),
                safety_checker=None,
                requires_safety_checker=False,
                **parts,
            )
    pipeline.to(device, dtype)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def image_side(pipeline: Any) -> int:
    return int(pipeline.unet.config.sample_size * pipeline.vae_scale_factor)


def _text_config(tokenizer: CLIPTokenizer, width: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=width,
        projection_dim=width,
        num_hidden_layers=1,
        num_attention_heads=width // 64,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _tokenizer() -> CLIPTokenizer:
    """CLIP's format, with one token for each word of `PROMPT`, as CLIP's own has."""
    merges: dict[tuple[str, str], None] = {}
    for word in WORDS:
        pieces = [*word[:-1], f"{word[-1]}</w>"]
        for end in range(1, len(pieces)):
            merges["".join(pieces[:end]), pieces[end]] = None
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *(a + b for a, b in merges)]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    return CLIPTokenizer(vocab=vocabulary, merges=list(merges), model_max_length=77)
