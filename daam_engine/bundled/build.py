"""The parts of the bundled model before training, in the shapes `train.py` fills.

Only `build_vae` is more than configuration: its encoder is a fixed linear map (so latents need no
training and carry no surprises), and only its decoder is learned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import torch
from diffusers import AutoencoderTiny, DPMSolverMultistepScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

MAX_TOKENS = 32
LATENT_SIDE = 16
LATENT_CHANNELS = 12  # a 2 × 2 block of RGB pixels of the picture at a quarter of its size
LATENT_MEAN, LATENT_STD = 0.45, 0.55
_TEXT_WIDTH = 128
_CLIP_WORDS = Regex(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""")


def build_tokenizer(captions: Iterable[str]) -> CLIPTokenizer:
    """Byte-level BPE in CLIP's own format, with a merge for every word the captions use.

    Every byte is in the vocabulary, alone and as the end of a word, so any text can be encoded;
    words outside the captions become several pieces.
    """
    learner = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix="</w>"))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_CLIP_WORDS, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=1024, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False
    )
    learner.train_from_iterator(captions, trainer)
    merges = [tuple(pair) for pair in _merges(learner)]
    pieces = [*alphabet, *(f"{byte}</w>" for byte in alphabet)]
    pieces += [left + right for left, right in merges]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[special] = len(vocabulary)
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=MAX_TOKENS)


def _merges(learner: Tokenizer) -> list[list[str]]:

    return json.loads(learner.to_str())["model"]["merges"]


def build_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=_TEXT_WIDTH,
        intermediate_size=512,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=MAX_TOKENS,
        projection_dim=_TEXT_WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    encoder = CLIPTextModel(config)
    # At CLIP's default of 0.02 all captions look alike to a model trained from scratch, and colour
    # words never come to mean anything.
    embeddings = dict(encoder.named_parameters())
    for name, std in (("token_embedding.weight", 1.0), ("position_embedding.weight", 0.25)):
        (parameter,) = (p for n, p in embeddings.items() if n.endswith(name))
        torch.nn.init.normal_(parameter, std=std)
    return encoder


def build_unet() -> UNet2DConditionModel:
    """Cross-attention in the mid block, at 8 × 8, and in the last up block, twice at 16 × 16."""
    unet = UNet2DConditionModel(
        sample_size=LATENT_SIDE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=(48, 96),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=_TEXT_WIDTH,
        attention_head_dim=2,  # the *number* of heads, whatever its name says
        norm_num_groups=16,
    )
    unet.set_attn_processor(AttnProcessor())
    return unet


def build_scheduler() -> DPMSolverMultistepScheduler:
    return DPMSolverMultistepScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        steps_offset=1,
    )


def build_vae() -> AutoencoderTiny:
    vae = AutoencoderTiny(
        latent_channels=LATENT_CHANNELS,
        encoder_block_out_channels=(LATENT_CHANNELS,) * 4,
        decoder_block_out_channels=(32,) * 4,
        num_encoder_blocks=(0, 0, 0, 0),
        num_decoder_blocks=(2, 2, 1, 0),
        scaling_factor=1.0,
    )
    _write_linear_encoder(vae)
    return vae


@torch.no_grad()
def _write_linear_encoder(vae: AutoencoderTiny) -> None:
    """Two 2 × 2 means, 2 × 2 space-to-depth, (x − mean) / std: as convolution weights."""
    first, *strided, last = [m for m in vae.encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    for convolution in (first, *strided, last):
        convolution.weight.zero_()
        if convolution.bias is not None:
            convolution.bias.zero_()
    for channel in range(3):
        first.weight[channel, channel, 1, 1] = 1
        for halving in strided[:2]:
            halving.weight[channel, channel, 1:, 1:] = 0.25
        for place, (row, column) in enumerate(((1, 1), (1, 2), (2, 1), (2, 2))):
            strided[2].weight[channel * 4 + place, channel, row, column] = 1
    for channel in range(LATENT_CHANNELS):
        last.weight[channel, channel, 1, 1] = 2 / LATENT_STD  # the encoder sees [0, 1], not [-1, 1]
    assert last.bias is not None  # noqa: S101 — only the strided ones have none
    last.bias.fill_(-(1 + LATENT_MEAN) / LATENT_STD)
    for parameter in vae.encoder.parameters():
        parameter.requires_grad_(False)
