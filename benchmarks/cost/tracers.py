"""Ours and the published package behind one face."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from PIL import Image

from benchmarks.cost.models import PROMPT, WORDS

PUBLISHED_GRID = (64, 64)  # of the published package's maps, for all models here


class Tracer(Protocol):
    """How to trace a pipeline, and what to do with the state that its `with` yields."""

    name: str

    def attach(self, pipeline: Any) -> AbstractContextManager[Any]: ...

    def call(self, batch: int) -> dict[str, Any]:
        """The pipeline's arguments for `batch` images."""

    def held_bytes(self, state: Any) -> int: ...

    def aggregate(self, state: Any) -> object:
        """All tokens' maps and all words' at 64 × 64."""

    def aggregate_at_image_size(self, state: Any, side: int) -> object:
        """All words' maps at the size of the image."""


class Untraced:
    name = "untraced"

    def attach(self, _pipeline: Any) -> AbstractContextManager[None]:
        return nullcontext()


class Ours:
    name = "ours"

    def __init__(self) -> None:
        from daam_engine import parse

        self._words = parse(PROMPT)

    def attach(self, pipeline: Any) -> AbstractContextManager[Any]:
        from daam_engine import trace

        return trace(pipeline)

    def call(self, batch: int) -> dict[str, Any]:
        return {"prompt": [PROMPT] * batch}

    def held_bytes(self, state: Any) -> int:
        return int(state.held_bytes)

    def aggregate(self, state: Any) -> object:
        return [
            (maps.soft(PUBLISHED_GRID), maps.words(self._words, PUBLISHED_GRID))
            for maps in state.heat_maps()
        ]

    def aggregate_at_image_size(self, state: Any, side: int) -> object:
        return [maps.words(self._words, (side, side)) for maps in state.heat_maps()]


class Fused(Ours):
    """With one GPU kernel per layer."""

    name = "ours, fused"

    def attach(self, pipeline: Any) -> AbstractContextManager[Any]:
        from daam_engine import trace

        return trace(pipeline, fused=True)


class Published:
    """`daam` 0.2.0. It takes one prompt; of several images it makes one map, averaged over them."""

    name = "daam 0.2.0"

    def attach(self, pipeline: Any) -> AbstractContextManager[Any]:
        import daam

        return daam.trace(pipeline)

    def call(self, batch: int) -> dict[str, Any]:
        return {"prompt": PROMPT, "num_images_per_prompt": batch}

    def held_bytes(self, state: Any) -> int:
        return sum(maps.nbytes for _key, maps in state.all_heat_maps)

    def aggregate(self, state: Any) -> object:
        maps = state.compute_global_heat_map()
        return maps, [maps.compute_word_heat_map(word) for word in WORDS]

    def aggregate_at_image_size(self, state: Any, side: int) -> object:
        image = Image.new("RGB", (side, side))
        _maps, words = self.aggregate(state)
        return [word.expand_as(image) for word in words]


TRACERS: dict[str, Callable[[], Tracer]] = {
    "ours": Ours,
    "fused": Fused,
    "published": Published,
}
