"""Trace a pipeline: `with trace(pipeline) as traced: pipeline(...)`, then `traced.heat_maps()`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any, Literal
from weakref import WeakSet

from torch import nn

from daam_engine import published
from daam_engine.accumulate import Accumulator, Axis
from daam_engine.errors import InvalidRequestError, TracingError
from daam_engine.heat_map import HeatMaps
from daam_engine.joint import observing_jointly
from daam_engine.locate import Layer, denoiser_of, family_of, locate
from daam_engine.observe import Observer, observing
from daam_engine.pipeline import TextToImagePipeline
from daam_engine.probes import Probes
from daam_engine.reading import Text
from daam_engine.watch import Watch, Wishes

Mode = Literal["paper", "published"]
NORMALISATION = {
    "paper": "sum over heads, layers and steps; bicubic once per resolution",
    "published": published.NORMALISATION,
}
_being_traced: WeakSet[nn.Module] = WeakSet()


class Traced:
    """The maps of the pipeline's latest call inside the `with`; a new call starts afresh."""

    def __init__(
        self,
        pipeline: TextToImagePipeline,
        watch: Watch,
        layers: Sequence[Layer],
        mode: Mode,
    ) -> None:
        self._pipeline = pipeline
        self._watch = watch
        self._layers = layers
        self._mode = mode

    def heat_maps(self) -> list[HeatMaps]:
        """One `HeatMaps` per image, in the order of the pipeline's images."""
        reading = self._watch.reading
        if reading is None:
            raise TracingError(
                "Nothing was traced; call the pipeline inside `with trace(pipeline) as traced:`."
            )
        return [
            self._heat_maps(reading.text_of(image), self._watch.sums, image)
            for image in range(reading.n_images)
        ]

    def probe_maps(self) -> list[list[HeatMaps]]:
        """For every image, one `HeatMaps` per probe: as if the picture had been painted from the
        prompt and then asked where it attends to the probe's words (OVAM's question)."""
        probing = self._watch.probing
        if probing is None or self._watch.reading is None:
            raise TracingError("Nothing was probed; name texts: `trace(pipeline, probes=[…])`.")
        images, texts, per_image = self._watch.reading, probing.reading.texts, probing.per_image
        return [
            [
                self._heat_maps(
                    texts[image // images.images_per_prompt * per_image + probe],
                    self._watch.probe_sums,
                    image * per_image + probe,
                )
                for probe in range(per_image)
            ]
            for image in range(images.n_images)
        ]

    @property
    def held_bytes(self) -> int:
        """Memory that the maps occupy until they are read, the same after any number of steps
        unless they are kept apart by step."""
        return self._watch.sums.held_bytes + self._watch.probe_sums.held_bytes

    def _heat_maps(self, text: Text, sums: Accumulator, image: int) -> HeatMaps:
        height, width = self._watch.latent
        scale = self._pipeline.vae_scale_factor
        maps = HeatMaps(
            prompt=text.prompt,
            tokens=text.tokens,
            text_tokens=text.whole,
            parts=sums.parts_of(image, text.rows),
            image_size=(height * scale, width * scale),
            provenance={
                "layers": [layer.name for layer in self._layers],
                "mode": self._mode,
                "normalisation": NORMALISATION[self._mode],
            },
        )
        if self._mode == "published":
            return published.aggregated(maps, denoiser_of(self._pipeline), scale)
        return maps


@contextmanager
def trace(
    pipeline: TextToImagePipeline,
    *,
    mode: Mode = "paper",
    by: Collection[Axis] = (),
    mid_block: bool = False,
    all_tokens: bool = False,
    prompts: Sequence[str] | None = None,
    probes: Probes = (),
    fused: bool = False,
) -> Iterator[Traced]:
    """Observe what `pipeline` attends to; the pictures are the same, bit for bit, as without.

    `mode`: "paper": the paper's equation; "published": what its released code computes instead
    (see `daam_engine.published`).
    `by`: the axes to keep apart, for `HeatMaps.select`: "layer", "head", "step"; each costs memory.
    Layers: those of a UNet's down- and up-blocks, as in the paper, and the mid block's with
    `mid_block`; all of a transformer's.
    Tokens: those of the prompts with their markers, and the padding with `all_tokens`.
    `prompts`: the words, where the pipeline is called with `prompt_embeds`.
    `probes`: other texts to ask every picture about; see `Traced.probe_maps`.
    `fused`: one Triton kernel per layer on CUDA where there is one (see `daam_engine.fused`).

    When the `with` ends, also by an exception, the pipeline is as it was before. Raises
    `UnsupportedModelError`, and `TracingError` where a call cannot be traced faithfully.
    """
    denoiser = denoiser_of(pipeline)
    layers = locate(denoiser, mid_block=mid_block)
    _refuse_impossible(fused, mode, more_than_published=bool(by or probes or mid_block))
    if mode == "published":
        layers, by = published.layers_of(layers), ("layer", "head")
    watch = Watch(
        pipeline,
        family_of(denoiser),
        layers,
        Wishes(tuple(by), all_tokens, prompts, probes, fused),
    )
    with ExitStack() as attached:
        attached.enter_context(_claim(denoiser))
        attached.enter_context(watch.overhearing())
        for observer in watch.observers:
            attached.enter_context(_observing(observer, denoiser))
        attached.enter_context(_calls(denoiser, watch))
        yield Traced(pipeline, watch, layers, mode)


def _refuse_impossible(fused: bool, mode: Mode, *, more_than_published: bool) -> None:
    if fused and find_spec("triton") is None:
        raise InvalidRequestError(
            "The fused kernel needs Triton, which is not installed; `pip install triton`, or leave "
            "`fused` out."
        )
    if mode == "published" and more_than_published:
        raise InvalidRequestError(
            "The published code keeps no axes apart, skips the mid block and knows no probes; "
            'use `mode="paper"` for those.'
        )


def _observing(observer: Observer, denoiser: nn.Module) -> AbstractContextManager[None]:
    if observer.layer.text == "cross":
        return observing(observer)
    if any(_is_compiled(module) for module in denoiser.modules()):
        raise TracingError(
            f"A compiled {type(denoiser).__name__} cannot be traced: its joint attention cannot be "
            "looked into. Trace it before `torch.compile`."
        )
    return observing_jointly(observer)


def _is_compiled(module: nn.Module) -> bool:
    return hasattr(module, "_orig_mod") or module._compiled_call_impl is not None


@contextmanager
def _claim(denoiser: nn.Module) -> Iterator[None]:
    if denoiser in _being_traced:
        raise TracingError("This pipeline is being traced already; leave the outer `with` first.")
    _being_traced.add(denoiser)
    try:
        yield
    finally:
        _being_traced.discard(denoiser)


@contextmanager
def _calls(denoiser: nn.Module, watch: Watch) -> Iterator[None]:
    """Tell `watch` before and after every call of the denoiser."""
    if denoiser._compiled_call_impl is not None:  # `denoiser.compile()` swallows hooks
        with _around_compiled(denoiser, denoiser._compiled_call_impl, watch):
            yield
        return
    hooks = ExitStack()
    hooks.callback(
        denoiser.register_forward_pre_hook(
            lambda _module, args, kwargs: watch.before(args, kwargs), with_kwargs=True
        ).remove
    )
    hooks.callback(denoiser.register_forward_hook(lambda *_: watch.after()).remove)
    with hooks:
        yield


@contextmanager
def _around_compiled(
    denoiser: nn.Module, compiled: Callable[..., Any], watch: Watch
) -> Iterator[None]:
    def call(*args: Any, **kwargs: Any) -> Any:
        watch.before(args, kwargs)
        output = compiled(*args, **kwargs)
        watch.after()
        return output

    denoiser._compiled_call_impl = call
    try:
        yield
    finally:
        denoiser._compiled_call_impl = compiled
