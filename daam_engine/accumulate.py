"""Sums of maps by resolution: all that tracing holds, however many steps there are."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

Resolution = tuple[int, int]  # (height, width)


class Accumulator:
    """Adds attention maps up at the resolution they have.

    Interpolation is linear, so the paper's sum of upsampled maps is the upsampled sum: a few
    hundred kilobytes per image instead of one map per layer, head and step.
    """

    def __init__(self) -> None:
        self._sums: dict[Resolution, Tensor] = {}  # (image, pixel, token)
        self._counts: dict[Resolution, int] = {}

    def add(self, resolution: Resolution, maps: Tensor, count: int) -> None:
        """Add `maps` (image, pixel, token), itself the sum of `count` maps, in place."""
        if resolution in self._sums:
            self._sums[resolution].add_(maps)
        else:
            self._sums[resolution] = maps.clone()
        self._counts[resolution] = self._counts.get(resolution, 0) + count

    @property
    def counts(self) -> Mapping[Resolution, int]:
        """How many maps were added up at each resolution."""
        return dict(self._counts)

    @property
    def held_bytes(self) -> int:
        """What the sums of all images occupy."""
        return sum(sums.nbytes for sums in self._sums.values())

    def sums_of(self, image: int) -> dict[Resolution, Tensor]:
        """The sums of one image, each (token, height, width), on the CPU."""
        return {
            resolution: sums[image].T.unflatten(1, resolution).cpu().contiguous()
            for resolution, sums in self._sums.items()
        }
