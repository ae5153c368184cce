"""Which layers of a denoiser hold text-to-image attention.

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

from daam_engine.errors import UnsupportedModelError
from daam_engine.pipeline import TextToImagePipeline

Block = Literal["down", "mid", "up"]
_DENOISERS = ("unet", "transformer")  # where diffusers pipelines keep theirs


@dataclass(frozen=True, eq=False)
class Layer:
    """One cross-attention layer; its maps are `downsampling` times smaller than the latent."""

    name: str
    block: Block
    downsampling: int
    module: Attention

    def resolution(self, latent: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of its maps for a latent of (height, width); odd sizes round up."""
        height, width = (-(-side // self.downsampling) for side in latent)
        return height, width


Locator = Callable[[nn.Module], Iterable[Layer]]
_locators: dict[str, Locator] = {}


def register_locator(denoiser_class: str) -> Callable[[Locator], Locator]:
    """Declare how the layers of denoisers of this class (by its name) are found."""

    def register(locator: Locator) -> Locator:
        _locators[denoiser_class] = locator
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


def locate(denoiser: nn.Module, *, mid_block: bool = False) -> tuple[Layer, ...]:
    """The layers to trace: those of down- and up-blocks (the paper's), on request the mid block's.

    Raises `UnsupportedModelError`.
    """
    name = type(denoiser).__name__
    if name not in _locators:
        raise UnsupportedModelError(
            f"No locator knows the attention layers of {name} (known: "
            f"{', '.join(sorted(_locators))}); write one and register it with "
            f'`@daam_engine.register_locator("{name}")`.'
        )
    layers = tuple(
        layer for layer in _locators[name](denoiser) if mid_block or layer.block != "mid"
    )
    if not layers:
        raise UnsupportedModelError(
            f"This {name} has no cross-attention in its down- and up-blocks, so no word can be "
            "traced in it; choose a model that is conditioned on text by cross-attention."
        )
    return layers


@register_locator("UNet2DConditionModel")
def _locate_in_unet(unet: Any) -> Iterator[Layer]:
    """Stable Diffusion's UNet halves the latent after every down-block but the last."""
    deepest = len(unet.down_blocks) - 1
    for depth, block in enumerate(unet.down_blocks):
        yield from _cross_attentions(block, f"down_blocks.{depth}", "down", 2**depth)
    if unet.mid_block is not None:
        yield from _cross_attentions(unet.mid_block, "mid_block", "mid", 2**deepest)
    for height, block in enumerate(unet.up_blocks):
        yield from _cross_attentions(block, f"up_blocks.{height}", "up", 2 ** (deepest - height))


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
