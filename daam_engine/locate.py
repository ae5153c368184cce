"""Which layers of a denoiser hold text-to-image attention, and who reads its text.

An architecture is supported when a locator is registered for its class:

    @register_locator("MyDenoiser")
    def locate_my_denoiser(denoiser): yield Layer(...)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from diffusers.models.attention_processor import Attention
from torch import nn

from daam_engine import reading
from daam_engine.errors import UnsupportedModelError
from daam_engine.pipeline import TextToImagePipeline

Block = Literal["down", "mid", "up", "transformer"]
TextKeys = Literal["cross", "first", "last"]
_DENOISERS = ("unet", "transformer")  # where diffusers pipelines keep theirs


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer that attends to the text; its maps are `downsampling` times smaller than the latent.

    `text` says where the text's keys are: "cross": alone, in separate cross-attention; in joint
    attention, "first" or "last": before or after the image's.
    """

    name: str
    block: Block
    downsampling: int
    module: Any  # diffusers' attention: `to_q`, `to_k`, `heads`, `scale`
    text: TextKeys = "cross"

    @property
    def heads(self) -> int:
        return int(self.module.heads)

    def resolution(self, latent: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of its maps for a latent of (height, width); odd sizes round up."""
        height, width = (-(-side // self.downsampling) for side in latent)
        return height, width


Locator = Callable[[nn.Module], Iterable[Layer]]


@dataclass(frozen=True)
class Family:
    """What has to be known of an architecture: its layers, and the encoders of its text."""

    locator: Locator
    encoders: reading.Encoders


_families: dict[str, Family] = {}


def register_locator(
    denoiser_class: str, *, encoders: reading.Encoders = reading.clip
) -> Callable[[Locator], Locator]:
    """Declare how the layers of denoisers of this class (by its name) are found.

    `encoders` says whose tokens the rows of the denoiser's text are; by default, those of
    `pipeline.tokenizer`.
    """

    def register(locator: Locator) -> Locator:
        _families[denoiser_class] = Family(locator, encoders)
        return locator

    return register


def denoiser_of(pipeline: TextToImagePipeline) -> nn.Module:
    """The network that is called once per step. Raises `UnsupportedModelError`."""
    for name in _DENOISERS:
        denoiser = getattr(pipeline, name, None)
        if isinstance(denoiser, nn.Module):
            return denoiser
    raise UnsupportedModelError(
        f"{type(pipeline).__name__} has none of the components {', '.join(_DENOISERS)}; "
        "trace a text-to-image diffusion pipeline."
    )


def family_of(denoiser: nn.Module) -> Family:
    """Raises `UnsupportedModelError`."""
    name = type(_uncompiled(denoiser)).__name__
    if name not in _families:
        raise UnsupportedModelError(
            f"No locator knows the attention layers of {name} (known: "
            f"{', '.join(sorted(_families))}); write one and register it with "
            f'`@daam_engine.register_locator("{name}")`.'
        )
    return _families[name]


def locate(denoiser: nn.Module, *, mid_block: bool = False) -> tuple[Layer, ...]:
    """The layers to trace: a UNet's down- and up-blocks (the paper's), on request its mid block's;
    all of a transformer's.

    Raises `UnsupportedModelError`.
    """
    layers = tuple(
        layer
        for layer in family_of(denoiser).locator(_uncompiled(denoiser))
        if mid_block or layer.block != "mid"
    )
    if not layers:
        raise UnsupportedModelError(
            f"This {type(denoiser).__name__} has no cross-attention in its down- and up-blocks, so "
            "no word can be traced in it; choose a model that is conditioned on text by "
            "cross-attention."
        )
    return layers


def _uncompiled(denoiser: nn.Module) -> nn.Module:
    """What `torch.compile` wrapped."""
    inner = getattr(denoiser, "_orig_mod", denoiser)
    assert isinstance(inner, nn.Module)  # noqa: S101
    return inner


@register_locator("UNet2DConditionModel")
def _locate_in_unet(unet: Any) -> Iterator[Layer]:
    """Stable Diffusion and SDXL halve the latent after every down-block but the last."""
    deepest = len(unet.down_blocks) - 1
    for depth, block in enumerate(unet.down_blocks):
        yield from _cross_attentions(block, f"down_blocks.{depth}", "down", 2**depth)
    if unet.mid_block is not None:
        yield from _cross_attentions(unet.mid_block, "mid_block", "mid", 2**deepest)
    for height, block in enumerate(unet.up_blocks):
        yield from _cross_attentions(block, f"up_blocks.{height}", "up", 2 ** (deepest - height))


@register_locator("PixArtTransformer2DModel", encoders=reading.t5)
def _locate_in_pixart(transformer: Any) -> Iterator[Layer]:
    patch = transformer.config.patch_size
    blocks = transformer.transformer_blocks
    yield from _cross_attentions(blocks, "transformer_blocks", "transformer", patch)


@register_locator("SD3Transformer2DModel", encoders=reading.clip_then_t5)
def _locate_in_sd3(transformer: Any) -> Iterator[Layer]:
    """`attn` only: the `attn2` of Stable Diffusion 3.5 attends from image to image."""
    patch = transformer.config.patch_size
    for index, block in enumerate(transformer.transformer_blocks):
        yield Layer(f"transformer_blocks.{index}.attn", "transformer", patch, block.attn, "last")


@register_locator("FluxTransformer2DModel", encoders=reading.second_t5)
def _locate_in_flux(transformer: Any) -> Iterator[Layer]:
    """The pipeline packs 2 × 2 latent pixels into one of the denoiser's."""
    for name in ("transformer_blocks", "single_transformer_blocks"):
        for index, block in enumerate(getattr(transformer, name)):
            yield Layer(f"{name}.{index}.attn", "transformer", 2, block.attn, "first")


def _cross_attentions(
    parent: nn.Module, prefix: str, block: Block, downsampling: int
) -> Iterator[Layer]:
    for name, module in parent.named_modules():
        # Layers with added projections mix image and text keys: not text-to-image attention alone.
        if (
            isinstance(module, Attention)
            and module.is_cross_attention
            and module.added_kv_proj_dim is None
        ):
            yield Layer(f"{prefix}.{name}", block, downsampling, module)
