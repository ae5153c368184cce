"""Paint one prompt with the attention of another: every cross-attention layer looks where it did.

    with record_attention(pipeline) as recorded:
        first = pipeline("a red car", generator=seed)
    with replay_attention(pipeline, recorded):
        other = pipeline("a blue car", generator=seed)    # another text, the first one's attention

Paper §5.2 freezes the attention probabilities. They are the softmax of queries times keys, so it is
the queries and keys that are kept: whichever processor is installed then computes the very same
probabilities, bit for bit, and only the values come from the new text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from daam_engine.errors import InvalidRequestError, TracingError, UnsupportedModelError
from daam_engine.locate import Layer, denoiser_of, locate
from daam_engine.pipeline import TextToImagePipeline

_PROJECTIONS = ("to_q", "to_k")


@dataclass(frozen=True, eq=False)
class RecordedAttention:
    """Queries and keys of every cross-attention layer (mid block included), call after call.

    `made` is by layer and projection; tensors (row, pixel or token, channel) are on the CPU.
    """

    made: dict[tuple[str, str], list[Tensor]] = field(default_factory=dict)

    @property
    def held_bytes(self) -> int:
        return sum(tensor.nbytes for calls in self.made.values() for tensor in calls)


@contextmanager
def record_attention(pipeline: TextToImagePipeline) -> Iterator[RecordedAttention]:
    """Keep what all cross-attention layers attend with; the picture is the same as without.

    Everything painted within the `with` is one recording. Raises `UnsupportedModelError`.
    """
    recorded = RecordedAttention()
    with _replacing(pipeline, lambda inner, key: _Recorder(inner, recorded, key)):
        yield recorded


@contextmanager
def replay_attention(pipeline: TextToImagePipeline, recorded: RecordedAttention) -> Iterator[None]:
    """Attend as `recorded`, again from its first call; so paint one thing per `with`.

    It must be painted with the size, steps, guidance and number of pictures of the recording.
    Raises `InvalidRequestError` and `TracingError` where it is not, and `UnsupportedModelError`.
    When the `with` ends, the pipeline is as it was before.
    """
    players: list[_Player] = []

    def play(inner: nn.Module, key: tuple[str, str]) -> nn.Module:
        if key not in recorded.made:
            raise InvalidRequestError(
                f"Nothing was recorded of {key[0]}; paint something within "
                "`with record_attention(pipeline)` first, with the same pipeline."
            )
        players.append(_Player(inner, recorded.made[key], key[0]))
        return players[-1]

    with _replacing(pipeline, play):
        yield
    left = [player for player in players if player.played not in (0, len(player.calls))]
    if left:
        raise TracingError(
            f"{left[0].played} of {len(left[0].calls)} recorded calls were painted; use the steps "
            "and guidance of the recording."
        )


class _Recorder(nn.Module):
    """A projection that keeps what it makes."""

    def __init__(
        self, projection: nn.Module, recorded: RecordedAttention, key: tuple[str, str]
    ) -> None:
        super().__init__()
        self.projection = projection
        self._calls = recorded.made.setdefault(key, [])

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        output: Tensor = self.projection(*args, **kwargs)
        self._calls.append(output.detach().to("cpu", copy=True))
        return output


class _Player(nn.Module):
    """Stands in for a projection, and says what was recorded of it."""

    def __init__(self, projection: nn.Module, calls: list[Tensor], layer: str) -> None:
        super().__init__()
        self.projection = projection
        self.calls = calls
        self.layer = layer
        self.played = 0

    def forward(self, hidden: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if self.played == len(self.calls):
            raise TracingError(
                f"There are more calls than the {len(self.calls)} that were recorded; paint one "
                "thing per `with`, with the steps and guidance of the recording."
            )
        kept = self.calls[self.played]
        if kept.shape[:2] != hidden.shape[:2]:
            raise TracingError(
                f"{self.layer} was recorded for {kept.shape[0]} × {kept.shape[1]} places and is "
                f"asked for {hidden.shape[0]} × {hidden.shape[1]}; use the size, guidance and "
                "number of pictures of the recording."
            )
        self.played += 1
        return kept.to(hidden.device)


@contextmanager
def _replacing(pipeline: TextToImagePipeline, wrap: Any) -> Iterator[None]:
    """Put `wrap(projection, (layer, name))` in every projection's place for a `with`."""
    layers = _layers(pipeline)
    with ExitStack() as undo:
        for layer in layers:
            for name in _PROJECTIONS:
                inner = getattr(layer.module, name)
                setattr(layer.module, name, wrap(inner, (layer.name, name)))
                undo.callback(setattr, layer.module, name, inner)
        yield


def _layers(pipeline: TextToImagePipeline) -> tuple[Layer, ...]:
    denoiser = denoiser_of(pipeline)
    layers = locate(denoiser, mid_block=True)
    kind = type(denoiser).__name__
    if any(layer.block == "transformer" for layer in layers):
        raise UnsupportedModelError(
            f"The attention of a {kind} cannot be frozen: text and picture attend together, or the "
            "text is masked; choose a model with a UNet (Stable Diffusion 1, 2 or XL)."
        )
    if any(hasattr(module, "_orig_mod") for module in denoiser.modules()) or (
        denoiser._compiled_call_impl is not None
    ):
        raise UnsupportedModelError(
            f"The attention of a compiled {kind} cannot be frozen; do it before `torch.compile`."
        )
    return layers
