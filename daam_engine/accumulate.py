"""Sums of maps: all that tracing holds, however many steps there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from daam_engine.locate import Layer

Resolution = tuple[int, int]  # (height, width)
Axis = Literal["layer", "head", "step"]


@dataclass(frozen=True, eq=False)
class Part:
    """The sum of the maps that were not kept apart: (head, token, height, width).

    `count` says how many maps each head's is the sum of; `layer` and `step` are None, and there is
    one "head", where those were added up.
    """

    sums: Tensor
    count: int
    layer: str | None = None
    step: int | None = None
    heads: tuple[int, ...] | None = None

    @property
    def resolution(self) -> Resolution:
        height, width = self.sums.shape[-2:]
        return height, width

    @property
    def n_maps(self) -> int:
        return self.count * len(self.sums)

    def of_heads(self, heads: Collection[int]) -> Part | None:
        """None where it has none of these."""
        chosen = [place for place, head in enumerate(self.heads or ()) if head in heads]
        if not chosen:
            return None
        kept = tuple(self.heads[place] for place in chosen) if self.heads else None
        return replace(self, sums=self.sums[chosen], heads=kept)


class _Key(NamedTuple):
    resolution: Resolution
    layer: str | None
    step: int | None


class Accumulator:
    """Adds attention maps up at the resolution they have, apart by the axes in `by` only.

    Interpolation is linear, so the paper's sum of upsampled maps is the upsampled sum: a few
    hundred kilobytes per image instead of one map per layer, head and step. Buffers are made
    before a denoiser call and only added to within it, so that a compiled denoiser is one graph.
    """

    def __init__(self, by: Collection[Axis] = ()) -> None:
        self._by = frozenset(by)
        self._buffers: dict[_Key, Tensor] = {}  # (image, head, pixel, token)
        self._counts: dict[_Key, int] = {}

    def buffer(
        self,
        *,
        resolution: Resolution,
        layer: Layer,
        step: int,
        n_images: int,
        n_tokens: int,
        device: torch.device,
    ) -> Tensor:
        """Where a layer's maps of one denoiser call are to be added: (image, head, pixel, token).

        One "head" where heads are added up.
        """
        key = _Key(
            resolution,
            layer.name if "layer" in self._by else None,
            step if "step" in self._by else None,
        )
        kept_heads = layer.heads if "head" in self._by else 1
        if key not in self._buffers:
            shape = (n_images, kept_heads, resolution[0] * resolution[1], n_tokens)
            self._buffers[key] = torch.zeros(shape, device=device)
        self._counts[key] = self._counts.get(key, 0) + layer.heads // kept_heads
        return self._buffers[key]

    @property
    def held_bytes(self) -> int:
        """What the sums of all images occupy."""
        return sum(sums.nbytes for sums in self._buffers.values())

    def parts_of(self, image: int, tokens: Sequence[int]) -> tuple[Part, ...]:
        """The sums of one image and these of its tokens, on the CPU."""
        return tuple(
            Part(
                sums=sums[image, ..., tokens].mT.unflatten(-1, key.resolution).cpu().contiguous(),
                count=self._counts[key],
                layer=key.layer,
                step=key.step,
                heads=tuple(range(sums.shape[1])) if "head" in self._by else None,
            )
            for key, sums in self._buffers.items()
        )
