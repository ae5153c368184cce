"""Heat maps of one image: per token, per word, soft and hard."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from daam_engine.accumulate import Part, Resolution
from daam_engine.errors import InvalidRequestError
from daam_engine.hard_maps import hard, hard_min_max
from daam_engine.words import Alignment, Token, Word, align_tokens

Merge = Literal["mean", "sum"]


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

    def _repr_png_(self) -> bytes | None:
        """What Jupyter shows: the map, coloured."""
        from daam_engine.render import coloured, to_png  # here: most who trace never draw

        return None if self.soft is None else to_png(coloured(self.soft))

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

    `parts` are sums of maps by resolution, and by what else was kept apart; rows are `tokens`.
    `text_tokens` are the tokens of the whole prompt, also those beyond the encoder's limit.
    `image_size` is (height, width) in pixels.
    """

    prompt: str
    tokens: tuple[Token, ...]
    text_tokens: tuple[Token, ...]
    parts: tuple[Part, ...]
    image_size: tuple[int, int]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_maps(self) -> int:
        """How many maps were added up: heads × layers × steps."""
        return sum(part.n_maps for part in self.parts)

    @cached_property
    def sums(self) -> dict[Resolution, Tensor]:
        """The sum of all maps of a resolution (height, width): (token, height, width)."""
        found: dict[Resolution, Tensor] = {}
        for part in self.parts:
            maps = part.sums.sum(dim=0)
            found[part.resolution] = found.get(part.resolution, 0) + maps
        return found

    @property
    def counts(self) -> dict[Resolution, int]:
        """How many maps `sums` are the sums of."""
        found = dict.fromkeys((part.resolution for part in self.parts), 0)
        for part in self.parts:
            found[part.resolution] += part.n_maps
        return found

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that were kept apart."""
        return tuple(dict.fromkeys(part.layer for part in self.parts if part.layer is not None))

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that were kept apart, from 0."""
        return tuple(dict.fromkeys(part.step for part in self.parts if part.step is not None))

    def select(
        self,
        *,
        resolutions: Collection[Resolution] | None = None,
        layers: Collection[str] | None = None,
        heads: Collection[int] | None = None,
        steps: Collection[int] | None = None,
    ) -> HeatMaps:
        """Of these resolutions, layers (by name), heads and steps (from 0) only.

        Layers, heads and steps can be told apart where `trace(…, by=…)` kept them apart. Raises
        `InvalidRequestError` where they were not, and where nothing is left.
        """
        parts = self.parts
        for axis, wanted in (("resolution", resolutions), ("layer", layers), ("step", steps)):
            if wanted is not None:
                self._refuse_unknown(axis, wanted, {getattr(part, axis) for part in self.parts})
                parts = tuple(part for part in parts if getattr(part, axis) in wanted)
        if heads is not None:
            kept = {head for part in self.parts for head in part.heads or (None,)}
            self._refuse_unknown("head", heads, kept)
            parts = tuple(part for whole in parts if (part := whole.of_heads(heads)) is not None)
        if not parts:
            raise InvalidRequestError("No map is of all the axes chosen; choose fewer of them.")
        return replace(self, parts=parts)

    def soft(self, size: tuple[int, int] | None = None, *, normalised: bool = False) -> Tensor:
        """The map of every token, (token, height, width), at `size` (the image's unless given).

        The paper's Dᴿ: the sum over blocks, steps and heads of bicubically upsampled maps. Each
        resolution is upsampled once, after summing, which is the same because bicubic
        interpolation is linear. Nothing is clamped, so slightly negative values can occur.

        `normalised`: every pixel divided by its sum over the prompt's tokens, markers and padding
        left out.
        """
        maps = self._upsampled(self.sums, size)
        return maps / self._total(size) if normalised else maps

    def _repr_png_(self) -> bytes:
        """What Jupyter shows: the maps of all tokens."""
        from daam_engine.page import token_sheet
        from daam_engine.render import to_png

        return to_png(token_sheet(self.prompt, self.tokens, self.soft()))

    def align(self, words: Sequence[Word], encoder: str | None = None) -> tuple[Alignment, ...]:
        """The rows of `tokens` that each word of the prompt is made of; of one encoder on request.

        Raises `InvalidRequestError` where the model has no such encoder.
        """
        if encoder is None:
            return align_tokens(words, self.tokens, self.text_tokens)
        self._refuse_unknown("encoder", [encoder], {token.encoder for token in self.text_tokens})
        tokens, whole = (
            [token for token in found if token.encoder == encoder]
            for found in (self.tokens, self.text_tokens)
        )
        return align_tokens(words, tokens, whole)

    def words(
        self,
        words: Sequence[Word],
        size: tuple[int, int] | None = None,
        *,
        merge: Merge = "mean",
        normalised: bool = False,
        encoder: str | None = None,
    ) -> list[WordHeatMap]:
        """The map of each word occurrence: the mean (or sum) of its tokens' maps.

        Where several encoders read the prompt, their maps are added up, unless one is named.
        """
        alignments = self.align(words, encoder)
        whole = [index for index, found in enumerate(alignments) if not found.truncated]
        maps: dict[int, Tensor] = {}
        if whole:
            merged = {
                resolution: torch.stack(
                    [_merged(sums, alignments[index], merge) for index in whole]
                )  # (word, height, width)
                for resolution, sums in self.sums.items()
            }
            upsampled = self._upsampled(merged, size)
            maps = dict(
                zip(whole, upsampled / self._total(size) if normalised else upsampled, strict=True)
            )
        return [
            WordHeatMap(word, maps.get(index), found.truncated, found.token_indices)
            for index, (word, found) in enumerate(zip(words, alignments, strict=True))
        ]

    def _total(self, size: tuple[int, int] | None) -> Tensor:
        """The sum of all real tokens' maps, (height, width)."""
        rows = [token.index for token in self.tokens if token.start < token.end]
        sums = {
            resolution: sums[rows].sum(0, keepdim=True) for resolution, sums in self.sums.items()
        }
        return self._upsampled(sums, size)[0].clamp_(min=torch.finfo(torch.float32).tiny)

    def _upsampled(self, sums: Mapping[Resolution, Tensor], size: tuple[int, int] | None) -> Tensor:
        height, width = size or self.image_size
        rows = [_bicubic(maps.shape[-2], height) @ maps for maps in sums.values()]
        columns = [_bicubic(maps.shape[-1], width) for maps in sums.values()]
        # One product over all resolutions' columns: no map of the image's size but the result.
        return torch.cat(rows, dim=-1) @ torch.cat(columns, dim=-1).T

    @staticmethod
    def _refuse_unknown(axis: str, wanted: Collection[Any], kept: Collection[Any]) -> None:
        if not wanted or not set(wanted) <= set(kept):
            known = sorted(value for value in kept if value is not None)
            raise InvalidRequestError(
                f"There are maps of these {axis}s: {', '.join(map(str, known))}; choose among them."
                if known
                else f'Maps were not kept apart by {axis}; trace with `by=["{axis}"]`.'
            )


def _merged(sums: Tensor, alignment: Alignment, merge: Merge) -> Tensor:
    """One word's map (height, width) from those of its tokens (token, height, width)."""
    groups = [sums[list(group)] for group in alignment.groups]
    maps = [group.mean(dim=0) if merge == "mean" else group.sum(dim=0) for group in groups]
    return torch.stack(maps).sum(dim=0)


def resize(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bicubic interpolation of (map, height, width) to (map, *size)."""
    height, width = size
    return _bicubic(maps.shape[-2], height) @ maps @ _bicubic(maps.shape[-1], width).T


@lru_cache(maxsize=64)
def _bicubic(length: int, new_length: int) -> Tensor:
    """What torch's bicubic interpolation multiplies a column of `length` by: (new, old).

    It is linear and separable, and two matrix products are ten times quicker than `interpolate`.
    """
    identity = torch.eye(length)[None, None]
    size = (new_length, length)
    return interpolate(identity, size=size, mode="bicubic", align_corners=False)[0, 0]
