"""Which attention becomes the map, and how: several answers from one trace of one picture.

axes = {axis for one in attributions for axis in one.axes}
(generated,) = generate(loaded, [prompt], [seed], by=axes)
maps = [one.of(generated.maps, loaded.pipeline) for one in attributions]
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

from daam_engine import published
from daam_engine.accumulate import Axis, Part
from daam_engine.errors import InvalidRequestError
from daam_engine.heat_map import HeatMaps
from daam_engine.locate import Layer, denoiser_of, locate
from daam_engine.pipeline import TextToImagePipeline
from daam_engine.trace import NORMALISATION, Mode


@dataclass(frozen=True)
class Attribution:
    """The paper's sum over everything, unless told otherwise.

    `mode` as in `trace`. `layers` are names, or what names begin with up to a dot: “up_blocks.1”;
    `heads` are numbers within a layer, from 0; `steps` the first and the last, from 1, both
    included. Empty: all of them. The published code knows no parts.
    """

    mode: Mode = "paper"
    layers: tuple[str, ...] = ()
    heads: tuple[int, ...] = ()
    steps: tuple[int, int] | None = None

    @property
    def axes(self) -> frozenset[Axis]:
        """What a trace has to keep apart, for `of`."""
        if self.mode == "published":
            return frozenset({"layer", "head"})
        kept: dict[Axis, bool] = {
            "layer": bool(self.layers or self.heads),
            "head": bool(self.heads),
            "step": self.steps is not None,
        }
        return frozenset(axis for axis, apart in kept.items() if apart)

    def check(self, pipeline: TextToImagePipeline) -> None:
        """Raises `InvalidRequestError`, `UnsupportedModelError` or `TracingError` for what this
        model lacks: before a picture is painted in vain."""
        denoiser = denoiser_of(pipeline)
        layers = locate(denoiser)
        if self.mode == "published":
            known = published.layers_of(layers)
            published.refuse_size(known, denoiser, pipeline.vae_scale_factor)
            return
        kept = [layer for layer in layers if layer.name in self._named(layers)]
        most = max(layer.heads for layer in kept)
        if self.heads and max(self.heads) >= most:
            raise InvalidRequestError(
                f"There is no head {max(self.heads)}: the model's layers have heads 0 to "
                f"{most - 1}. Choose among those."
            )

    def of(self, maps: HeatMaps, pipeline: TextToImagePipeline) -> HeatMaps:
        """From maps that were kept apart by `axes` at least. Raises as `check`, and
        `InvalidRequestError` where there were fewer steps, `TracingError` where the published code
        has no map."""
        denoiser = denoiser_of(pipeline)
        if self.mode == "published":
            whole = _with_steps_together(maps)
            found = published.aggregated(whole, denoiser, pipeline.vae_scale_factor)
            layers = [layer.name for layer in published.layers_of(locate(denoiser))]
        else:
            layers = self._named(locate(denoiser))
            found = maps.select(
                layers=layers if self.layers else None,
                heads=self.heads or None,
                steps=self.steps and range(self.steps[0] - 1, self.steps[1]),
            )
        described = {
            "mode": self.mode,
            "normalisation": NORMALISATION[self.mode],
            "layers": layers,
            "heads": list(self.heads) or "all",
            "summed_steps": list(self.steps) if self.steps else "all",
        }
        return dataclasses.replace(found, provenance={**maps.provenance, **described})

    def _named(self, layers: Collection[Layer]) -> list[str]:
        names = [layer.name for layer in layers]
        if not self.layers:
            return names
        for wanted in self.layers:
            if not any(_begins(name, wanted) for name in names):
                raise InvalidRequestError(
                    f"The model has no layer whose name begins with “{wanted}”. It has: "
                    f"{', '.join(names)}."
                )
        return [name for name in names if any(_begins(name, wanted) for wanted in self.layers)]


def _begins(name: str, wanted: str) -> bool:
    """“up_blocks.1” begins “up_blocks.1.attentions”, and not “up_blocks.10”."""
    return name == wanted or name.startswith(f"{wanted}.")


def _with_steps_together(maps: HeatMaps) -> HeatMaps:
    """The published code clamps what was summed over the steps, so they must be summed first."""
    if not maps.steps:
        return maps
    together: dict[object, Part] = {}
    for part in maps.parts:
        key = (part.resolution, part.layer)
        before = together.get(key)
        together[key] = (
            dataclasses.replace(part, step=None)
            if before is None
            else dataclasses.replace(
                before, sums=before.sums + part.sums, count=before.count + part.count
            )
        )
    return dataclasses.replace(maps, parts=tuple(together.values()))
