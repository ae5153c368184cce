"""A real pipeline of every family, small enough to be built and run in milliseconds.

Random weights (seeded); what makes keys of the text is sharpened, or every map would be flat.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    LCMScheduler,
    PixArtAlphaPipeline,
    PixArtTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionControlNetPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from PIL import Image
from torch import Tensor, nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

MAX_TOKENS = 16
WIDTH = 16  # of every text encoder


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


def build_t5_tokenizer() -> T5Tokenizer:
    """T5's own format: the words "a", "red", "dog", "cat", "and", and every letter."""
    pieces = ["<pad>", "</s>", "<unk>", "▁", "▁a", "▁red", "▁dog", "▁cat", "▁and"]
    pieces += "abcdefghijklmnopqrstuvwxyz,."
    vocabulary = [(piece, -float(number)) for number, piece in enumerate(pieces)]
    return T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=512)


def build_text_encoder(
    tokenizer: CLIPTokenizer, *, n_layers: int = 2, projected: bool = False
) -> nn.Module:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=n_layers,
        num_attention_heads=2,
        max_position_embeddings=tokenizer.model_max_length,
        projection_dim=WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config).eval()


def build_t5(tokenizer: T5Tokenizer, width: int = WIDTH) -> T5EncoderModel:
    config = T5Config(
        vocab_size=len(tokenizer), d_model=width, d_kv=8, d_ff=16, num_layers=1, num_heads=2
    )
    return T5EncoderModel(config).eval()


def build_vae(**config: Any) -> AutoencoderKL:
    """Four pixels of the image to one of the latent, along each side; encoding without noise, since
    diffusers draws that of a repeated picture from the first images' generators."""
    vae = AutoencoderKL(
        block_out_channels=(4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4,
        norm_num_groups=2,
        layers_per_block=1,
        **config,
    )
    with torch.no_grad():
        vae.quant_conv.weight[4:] = 0
        vae.quant_conv.bias[4:] = -30  # the logarithm of the variance
    return vae


def build_unet(**config: object) -> UNet2DConditionModel:
    defaults = {
        "sample_size": 8,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": WIDTH,
        "attention_head_dim": 2,  # the number of heads, whatever its name says
        "norm_num_groups": 4,
    }
    unet = UNet2DConditionModel(**{**defaults, **config})
    sharpen(unet, "attn2.to_k.weight")
    return unet


def sharpen(denoiser: nn.Module, *endings: str) -> None:
    with torch.no_grad():
        for name, weight in denoiser.named_parameters():
            if name.endswith(endings):
                weight.mul_(8)


def quiet(pipeline: Any) -> Any:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def build_pipeline(
    cls: type = StableDiffusionPipeline, *, scheduler: Any = None, parts: Any = None, **unet: object
) -> Any:
    """Stable Diffusion 1 or 2."""
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    return quiet(
        cls(
            unet=build_unet(**unet),
            vae=build_vae(),
            text_encoder=build_text_encoder(tokenizer, n_layers=1),
            tokenizer=tokenizer,
            scheduler=scheduler or DDIMScheduler(clip_sample=False, steps_offset=1),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
            **(parts or {}),
        )
    )


def build_v_prediction() -> Any:
    """Stable Diffusion 2 at 768 pixels: v-prediction, heads by width, linear projections."""
    scheduler = DDIMScheduler(clip_sample=False, steps_offset=1, prediction_type="v_prediction")
    return build_pipeline(
        scheduler=scheduler, sample_size=12, attention_head_dim=(1, 2), use_linear_projection=True
    )


def build_lcm() -> Any:
    """Distilled, its guidance an input of the UNet: the batch is never doubled."""
    return build_pipeline(scheduler=LCMScheduler(steps_offset=1), time_cond_proj_dim=8)


def build_image_to_image() -> Any:
    return build_pipeline(StableDiffusionImg2ImgPipeline)


def build_inpainting() -> Any:
    return build_pipeline(StableDiffusionInpaintPipeline, in_channels=9)


def build_controlnet() -> Any:
    torch.manual_seed(1)
    controlnet = ControlNetModel.from_unet(
        build_unet(), conditioning_embedding_out_channels=(4, 4, 4)
    )
    return build_pipeline(StableDiffusionControlNetPipeline, parts={"controlnet": controlnet})


def build_sdxl() -> StableDiffusionXLPipeline:
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    unet = build_unet(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2),
        cross_attention_dim=2 * WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=4,
        projection_class_embeddings_input_dim=6 * 4 + WIDTH,
        use_linear_projection=True,
    )
    return quiet(
        StableDiffusionXLPipeline(
            unet=unet,
            vae=build_vae(),
            text_encoder=build_text_encoder(tokenizer),
            text_encoder_2=build_text_encoder(tokenizer, projected=True),
            tokenizer=tokenizer,
            tokenizer_2=build_tokenizer(),
            scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
            add_watermarker=False,
        )
    )


def build_sd3(*, dual: tuple[int, ...] = (0,), with_t5: bool = True) -> StableDiffusion3Pipeline:
    """Stable Diffusion 3.5, whose first block also has an attention among image tokens only."""
    torch.manual_seed(0)
    tokenizer, t5_tokenizer = build_tokenizer(), build_t5_tokenizer()
    transformer = SD3Transformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=2 * WIDTH,
        caption_projection_dim=16,
        pooled_projection_dim=2 * WIDTH,
        pos_embed_max_size=16,
        dual_attention_layers=dual,
        qk_norm="rms_norm",
    )
    sharpen(transformer, "norm_added_k.weight")
    return quiet(
        StableDiffusion3Pipeline(
            transformer=transformer,
            scheduler=FlowMatchEulerDiscreteScheduler(),
            vae=build_vae(shift_factor=0.1),
            text_encoder=build_text_encoder(tokenizer, projected=True),
            tokenizer=tokenizer,
            text_encoder_2=build_text_encoder(tokenizer, projected=True),
            tokenizer_2=build_tokenizer(),
            text_encoder_3=build_t5(t5_tokenizer, 2 * WIDTH) if with_t5 else None,
            tokenizer_3=t5_tokenizer,
        )
    )


def build_flux() -> FluxPipeline:
    torch.manual_seed(0)
    tokenizer, t5_tokenizer = build_tokenizer(), build_t5_tokenizer()
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        guidance_embeds=True,
        axes_dims_rope=(4, 6, 6),
    )
    sharpen(transformer, "norm_added_k.weight", "norm_k.weight")
    return quiet(
        FluxPipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(),
            vae=build_vae(shift_factor=0.1),
            text_encoder=build_text_encoder(tokenizer),
            tokenizer=tokenizer,
            text_encoder_2=build_t5(t5_tokenizer),
            tokenizer_2=t5_tokenizer,
            transformer=transformer,
        )
    )


def build_pixart() -> PixArtAlphaPipeline:
    torch.manual_seed(0)
    tokenizer = build_t5_tokenizer()
    transformer = PixArtTransformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=4,
        out_channels=8,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=2,
        cross_attention_dim=16,
        caption_channels=WIDTH,
        use_additional_conditions=False,
    )
    sharpen(transformer, "attn2.to_k.weight")
    return quiet(
        PixArtAlphaPipeline(
            tokenizer=tokenizer,
            text_encoder=build_t5(tokenizer),
            vae=build_vae(),
            transformer=transformer,
            scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
        )
    )


FAMILIES = {
    "sd": build_pipeline,
    "sd-v": build_v_prediction,
    "lcm": build_lcm,
    "img2img": build_image_to_image,
    "inpaint": build_inpainting,
    "controlnet": build_controlnet,
    "sdxl": build_sdxl,
    "sd3": build_sd3,
    "flux": build_flux,
    "pixart": build_pixart,
}

PICTURE = Image.fromarray(
    np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
)  # what some of them start from
TEXT_ROWS = 12  # that T5 reads

INPUTS: dict[str, dict[str, Any]] = {
    "img2img": {"image": PICTURE, "strength": 1.0},
    "inpaint": {"image": PICTURE, "mask_image": PICTURE, "height": 32, "width": 32},
    "controlnet": {"image": PICTURE},
    "sd3": {"height": 32, "width": 32, "max_sequence_length": TEXT_ROWS},
    "flux": {"height": 32, "width": 32, "max_sequence_length": TEXT_ROWS},
    "pixart": {
        "height": 32,
        "width": 32,
        "max_sequence_length": TEXT_ROWS,
        "use_resolution_binning": False,
        "clean_caption": False,
    },
}


def paint(pipeline: Any, prompts: str | list[str], *, family: str = "", **options: Any) -> Tensor:
    """Two steps of a pipeline; the images as a tensor (image, height, width, colour)."""
    n_prompts = 1 if isinstance(prompts, str) else len(prompts)
    n_images = n_prompts * options.get("num_images_per_prompt", 1)
    inputs = INPUTS.get(family, {})
    if "image" in inputs:  # one per prompt
        repeated = ("image", "mask_image") if n_prompts > 1 else ()
        inputs = {**inputs, **{name: [PICTURE] * n_prompts for name in repeated if name in inputs}}
    defaults = {
        "num_inference_steps": 2,
        "guidance_scale": 5.0,
        "output_type": "np",
        "generator": [torch.Generator().manual_seed(seed) for seed in range(n_images)],
    }
    if "prompt_embeds" not in options:
        options["prompt"] = prompts
    return torch.from_numpy(pipeline(**{**defaults, **inputs, **options}).images)
