"""Heat maps of one image: per token, per word, soft and hard."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from daam_engine.accumulate import Resolution
from daam_engine.errors import InvalidRequestError
from daam_engine.words import Alignment, Token, Word, align_tokens


@dataclass(frozen=True, eq=False)
class WordHeatMap:
    """The soft map (height, width) of one word; None when the text encoder never read all of it."""

    word: Word
    soft: Tensor | None
    truncated: bool
    token_indices: tuple[int, ...]

    def hard(self, tau: float) -> Tensor:
        """Where the map reaches `tau` of its maximum: the paper's rule, D ≥ τ · max D."""
        return hard(self._present(), tau)

    def hard_min_max(self, tau: float) -> Tensor:
        """The published code's rule: the map, stretched to [0, 1], exceeds `tau`."""
        return hard_min_max(self._present(), tau)

    def _present(self) -> Tensor:
        if self.soft is None:
            raise InvalidRequestError(
                f"“{self.word.text}” has no heat map: it lies beyond the text encoder's limit; "
                "shorten the prompt."
            )
        return self.soft


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """Attention of one image to each token of its prompt, summed over heads, layers and steps.

    `sums` holds, per resolution (height, width), a tensor (token, height, width) whose rows are
    `tokens`; `counts` says how many maps each is the sum of. `text_tokens` are the tokens of the
    whole prompt, also those beyond the encoder's limit. `image_size` is (height, width) in pixels.
    """

    prompt: str
    tokens: tuple[Token, ...]
    text_tokens: tuple[Token, ...]
    sums: Mapping[Resolution, Tensor]
    counts: Mapping[Resolution, int]
    image_size: tuple[int, int]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_maps(self) -> int:
        """How many maps were added up: heads × layers × steps."""
        return sum(self.counts.values())

    def soft(
        self,
        size: tuple[int, int] | None = None,
        resolutions: Collection[Resolution] | None = None,
    ) -> Tensor:
        """The map of every token, (token, height, width), at `size` (the image's unless given).

        The paper's Dᴿ: the sum over blocks, steps and heads of bicubically upsampled maps. Each
        resolution is upsampled once, after summing, which is the same because bicubic
        interpolation is linear. Nothing is clamped, so slightly negative values can occur.
        """
        return self._upsampled(self._chosen(resolutions), size)

    def align(self, words: Sequence[Word]) -> tuple[Alignment, ...]:
        """The rows of `tokens` that each word of the prompt is made of."""
        return align_tokens(words, self.tokens, self.text_tokens)

    def words(
        self,
        words: Sequence[Word],
        size: tuple[int, int] | None = None,
        resolutions: Collection[Resolution] | None = None,
    ) -> list[WordHeatMap]:
        """The map of each word occurrence: the mean over its tokens' maps."""
        alignments = self.align(words)
        whole = [index for index, found in enumerate(alignments) if not found.truncated]
        merged = {
            resolution: torch.stack(
                [sums[list(alignments[index].token_indices)].mean(dim=0) for index in whole]
            )  # (word, height, width)
            for resolution, sums in self._chosen(resolutions).items()
            if whole
        }
        maps = dict(zip(whole, self._upsampled(merged, size), strict=True)) if whole else {}
        return [
            WordHeatMap(word, maps.get(index), found.truncated, found.token_indices)
            for index, (word, found) in enumerate(zip(words, alignments, strict=True))
        ]

    def _chosen(self, resolutions: Collection[Resolution] | None) -> dict[Resolution, Tensor]:
        if resolutions is None:
            return dict(self.sums)
        if not resolutions or not set(resolutions) <= set(self.sums):
            raise InvalidRequestError(
                f"There are maps at the resolutions {sorted(self.sums)}; choose among them."
            )
        return {resolution: self.sums[resolution] for resolution in resolutions}

    def _upsampled(self, sums: Mapping[Resolution, Tensor], size: tuple[int, int] | None) -> Tensor:
        upsampled = [resize(maps, size or self.image_size) for maps in sums.values()]
        return torch.stack(upsampled).sum(dim=0)


def resize(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bicubic interpolation of (map, height, width) to (map, *size)."""
    return interpolate(maps[None], size=size, mode="bicubic", align_corners=False)[0]


def hard(soft: Tensor, tau: float) -> Tensor:
    """D ≥ τ · max D, as booleans: the paper's rule."""
    return soft >= tau * soft.max()


def hard_min_max(soft: Tensor, tau: float) -> Tensor:
    """D > min D + τ · (max D − min D), as booleans: the rule of the published code."""
    low, high = soft.min(), soft.max()
    return soft > low + tau * (high - low)
