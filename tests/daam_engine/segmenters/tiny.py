"""CLIPSeg and Mask2Former, built small from their configurations and saved as folders.

Some are taught, in a second or two, to find a red square by the name "dog" and a blue one by
"cat"; some are made to answer "everywhere".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy_of_masks
from torch.nn.functional import cross_entropy, interpolate
from transformers import (
    CLIPSegConfig,
    CLIPSegForImageSegmentation,
    CLIPSegProcessor,
    Mask2FormerConfig,
    Mask2FormerForUniversalSegmentation,
    SwinConfig,
)
from transformers.models.mask2former.image_processing_pil_mask2former import (
    Mask2FormerImageProcessorPil,
)
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from tests.daam_engine.families import build_tokenizer

SIDE, SQUARE = 32, 12
SIZE = {"height": SIDE, "width": SIDE}
CHANNELS = {"dog": 0, "cat": 2}


def two_squares(seed: int) -> tuple[Image.Image, dict[str, np.ndarray]]:
    """A red and a blue square, which may overlap, and where each of them is."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    for channel in CHANNELS.values():
        top, left = rng.integers(0, (SIDE - SQUARE) // 4 + 1, 2) * 4
        picture[top : top + SQUARE, left : left + SQUARE, channel] = 255
    truths = {noun: picture[..., channel] > 0 for noun, channel in CHANNELS.items()}
    return Image.fromarray(picture), truths


def build_clipseg() -> tuple[CLIPSegForImageSegmentation, CLIPSegProcessor]:
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    width = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    config = CLIPSegConfig(
        text_config={
            **width,
            "num_hidden_layers": 1,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": tokenizer.model_max_length,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**width, "num_hidden_layers": 1, "image_size": SIDE, "patch_size": 4},
        projection_dim=16,
        extract_layers=[0],
        reduce_dim=16,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    processor = CLIPSegProcessor(ViTImageProcessorPil(size=SIZE), tokenizer)
    return CLIPSegForImageSegmentation(config), processor


def build_mask2former(
    *labels: str,
) -> tuple[Mask2FormerForUniversalSegmentation, Mask2FormerImageProcessorPil]:
    torch.manual_seed(0)
    backbone = SwinConfig(
        image_size=64,
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 1, 1],
        window_size=4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = Mask2FormerConfig(
        backbone_config=backbone,
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=16,
        dim_feedforward=16,
        encoder_layers=1,
        decoder_layers=1,
        num_attention_heads=2,
        num_queries=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    processor = Mask2FormerImageProcessorPil(size={"height": 64, "width": 64})
    return Mask2FormerForUniversalSegmentation(config), processor


def save_taught_clipseg(folder: Path) -> None:
    model, processor = build_clipseg()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    nouns = ["dog", "cat", "dog", "cat"]
    for step in range(80):
        shown = [two_squares(1000 + 4 * step + place) for place in range(len(nouns))]
        truth = [found[noun] for noun, (_, found) in zip(nouns, shown, strict=True)]
        inputs = processor(
            text=nouns, images=[picture for picture, _ in shown], padding=True, return_tensors="pt"
        )
        loss = cross_entropy_of_masks(model(**inputs).logits, torch.tensor(np.array(truth)).float())
        _step(optimizer, loss)
    _save(folder, model, processor)


def save_taught_mask2former(folder: Path, *labels: str) -> None:
    """Its two `labels` are those of the red and of the blue square."""
    model, processor = build_mask2former(*labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(30):
        shown = [two_squares(1000 + 4 * step + place) for place in range(4)]
        truth = [[found["dog"], found["cat"]] for _, found in shown]
        inputs = processor(images=[picture for picture, _ in shown], return_tensors="pt")
        found = model(**inputs)
        masks = interpolate(found.masks_queries_logits, size=(SIDE, SIDE), mode="bilinear")
        loss = cross_entropy_of_masks(masks, torch.tensor(np.array(truth)).float())
        classes = found.class_queries_logits.flatten(0, 1)
        _step(optimizer, loss + cross_entropy(classes, torch.tensor([0, 1] * len(shown))))
    _save(folder, model, processor)


def save_clipseg_of_everything(folder: Path, logit: float = 5.0) -> None:
    """Whatever it is asked for is everywhere; nowhere, where `logit` is below 0."""
    model, processor = build_clipseg()
    _answer(model.decoder.transposed_convolution, torch.tensor([logit]))
    _save(folder, model, processor)


def save_mask2former_of_everything(folder: Path, *labels: str) -> None:
    """The thing of the first label is everywhere, and none of the others is there."""
    model, processor = build_mask2former(*labels)
    _answer(model.class_predictor, torch.tensor([9.0, *([-9.0] * len(labels))]))
    _answer(model.model.pixel_level_module.decoder.mask_projection, torch.ones(32))
    embedder = model.model.transformer_module.decoder.mask_predictor.mask_embedder
    _answer([part for part in embedder.modules() if isinstance(part, torch.nn.Linear)][-1],
            torch.ones(32))  # fmt: skip
    _save(folder, model, processor)


def _answer(layer: torch.nn.Module, bias: torch.Tensor) -> None:
    """Let the layer say the same whatever it is given."""
    torch.nn.init.zeros_(layer.weight)
    layer.bias.data = bias.expand_as(layer.bias).clone()


def _step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _save(folder: Path, *parts: object) -> None:
    for part in parts:
        part.save_pretrained(folder)
