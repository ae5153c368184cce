"""Real pipelines, small enough to be built and run in milliseconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from daam_engine.models import LoadedPipeline

MAX_TOKENS = 16


def build_tokenizer(max_tokens: int = MAX_TOKENS) -> CLIPTokenizer:
    """CLIP's own format: every byte, and merges for "dog", "don", "red" and "cat" only."""
    from tokenizers.pre_tokenizers import ByteLevel

    alphabet = sorted(ByteLevel.alphabet())
    merges = [("d", "o"), ("do", "g</w>"), ("do", "n</w>"), ("r", "e"), ("re", "d</w>")]
    merges += [("c", "a"), ("ca", "t</w>")]
    pieces = [*alphabet, *(f"{byte}</w>" for byte in alphabet), *(a + b for a, b in merges)]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=max_tokens)


def build_unet(**config: object) -> UNet2DConditionModel:
    defaults = {
        "sample_size": 8,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": 16,
        "attention_head_dim": 2,  # the number of heads, whatever its name says
        "norm_num_groups": 4,
    }
    return UNet2DConditionModel(**{**defaults, **config})


def build_pipeline(**unet_config: object) -> StableDiffusionPipeline:
    """Random weights (seeded); cross-attention sharpened, or every map would be flat."""
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    text_config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=MAX_TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    unet = build_unet(**unet_config)
    with torch.no_grad():
        for name, weight in unet.named_parameters():
            if name.endswith("attn2.to_k.weight"):
                weight.mul_(8)
    pipeline = StableDiffusionPipeline(
        unet=unet,
        vae=AutoencoderKL(
            block_out_channels=(4, 4, 4),
            down_block_types=("DownEncoderBlock2D",) * 3,
            up_block_types=("UpDecoderBlock2D",) * 3,
            latent_channels=4,
            norm_num_groups=2,
            layers_per_block=1,
        ),
        text_encoder=CLIPTextModel(text_config),
        tokenizer=tokenizer,
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture
def tokenizer() -> CLIPTokenizer:
    return build_tokenizer()


@pytest.fixture
def pipeline() -> StableDiffusionPipeline:
    return build_pipeline()


@pytest.fixture
def loaded(pipeline: StableDiffusionPipeline) -> LoadedPipeline:
    return LoadedPipeline(pipeline, model="tiny", revision="1", device="cpu", dtype="float32")


Paint = Callable[..., torch.Tensor]


@pytest.fixture
def paint() -> Paint:
    """Run a pipeline for two steps; the images as a tensor (image, height, width, colour)."""

    def run(pipeline: StableDiffusionPipeline, prompts: str | list[str], **options: object):
        n_prompts = 1 if isinstance(prompts, str) else len(prompts)
        n_images = n_prompts * options.get("num_images_per_prompt", 1)
        generators = [torch.Generator().manual_seed(seed) for seed in range(n_images)]
        images = pipeline(
            prompts,
            **{
                "num_inference_steps": 2,
                "guidance_scale": 5.0,
                "output_type": "np",
                "generator": generators,
                **options,
            },
        ).images
        return torch.from_numpy(images)

    return run
